"""What a server is about to run out of, what a role may not do, and that looking changes nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from time import sleep
from typing import Any

import psycopg
import pytest

from incidentlab.collectors import database as collector
from tests.collectors.conftest import Server, running_server


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server that is soon full."""
    with running_server({"max_connections": "6", "superuser_reserved_connections": "2", "max_wal_senders": "0"}) as own:
        own.execute("CREATE ROLE app LOGIN", "CREATE ROLE few LOGIN CONNECTION LIMIT 1")
        yield own


def test_a_server_without_a_free_place_refuses_and_that_is_the_fact(small: Server) -> None:
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(psycopg.connect(small.url(user="app")))
        refused = collector.read(small.url(user="app"))
        assert (refused.reachable, refused.sqlstate) == (False, "53300")
        assert "remaining connection slots are reserved" in (refused.error or "")
        # The superuser gets one of the reserved places, and sees why.
        facts = collector.read(small.url())
        assert facts.connections
        assert (facts.connections.used, facts.connections.limit, facts.connections.reserved) == (4, 6, 2)
        held.enter_context(_connected(small))
        held.enter_context(_connected(small))
        full = collector.read(small.url())
        assert (full.reachable, full.sqlstate) == (False, "53300")


def test_the_limits_of_role_and_database_are_read(small: Server) -> None:
    small.execute("ALTER DATABASE postgres CONNECTION LIMIT 5")
    try:
        facts = collector.read(small.url(user="few"))
        assert facts.connections
        assert (facts.connections.role_limit, facts.connections.database_limit) == (1, 5)
        _until_gone(small)
        with psycopg.connect(small.url(user="few")):
            assert collector.read(small.url(user="few")).sqlstate == "53300"
    finally:
        small.execute("ALTER DATABASE postgres CONNECTION LIMIT -1")
    connections = collector.read(small.url()).connections
    assert connections
    assert (connections.role_limit, connections.database_limit) == (None, None)


def _connected(small: Server) -> psycopg.Connection[tuple[Any, ...]]:
    """Take a place, as soon as the session before has given it back."""
    for _ in range(500):
        with suppress(psycopg.OperationalError):
            return psycopg.connect(small.url())
        sleep(0.01)
    return psycopg.connect(small.url())


def _until_gone(small: Server) -> None:
    """A server counts a session for a moment after it has hung up."""
    with psycopg.connect(small.url(), autocommit=True) as other:
        for _ in range(500):
            if not other.execute("SELECT FROM pg_stat_activity WHERE usename = 'few'").rowcount:
                return
            sleep(0.01)


