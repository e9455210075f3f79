"""Real locks: who waits for whom, for how long, and what the role may see of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import psycopg
import pytest

from incidentlab.collectors import database as collector
from incidentlab.collectors._db_parts import statement
from incidentlab.redact import Redactor
from tests.collectors.conftest import running_server


@contextmanager
def waiting(url: str, sql: str) -> Iterator[int]:
    """A session in which a statement waits; its process id."""
    with psycopg.connect(url, autocommit=True) as connection:
        pid = connection.info.backend_pid

        def run() -> None:
            try:
                connection.execute(sql.encode())
            except psycopg.Error:
                return  # ended by the test

        thread = threading.Thread(target=run)
        thread.start()
        try:
            _until_it_waits(url, pid)
            yield pid
        finally:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
            thread.join()


def _until_it_waits(url: str, pid: int) -> None:
    until = monotonic() + 20
    with psycopg.connect(url, autocommit=True) as other:
        while monotonic() < until:
            found = other.execute("SELECT FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
            if found.rowcount:
                return
            sleep(0.02)
    raise AssertionError("nothing waits")


def test_a_migration_that_waits_for_an_idle_transaction_is_seen(server, database: str) -> None:  # type: ignore[no-untyped-def]
    url = server.url(database)
    server.execute("CREATE TABLE tasks (id int, note text)", database=database)
    with psycopg.connect(url) as holder:
        held = holder.info.backend_pid
        holder.execute("SELECT * FROM tasks WHERE note = 'very private'")
        alter = "ALTER TABLE tasks ADD COLUMN due date DEFAULT '2026-01-01'"
        with waiting(url, alter) as blocked, waiting(url, "SELECT 1 FROM tasks") as queued:
            facts = collector.read(url)
    by_blocked = {one.blocked: one for one in facts.locks}
    first = by_blocked[blocked]
    assert (first.blocker, first.blocker_state) == (held, "idle in transaction")
    assert (first.relation, first.mode, first.kind) == ("public.tasks", "AccessExclusiveLock", "relation")
    assert first.blocked_query == "ALTER TABLE tasks ADD COLUMN due date DEFAULT '***'"
    assert first.blocker_query == "SELECT * FROM tasks WHERE note = '***'"
    assert first.waited is not None
    assert 0 <= first.waited < 30
    assert first.blocker_age is not None
    # The reader waits behind the migration, and is told so.
    assert by_blocked[queued].blocker == blocked
    assert facts.connections
    assert facts.connections.by_state["idle in transaction"] == 1
    assert facts.connections.oldest_idle_in_transaction is not None
    assert facts.unread == ()
    # All of the rest could be read all the same.
    assert facts.columns["public.tasks"] == ("id", "note")


def test_a_row_that_somebody_holds_is_named_by_its_table(server, database: str) -> None:  # type: ignore[no-untyped-def]
    url = server.url(database)
    server.execute("CREATE TABLE tasks (id int)", "INSERT INTO tasks VALUES (1)", database=database)
    with psycopg.connect(url) as holder:
        holder.execute("UPDATE tasks SET id = 2")
        with waiting(url, "UPDATE tasks SET id = 3"):
            (wait,) = collector.read(url).locks
    assert (wait.kind, wait.mode, wait.relation) == ("transactionid", "ShareLock", "public.tasks")


def test_a_migration_lock_of_a_tool_is_told_as_advisory(server, database: str) -> None:  # type: ignore[no-untyped-def]
    url = server.url(database)
    with psycopg.connect(url) as holder:
        held = holder.info.backend_pid
        holder.execute("SELECT pg_advisory_lock(72707369)")
        with waiting(url, "SELECT pg_advisory_lock(72707369)"):
            (wait,) = collector.read(url).locks
    assert (wait.kind, wait.relation, wait.blocker) == ("advisory", "", held)


def test_a_role_without_rights_sees_who_waits_and_not_what_they_say(server, database: str) -> None:  # type: ignore[no-untyped-def]
    role = f"r_{database}"
    server.execute(f"CREATE ROLE {role} LOGIN", "CREATE TABLE tasks (id int)", database=database)
    try:
        with psycopg.connect(server.url(database)) as holder:
            held = holder.info.backend_pid
            holder.execute("LOCK TABLE tasks")
            with waiting(server.url(database), "SELECT 'secret' FROM tasks") as blocked:
                facts = collector.read(server.url(database, role))
        (wait,) = facts.locks
        assert (wait.blocked, wait.blocker) == (blocked, held)
        assert (wait.blocked_query, wait.blocker_query, wait.blocker_state) == ("", "", "")
        assert wait.relation == "public.tasks"
        assert facts.connections
        assert facts.connections.by_state["not shown"] >= 2
        assert any("pg_read_all_stats" in line for line in facts.unread)
    finally:
        server.execute(f"DROP ROLE {role}", database=database)


def test_a_prepared_transaction_that_nobody_ended_is_named() -> None:
    with running_server({"max_prepared_transactions": "2"}) as own:
        url = own.url()
        own.execute("CREATE TABLE tasks (id int)", "CREATE TABLE other (id int)")
        for name, table in (("forgotten", "tasks"), ("elsewhere", "other")):
            with psycopg.connect(url) as holder:
                holder.execute(f"INSERT INTO {table} VALUES (1)".encode())
                holder.execute(f"PREPARE TRANSACTION '{name}'".encode())
        with waiting(url, "ALTER TABLE tasks ADD COLUMN x int"):
            (wait,) = collector.read(url).locks
        own.execute("ROLLBACK PREPARED 'forgotten'", "ROLLBACK PREPARED 'elsewhere'")
    assert (wait.blocker, wait.blocker_state, wait.relation) == (0, "prepared transaction", "public.tasks")
    assert wait.blocker_query == "PREPARE TRANSACTION 'forgotten'"
    assert wait.blocker_age is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1\n  FROM  t", "SELECT 1 FROM t"),
        ("ALTER ROLE a PASSWORD 'hunter2hunter2'", "ALTER ROLE a PASSWORD '***'"),
        (r"SELECT E'it\'s hunter2', 2", "SELECT '***', 2"),
        ("SELECT 'it''s hunter2'", "SELECT '***''***'"),
        ("DO $x$ hunter2 $x$", "DO '***'"),
        ("SELECT 'cut off hunter2", "SELECT '***'"),
        ("<insufficient privilege>", ""),
        (None, ""),
    ],
)
def test_a_statement_is_shown_without_what_people_store(text: str | None, expected: str) -> None:
    assert statement(text, Redactor()) == expected


def test_a_long_or_hostile_statement_is_cut_at_once() -> None:
    began = monotonic()
    for text in ("x" * 1_000_000, "'" * 1_000_000, "$a$" * 300_000, "E'\\" * 300_000):
        assert len(statement(text, Redactor())) <= 400
    assert monotonic() - began < 5
