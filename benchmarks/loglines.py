"""Logs to read: what uvicorn and PostgreSQL print, from a seeded generator, so that every machine reads the same."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

_BEGIN = datetime(2026, 11, 1)
_PATHS = ("/tasks", "/tasks/{}", "/users/{}/orders", "/health", "/metrics", "/api/v1/items?limit=50&page={}")
_TABLES = ("tasks", "users", "orders", "invoices")
_RARE = 'ERROR:    sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist'
_RARELY = 400_000  # lines of a quiet log between two of these


def write(path: Path, kind: str, size: int) -> None:
    """Write a log of at least ``size`` bytes: ``quiet``, where hardly a line matters, or ``errors``, where all do."""
    lines = _KINDS[kind](random.Random(20261124))
    written = 0
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        while written < size:
            written += file.write(next(lines) + "\n")


def _quiet(rnd: random.Random) -> Iterator[str]:
    moments = _moments()
    number = 0
    while True:
        number += 1
        chance = rnd.random()
        if number % _RARELY == 1_000:
            yield _RARE
        elif chance < 0.7:
            asked = f"{rnd.choice(('GET', 'POST'))} {rnd.choice(_PATHS).format(rnd.randrange(10_000))}"
            yield f'INFO:     {_address(rnd)} - "{asked} HTTP/1.1" {rnd.choice((200, 201))} OK'
        elif chance < 0.85:
            yield (
                f"{next(moments)} UTC [{rnd.randrange(99, 9999)}] LOG:  checkpoint complete: wrote "
                f"{rnd.randrange(999)} buffers ({rnd.random():.1f}%); 0 WAL file(s) added, 0 removed, 1 recycled"
            )
        else:
            yield f"{next(moments)} INFO  [app.worker] job {rnd.getrandbits(64):016x} done in {rnd.randrange(900)} ms"


def _errors(rnd: random.Random) -> Iterator[str]:
    moments = _moments()
    while True:
        chance, table = rnd.random(), rnd.choice(_TABLES)
        if chance < 0.5:
            yield (
                f'{next(moments)} UTC [{rnd.randrange(99, 9999)}] ERROR:  relation "{table}" does not exist '
                f"at character {rnd.randrange(200)}"
            )
        elif chance < 0.8:
            yield f'INFO:     {_address(rnd)} - "GET /{table}/{rnd.randrange(9999)} HTTP/1.1" 500 Internal Server Error'
        else:
            yield (
                f"{next(moments)} ERROR [app.api] request {rnd.getrandbits(64):016x} failed: "
                f'connection to server at "db" (172.18.0.{rnd.randrange(9)}), port 5432 failed: Connection refused'
            )


_KINDS: dict[str, Callable[[random.Random], Iterator[str]]] = {"quiet": _quiet, "errors": _errors}


def _moments() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield (_BEGIN + timedelta(milliseconds=7 * number)).isoformat(" ", "milliseconds")


def _address(rnd: random.Random) -> str:
    return f"10.0.{rnd.randrange(9)}.{rnd.randrange(255)}:{rnd.randrange(1024, 65_535)}"