def test_an_index_that_could_not_be_built_is_named(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute(
        "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1), (1)", "CREATE INDEX fine ON t (id)", database=database
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        server.execute("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)", database=database)
    assert collector.read(server.url(database)).invalid_indexes == ("public.t_id",)


def test_a_sequence_near_its_end_is_found_by_what_its_column_holds(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute(
        "CREATE TABLE narrow (id integer PRIMARY KEY)",
        "CREATE SEQUENCE wide AS bigint OWNED BY narrow.id",
        "SELECT setval('wide', 2000000000)",
        "CREATE TABLE small (id smallint GENERATED ALWAYS AS IDENTITY)",
        "SELECT setval('small_id_seq', 30000)",
        "CREATE TABLE defaulted (id integer DEFAULT nextval('wide'))",
        "CREATE SEQUENCE own AS integer MAXVALUE 10",
        "SELECT setval('own', 7)",
        "CREATE SEQUENCE around MAXVALUE 10 CYCLE",
        "SELECT setval('around', 10)",
        "CREATE TABLE fresh (id bigserial)",
        database=database,
    )
    found = {one.name: one for one in collector.read(server.url(database)).sequences}
    assert set(found) == {"public.wide", "public.small_id_seq"}
    assert (found["public.wide"].last, found["public.wide"].limit) == (2_000_000_000, 2**31 - 1)
    assert found["public.wide"].column in ("public.narrow.id integer", "public.defaulted.id integer")
    assert found["public.small_id_seq"].limit == 2**15 - 1
    server.execute("SELECT setval('own', 8)", database=database)
    assert "public.own" in {one.name for one in collector.read(server.url(database)).sequences}


def test_a_role_without_any_right_learns_what_it_may_not(server, database: str) -> None:  # type: ignore[no-untyped-def]
    role = f"r_{database}"
    server.execute(
        f"CREATE ROLE {role} LOGIN",
        "CREATE SCHEMA closed",
        "CREATE TABLE closed.a (id serial)",
        "CREATE TABLE b (id int, name text)",
        "CREATE TABLE c (id int)",
        "REVOKE CREATE ON SCHEMA public FROM public",
        f"GRANT SELECT ON c TO {role}",
        f"ALTER ROLE {role} SET search_path = closed, public, nowhere",
        database=database,
    )
    try:
        facts = collector.read(server.url(database, role))
        assert facts.reachable
        assert facts.privileges
        rights = facts.privileges
        assert not rights.superuser
        assert (rights.cannot_use, rights.cannot_create) == (("closed",), ("closed", "public"))
        assert (rights.cannot_read, rights.cannot_write) == (("closed.a", "public.b"), ("public.c",))
        assert rights.not_owned == ("closed.a", "public.b", "public.c")
        assert facts.schemas == ("public",)
        assert facts.search_path == "closed, public, nowhere"
        assert facts.columns["public.b"] == ("id", "name")
        assert facts.size
        assert any(line.startswith("1 sequences may not be read") for line in facts.unread)
    finally:
        server.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}", database=database)


def test_a_catalogue_that_was_closed_costs_that_part_alone(server, database: str) -> None:  # type: ignore[no-untyped-def]
    role = f"r_{database}"
    server.execute(
        f"CREATE ROLE {role} LOGIN",
        "CREATE TABLE t (id int)",
        "REVOKE SELECT ON pg_catalog.pg_locks, pg_catalog.pg_database FROM public",
        database=database,
    )
    try:
        facts = collector.read(server.url(database, role))
        assert facts.tables == ("public.t",)
        assert facts.columns == {"public.t": ("id",)}
        assert (facts.locks, facts.databases, facts.connections) == ((), (), None)
        assert {line.partition(" could")[0] for line in facts.unread if "permission denied" in line} == {
            "The locks", "The limits", "The other databases",
        }  # fmt: skip
    finally:
        server.execute(f"DROP ROLE {role}", database=database)


def test_other_databases_settings_size_and_age_are_read(server, database: str) -> None:  # type: ignore[no-untyped-def]
    role = f"r_{database}"
    server.execute(f"CREATE ROLE {role} LOGIN", f"ALTER ROLE {role} SET statement_timeout = '30s'")
    try:
        facts = collector.read(server.url(database, role))
    finally:
        server.execute(f"DROP ROLE {role}")
    assert "postgres" in facts.databases
    assert database not in facts.databases
    assert not {"template0", "template1"} & set(facts.databases)
    assert facts.settings["statement_timeout"] == "30s"  # the role's, not the one of our session
    assert facts.settings["lock_timeout"] == "0"
    assert facts.settings["server_encoding"] == "UTF8"
    assert facts.size
    assert facts.size > 1_000_000
    assert facts.transaction_age is not None
    assert (facts.in_recovery, facts.read_only) == (False, False)


def test_a_database_that_only_reads_by_default_says_so(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    assert collector.read(server.url(database)).read_only


def test_names_without_a_known_encoding_are_no_failure(server, database: str) -> None:  # type: ignore[no-untyped-def]
    name = f"{database}_ascii"
    server.execute(f"CREATE DATABASE {name} ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        with psycopg.connect(server.url(name), client_encoding="SQL_ASCII", autocommit=True) as connection:
            connection.pgconn.exec_(b'CREATE TABLE "caf\xe9" (id int)')
        (table,) = collector.read(server.url(name)).tables
        assert table.startswith("public.caf")
    finally:
        server.execute(f"DROP DATABASE {name}")


def test_the_schema_that_the_url_names_is_the_one_that_counts(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute("CREATE SCHEMA app", "CREATE TABLE app.alembic_version (version_num varchar(32))",
                   "CREATE TABLE alembic_version (version_num varchar(32))", database=database)  # fmt: skip
    for query in ("schema=app", "currentSchema=app", "options=-csearch_path%3Dapp"):
        facts = collector.read(f"{server.url(database)}?{query}")
        assert (facts.schemas, facts.version_table) == (("app",), "app.alembic_version")


def test_somebody_elses_functions_are_not_called(server, database: str) -> None:  # type: ignore[no-untyped-def]
    """CVE-2018-1058: a function in a schema that anybody may write to must not run with the rights of who looks."""
    trap = "RETURNS {} LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called'; END $$"
    server.execute(
        "CREATE TABLE t (id int)",
        f"CREATE FUNCTION public.has_table_privilege(oid, text) {trap.format('bool')}",
        f"CREATE FUNCTION public.current_setting(text) {trap.format('text')}",
        f"CREATE FUNCTION public.array_position(name[], name) {trap.format('int')}",
        f"ALTER DATABASE {database} SET search_path = public, pg_catalog",
        database=database,
    )
    facts = collector.read(server.url(database))
    assert (facts.tables, facts.unread) == (("public.t",), ())


def test_looking_changes_nothing_and_takes_one_session(server, database: str) -> None:  # type: ignore[no-untyped-def]
    """The log of the server is the witness: every statement, and every session that was ever opened."""
    server.execute("CREATE TABLE alembic_version (version_num varchar(32))", "CREATE TABLE t (id serial)",
                   f"ALTER DATABASE {database} SET log_statement = 'all'", database=database)  # fmt: skip
    server.execute("ALTER SYSTEM SET log_connections = on", "SELECT pg_reload_conf()")
    sleep(0.3)
    before = _state(server, database)
    mark = (server.folder / "log").stat().st_size
    facts = collector.read(server.url(database))
    assert facts.unread == ()
    assert _state(server, database) == before
    said = (server.folder / "log").read_bytes()[mark:].decode()
    assert said.count("application_name=incidentlab") == 1
    mine = [line for line in said.split("\n") if "statement: " in line and "BEGIN TRANSACTION" in line]
    assert len(mine) == 1
    assert mine[0].partition("statement: ")[2].startswith("BEGIN TRANSACTION READ ONLY; ")
    assert "statement: ROLLBACK\n" in said
    assert "ERROR" not in said
    # BEGIN, the catalogue, versions, sequences, size, ROLLBACK: six journeys.
    assert said.count("statement: ") == 6
    server.execute("ALTER SYSTEM RESET log_connections", "SELECT pg_reload_conf()")


def _state(server: Server, database: str) -> tuple[object, ...]:
    with psycopg.connect(server.url(), autocommit=True) as other:
        found = other.execute(
            "SELECT d.oid, pg_database_size(d.oid), s.tup_inserted, s.tup_updated, s.tup_deleted,"
            " (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'incidentlab')"
            " FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid WHERE d.datname = %s",
            [database],
        ).fetchone()
    assert found
    return found
