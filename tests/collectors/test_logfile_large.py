"""Large logs: what matters in the middle is found, whole and under its true number, in bounded memory and time."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentlab.collectors import logfile
from incidentlab.model.evidence import LogEvent

_LITERALS = ("UndefinedTable", "does not exist", "Connection refused", "No space left on device", "42P01", "is not ")
_QUIET = 'INFO:     10.0.0.{}:{} - "GET /items/{} HTTP/1.1" {} OK'
_TRACEBACK = """\
ERROR:    Exception in ASGI application
Traceback (most recent call last):
{frames}
psycopg.errors.UndefinedTable: relation "{table}" does not exist
LINE 1: SELECT 1 FROM {table}
                      ^

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
{frames}
sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "{table}" does not exist
LINE 1: SELECT 1 FROM {table}
                      ^
[SQL: SELECT 1 FROM {table}]
(Background on this error at: https://sqlalche.me/e/20/f405)"""
_FRAMES = "\n".join(
    f'  File "/usr/lib/python3.11/site-packages/sqlalchemy/engine/base{n}.py", line {n}, in run\n    return f{n}()'
    for n in range(70)
)


def _quiet(count: int, seed: int = 1, status: int = 200) -> Iterator[str]:
    rnd = random.Random(seed)
    for _ in range(count):
        yield _QUIET.format(rnd.randrange(255), rnd.randrange(65_000), rnd.randrange(10**6), status)


def _write(path: Path, *parts: Iterator[str] | list[str] | str) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for part in parts:
            for line in [part] if isinstance(part, str) else part:
                file.write(line + "\n")
    return path


def _read(path: Path) -> logfile.LogReading:
    return logfile.read(path, literals=_LITERALS)


def _about(reading: logfile.LogReading, words: str) -> list[LogEvent]:
    return [event for event in reading.events if words in f"{event.cause_text} {event.text}"]


@pytest.mark.parametrize("lead", ["", "web_1  | ", "api-1    | "])
def test_a_long_traceback_in_the_middle_is_one_event_with_its_true_lines(tmp_path: Path, lead: str) -> None:
    block = _TRACEBACK.format(table="tasks", frames=_FRAMES).splitlines()
    path = _write(
        tmp_path / "app.log", *[(lead + line for line in part) for part in (_quiet(40_000), block, _quiet(40_000, 2))]
    )
    reading = _read(path)
    found = _about(reading, 'relation "tasks"')
    assert len(found) == 1
    event = found[0]
    lines = path.read_text().splitlines()
    assert "Traceback" in lines[event.first_line - 1]
    assert event.first_line == 40_002
    assert event.exception == "sqlalchemy.exc.ProgrammingError"
    assert event.cause == "psycopg.errors.UndefinedTable"
    assert event.sql == "SELECT 1 FROM tasks"
    assert all(text.strip() in lines[number - 1] for number, text in event.key_lines)
    assert reading.lines == len(lines)
    assert reading.skipped > 70_000
    assert event.command == f"sed -n '{event.first_line},{event.last_line}p' {path}"
    assert event.id == f"log:app.log:{event.first_line}"


def test_the_first_service_after_something_scary_is_kept_however_far_it_is(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "app.log",
        (f"worker: job {n} done" for n in range(60_000)),
        "psycopg.OperationalError: connection failed: Connection refused",
        (f"worker: job {n} done" for n in range(90_000)),
        "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)",
        "INFO:     10.0.0.9:4411 - \"GET /health HTTP/1.1\" 200 OK",
        (f"worker: job {n} done" for n in range(60_000)),
    )  # fmt: skip
    events = _read(path).events
    refused = next(event for event in events if "Connection refused" in event.text)
    after = [event for event in events if event.first_line > refused.last_line]
    assert [event.first_line for event in after if "Uvicorn running" in event.text] == [150_002]
    assert [event.first_line for event in after if '" 200 OK' in event.text] == [150_003]


def test_service_after_something_scary_in_the_beginning_is_kept_too(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "app.log",
        "FATAL: could not connect: Connection refused",
        (f"worker: job {n} done" for n in range(90_000)),
        "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)",
        (f"worker: job {n} done" for n in range(90_000)),
    )
    assert [event.first_line for event in _read(path).events if "Uvicorn running" in event.text] == [90_002]


def test_a_server_message_keeps_its_detail_and_statement(tmp_path: Path) -> None:
    moment = "2026-11-24 03:12:01.120 UTC [77] "
    message = [
        f'{moment}ERROR:  relation "orders" does not exist at character 15',
        f"{moment}STATEMENT:  SELECT id",
        *[f"\t, column_{number}" for number in range(120)],
        "\tFROM orders",
    ]
    path = _write(tmp_path / "db.log", _quiet(30_000), message, _quiet(30_000, 2))
    found = _about(_read(path), 'relation "orders"')
    assert len(found) == 1
    assert found[0].sql is not None
    assert found[0].sql.endswith("FROM orders")


def test_where_every_line_is_an_error_a_few_of_each_are_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    rnd = random.Random(4)
    moments = (
        f"2026-11-24 03:{n // 60 % 60:02}:{n % 60:02}.{n % 1000:03} UTC [{rnd.randrange(9999)}] " for n in range(10**7)
    )
    tables = ["tasks", "users", "orders"]
    flood = (f'{next(moments)}ERROR:  relation "{rnd.choice(tables)}" does not exist' for _ in range(60_000))
    rare = f"{next(moments)}ERROR:  could not extend file: No space left on device"
    more = (f'{next(moments)}ERROR:  relation "{rnd.choice(tables)}" does not exist' for _ in range(60_000))
    reading = _read(_write(tmp_path / "db.log", flood, rare, more))
    assert [event.first_line for event in _about(reading, "No space left")] == [60_001]
    assert len(reading.events) < 8_000
    assert {one for one in tables if _about(reading, f'"{one}"')} == set(tables)
    counted = sum(event.repeats for event in reading.events)
    assert 100_000 < counted < 120_001


def test_lines_that_differ_in_every_word_are_bounded_too(tmp_path: Path) -> None:
    rnd = random.Random(4)

    def word() -> str:
        return "".join(rnd.choices("ghijklmnop", k=8))

    flood = [f"ERROR {word()} {word()}: {word()} is not {word()}" for _ in range(120_000)]
    flood[70_000] = "ERROR write failed: No space left on device"
    reading = _read(_write(tmp_path / "app.log", flood))
    assert [event.first_line for event in _about(reading, "No space left")] == [70_001]
    assert len(reading.events) < 15_000


def test_tables_in_another_order_of_lines_are_not_one(tmp_path: Path) -> None:
    lines = list(_quiet(50_000))
    for place, table in enumerate(("tasks", "users", "orders", "items", "notes")):
        for again in range(40):
            lines[10_000 + place * 2_000 + again * 30] = f'ERROR:  relation "{table}" does not exist'
    reading = _read(_write(tmp_path / "app.log", lines))
    assert {table for table in ("tasks", "users", "orders", "items", "notes") if _about(reading, f'"{table}"')} == {
        "tasks", "users", "orders", "items", "notes",
    }  # fmt: skip
    assert 150 < sum(event.repeats for event in reading.events) < 200


_MEASURED = """
import resource, sys
from incidentlab.collectors import logfile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reading = logfile.read("-", literals={literals!r})
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
texts = [event.text for event in reading.events[:3]]
print(reading.size, reading.lines, len(reading.events), (after - before) // 1024, texts)
"""


def _measured(writer: str) -> list[str]:
    """Let one process write a log and another read it; return size, lines, events and MiB that the reading took."""
    reader = [sys.executable, "-c", _MEASURED.format(literals=_LITERALS)]
    with (
        subprocess.Popen([sys.executable, "-c", writer], stdout=subprocess.PIPE) as source,
        subprocess.Popen(reader, stdin=source.stdout, stdout=subprocess.PIPE) as ours,
    ):
        assert source.stdout
        source.stdout.close()
        output = ours.communicate(timeout=150)[0].decode()
    assert ours.returncode == 0
    return output.split(maxsplit=4)


def test_one_line_without_end_needs_no_memory() -> None:
    writer = (
        "import sys; out = sys.stdout.buffer; block = b'x' * (1 << 20)\n"
        "for n in range(400): out.write(block if n != 200 else block + b' No space left on device ' + block)\n"
        "out.write(b'\\nlast line\\n')"
    )
    size, lines, events, grown, texts = _measured(writer)
    assert int(size) > 400 << 20
    assert (lines, events) == ("2", "2")
    assert int(grown) < 90
    assert "No space left on device" in texts


def test_a_pipe_of_errors_is_read_in_bounded_memory() -> None:
    writer = (
        "import sys; out = sys.stdout.buffer\n"
        "line = b'2026-11-24 03:12:01 ERROR request %d of client %d is not allowed\\n'\n"
        "for n in range(1500): out.write(b''.join(line % (n * 2000 + i, i) for i in range(2000)))"
    )
    _, lines, events, grown, _ = _measured(writer)
    assert lines == "3000000"
    assert int(events) < 8_000
    assert int(grown) < 90
