"""Servers that refuse, stall or are none: a fact each time, soon, and without the password."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

import psycopg
import pytest

from incidentlab.collectors import _db_connect, _db_refusal, _db_session
from incidentlab.collectors import database as collector
from tests.collectors.conftest import running_server

SECRET = "s3cret-hunter2"


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port whose every caller is given to ``answer``, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller, suppress(OSError):
                    answer(caller)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=20)


def url(port: int, query: str = "") -> str:
    return f"postgresql://app:{SECRET}@127.0.0.1:{port}/app{query}"


def test_what_is_no_postgresql_is_said_so() -> None:
    def web(caller: socket.socket) -> None:
        caller.recv(100)
        caller.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with listening(web) as port:
        facts = collector.read(url(port))
    assert not facts.reachable
    assert "received invalid response to SSL negotiation: H" in (facts.error or "")
    assert facts.sqlstate is None


def test_one_that_hangs_up_at_once_is_said_so() -> None:
    with listening(lambda caller: None) as port:
        facts = collector.read(url(port))
    assert not facts.reachable
    assert facts.error


def test_tls_that_the_server_does_not_have_is_said_so(server, database: str) -> None:  # type: ignore[no-untyped-def]
    facts = collector.read(f"{server.url(database)}?sslmode=require")
    assert not facts.reachable
    assert "server does not support SSL, but SSL was required" in (facts.error or "")


def test_a_name_that_nobody_has_is_in_libpqs_words() -> None:
    facts = collector.read(f"postgresql://app:{SECRET}@no-such-host.invalid/app")
    assert not facts.reachable
    assert 'could not translate host name "no-such-host.invalid" to address: ' in (facts.error or "")
    assert SECRET not in repr(facts)


def test_a_resolver_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the resolver: a dead name server cannot be had here."""
    over = threading.Event()
    monkeypatch.setattr(_db_connect, "RESOLVE_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [None] * over.wait(20) and [])
    began = monotonic()
    facts = collector.read("postgresql://app@db.internal,db2.internal/app")
    over.set()
    assert monotonic() - began < 5
    assert "no answer within" in (facts.error or "")


def test_the_second_of_several_hosts_is_tried(server, database: str) -> None:  # type: ignore[no-untyped-def]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    facts = collector.read(f"postgresql://postgres@127.0.0.1:{closed},127.0.0.1:{server.port}/{database}")
    assert facts.reachable
    facts = collector.read(f"postgresql://postgres@127.0.0.1:{closed},127.0.0.1:{closed}/{database}")
    assert not facts.reachable


def test_silent_addresses_together_take_no_longer_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_db_connect, "CONNECT_SECONDS", 3.0)
    over = threading.Event()

    def stay(caller: socket.socket) -> None:
        over.wait(30)

    with listening(stay) as port:
        began = monotonic()
        hosts = ",".join(f"127.0.0.1:{port}" for _ in range(6))
        facts = collector.read(f"postgresql://app@{hosts}/app")
        took = monotonic() - began
        over.set()
    assert took < 8
    assert "timeout expired" in (facts.error or "")


@pytest.mark.parametrize(
    ("user", "password", "database", "sqlstate"),
    [
        ("app", "wrong-pass", "postgres", "28P01"),
        ("nobody_here", "x", "postgres", "28P01"),
        ("app", SECRET, "missing", "3D000"),
        ("sleeper", SECRET, "postgres", "28000"),
        ("app", SECRET, "closed", "42501"),
        ("app", SECRET, "shut", "55000"),
    ],
)
def test_each_refusal_has_its_sqlstate(strict, user: str, password: str, database: str, sqlstate: str) -> None:  # type: ignore[no-untyped-def]
    facts = collector.read(f"postgresql://{user}:{password}@127.0.0.1:{strict.port}/{database}")
    assert (facts.reachable, facts.sqlstate) == (False, sqlstate), facts.error
    assert password not in repr(facts) or len(password) < 4
    assert facts.command == 'psql "$DATABASE_URL" -c "SELECT version()"'


@pytest.fixture(scope="module")
def strict() -> Iterator[object]:
    """A server that asks for passwords."""
    with running_server() as own:
        own.execute(
            f"CREATE ROLE app LOGIN PASSWORD '{SECRET}'",
            f"CREATE ROLE sleeper NOLOGIN PASSWORD '{SECRET}'",
            "CREATE DATABASE closed",
            "REVOKE CONNECT ON DATABASE closed FROM public",
            "CREATE DATABASE shut ALLOW_CONNECTIONS false",
        )
        (own.folder / "data" / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        with psycopg.connect(own.url(), autocommit=True) as last:
            last.execute("SELECT pg_reload_conf()")
            last.execute("SELECT pg_sleep(0.3)")
        yield own


def test_a_server_that_is_ended_half_way_leaves_what_was_read(  # type: ignore[no-untyped-def]
    server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is ended by an administrator after the catalogue was read."""
    ask = _db_session.Session.ask

    def ended(self: _db_session.Session, *queries: str) -> list[list[_db_session.Row]]:
        if "pg_database_size" in queries[0]:
            server.execute(f"SELECT pg_terminate_backend({self.connection.info.backend_pid})")
        return ask(self, *queries)

    monkeypatch.setattr(_db_session.Session, "ask", ended)
    server.execute("CREATE TABLE t (id int)", database=database)
    facts = collector.read(server.url(database))
    assert (facts.reachable, facts.tables, facts.size) == (True, ("public.t",), None)
    assert any("terminating connection" in line for line in facts.unread)


def test_a_server_that_stalls_half_way_leaves_what_was_read(  # type: ignore[no-untyped-def]
    server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = _db_session.Session.ask

    def slow(self: _db_session.Session, *queries: str) -> list[list[_db_session.Row]]:
        return ask(self, *(("SELECT pg_sleep(60)",) if "pg_database_size" in queries[0] else queries))

    monkeypatch.setattr(_db_session.Session, "ask", slow)
    monkeypatch.setattr(_db_session, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(_db_session, "STATEMENT_MILLISECONDS", 0)
    server.execute("CREATE TABLE t (id int)", database=database)
    facts = collector.read(server.url(database))
    assert (facts.reachable, facts.tables) == (True, ("public.t",))
    assert any("gave no answer within 1 s" in line for line in facts.unread)


def test_a_part_that_takes_too_long_is_left_out(  # type: ignore[no-untyped-def]
    server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incidentlab.collectors._db_queries.SIZE", "SELECT pg_sleep(60)")
    monkeypatch.setattr(_db_session, "STATEMENT_MILLISECONDS", 200)
    facts = collector.read(server.url(database))
    assert facts.reachable
    assert "The size of the database could not be read: canceling statement due to statement timeout." in facts.unread


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "a", database "b", no encryption', "28000"),
        ("FATAL:  the database system is starting up", "57P03"),
        ("FATAL:  the database system is not yet accepting connections", "57P03"),
        ("FATAL:  sorry, too many clients already", "53300"),
        ('FATAL:  too many connections for database "a"', "53300"),
        ("ERROR:  no more connections allowed (max_client_conn)", "53300"),
        ('FATAL:  role "a" does not exist', "28000"),
        ("FATAL:  désolé, trop de clients sont déjà connectés", "53300"),
        ("FATAL:  Datenbank »app« existiert nicht", "3D000"),
        ("could not connect to server: Connection refused", None),
    ],
)
def test_the_words_of_a_refusal_have_a_sqlstate(text: str, expected: str | None) -> None:
    assert _db_refusal.sqlstate(text) == expected
