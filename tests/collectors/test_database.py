"""The database collector, on a real PostgreSQL that answers, refuses, stalls or keeps its tables closed."""

import socket
import threading
from collections.abc import Iterator
from time import monotonic

import psycopg
import pytest

from incidentlab.collectors import _db_session
from incidentlab.collectors import database as collector
from incidentlab.collectors._dsn import Target
from incidentlab.errors import UsageError


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_an_empty_database_has_no_revision(server, database: str, scheme: str) -> None:  # type: ignore[no-untyped-def]
    facts = collector.read(server.url(database).replace("postgresql", scheme), name="app")
    assert facts.reachable
    assert (facts.id, facts.revisions, facts.version_table, facts.tables, facts.error) == (
        "database:app",
        None,
        None,
        (),
        None,
    )
    assert (facts.database, facts.user, facts.search_path) == (database, "postgres", '"$user", public')
    assert facts.server_version
    assert facts.settings["ssl"] == "off"
    assert "psql" in facts.command


@pytest.mark.parametrize(
    ("table", "rows", "expected"),
    [
        ("alembic_version", (), ()),
        ("alembic_version", ("b", "a"), ("a", "b")),
        ("ops.alembic_version", ("a",), ("a",)),
        ('ops."My Versions"', ("a",), ("a",)),
    ],
)
def test_the_version_table_is_found_wherever_it_lies(  # type: ignore[no-untyped-def]
    server, database: str, table: str, rows: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    server.execute(
        "CREATE SCHEMA ops", f"CREATE TABLE {table} (version_num varchar(32) PRIMARY KEY)", database=database
    )
    for row in rows:
        server.execute(f"INSERT INTO {table} VALUES ('{row}')", database=database)
    facts = collector.read(server.url(database))
    assert facts.revisions == expected
    assert facts.version_table
    assert facts.tables == (facts.version_table,)


def test_the_table_that_is_seen_without_a_schema_comes_first(server, database: str) -> None:  # type: ignore[no-untyped-def]
    table = "alembic_version (version_num varchar(32))"
    server.execute("CREATE SCHEMA a", f"CREATE TABLE a.{table}", f"CREATE TABLE {table}", database=database)
    server.execute("INSERT INTO alembic_version VALUES ('seen')", database=database)
    assert collector.read(server.url(database)).revisions == ("seen",)


def test_tables_of_every_schema_are_named_and_partitions_too(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute(
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.tasks (id int)",
        "CREATE TABLE logs (id int) PARTITION BY RANGE (id)",
        "CREATE VIEW v AS SELECT 1",
        database=database,
    )
    assert collector.read(server.url(database)).tables == ("crm.tasks", "public.logs")


def test_a_role_without_rights_learns_that_the_table_is_there(server, database: str) -> None:  # type: ignore[no-untyped-def]
    role = f"r_{database}"
    server.execute(
        f"CREATE ROLE {role} LOGIN", "CREATE TABLE alembic_version (version_num varchar(32))", database=database
    )
    try:
        facts = collector.read(server.url(database, role))
        assert facts.reachable
        assert (facts.revisions, facts.version_table) == (None, "public.alembic_version")
        assert facts.error
        assert "permission denied" in facts.error
    finally:
        server.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}", database=database)


def test_a_locked_version_table_is_not_waited_for(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute("CREATE TABLE alembic_version (version_num varchar(32))", database=database)
    with psycopg.connect(server.url(database)) as holder:
        holder.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        facts = collector.read(server.url(database))
    assert facts.version_table == "public.alembic_version"
    assert facts.error
    assert "lock timeout" in facts.error


def where(server, database: str) -> Target:  # type: ignore[no-untyped-def]
    return Target({"host": "127.0.0.1", "port": str(server.port), "user": "postgres", "dbname": database})


def test_the_session_is_one_read_only_and_gone_afterwards(server, database: str) -> None:  # type: ignore[no-untyped-def]
    with _db_session.opened(where(server, database), []) as session:
        session.begin()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.ask("CREATE TABLE t (id int)")
        shown = session.ask("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert shown == [[("2s", "500ms")]]
        with psycopg.connect(server.url(database)) as other:
            found = other.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'incidentlab'")
            assert found.fetchone() == (1,)
    assert session.lost


def test_a_question_leaves_no_lock_behind(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute("CREATE TABLE alembic_version (version_num varchar(32))", database=database)
    locks = "SELECT count(*) FROM pg_locks WHERE relation = 'public.alembic_version'::regclass"
    with _db_session.opened(where(server, database), []) as session:
        session.begin()
        assert session.ask("SELECT * FROM public.alembic_version", locks)[1] == [(1,)]
        assert session.ask(locks) == [[(0,)]]


def test_a_refusal_is_a_fact_without_the_password(server) -> None:  # type: ignore[no-untyped-def]
    facts = collector.read(server.url("no_such_database").replace("unused-s3cret", "p%40ss-w0rd"))
    assert not facts.reachable
    assert facts.error
    assert 'database "no_such_database" does not exist' in facts.error
    assert "p%40ss-w0rd" not in repr(facts)
    assert "p@ss-w0rd" not in repr(facts)


def test_a_closed_port_is_a_fact() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    facts = collector.read(f"postgresql://app:secret@127.0.0.1:{port}/app")
    assert (facts.reachable, facts.revisions, facts.tables) == (False, None, ())
    assert "refused" in (facts.error or "")


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that is answered and then nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    kept.append(listener.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)
        for one in kept:
            one.close()


def test_a_server_that_never_greets_is_given_up(silent: int) -> None:
    began = monotonic()
    facts = collector.read(f"postgresql://app:secret@127.0.0.1:{silent}/app")
    assert not facts.reachable
    assert monotonic() - began < 20


def test_a_server_that_falls_silent_in_mid_session_is_given_up(  # type: ignore[no-untyped-def]
    server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own timeout cannot help here; a real hang is a query that the timeout is lifted for."""
    monkeypatch.setattr(_db_session, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(_db_session, "STATEMENT_MILLISECONDS", 0)
    with _db_session.opened(where(server, database), []) as session:
        session.begin()
        with pytest.raises(psycopg.OperationalError):
            session.ask("SELECT pg_sleep(60)")
        assert session.given_up


@pytest.mark.parametrize(
    "url", ["", "db", "mysql://app:hunter2@db/app", "app:hunter2@db/app", "://", "jdbc:mysql://app:hunter2@h/d"]
)
def test_what_is_no_url_of_postgresql_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        collector.read(url)
    assert caught.value.mend
    assert "hunter2" not in f"{caught.value} {caught.value.why} {caught.value.mend}"
