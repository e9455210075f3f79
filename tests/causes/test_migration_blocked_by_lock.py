"""Migrations that wait for locks: by timeouts, by the server's words, by what a person looked up, by facts."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.database import LockWait
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, database, database_log, evidence, project

find = causes.get("migration-blocked-by-lock").find

STEP = "INFO  [alembic.runtime.migration] Running upgrade a1 -> b2, widen\n"
ALTER = "ALTER TABLE tasks ADD COLUMN due DATE"
WAITS = (
    "2026-01-20 10:00:00.000 UTC [91] LOG:  process 91 still waiting for AccessExclusiveLock on relation "
    "16512 of database "
    "16384 after 1000.123 ms\n"
    "2026-01-20 10:00:00.000 UTC [91] DETAIL:  Process holding the lock: 77. Wait queue: 91, 95.\n"
    f"2026-01-20 10:00:00.000 UTC [91] STATEMENT:  {ALTER}\n"
)
LOOKED_UP = (
    "  pid  |        state        | wait_event_type | wait_event | left\n"
    " 20114 | idle in transaction | Client          | ClientRead | SELECT tasks.id FROM tasks\n"
    f" 20117 | active              | Lock            | relation   | {ALTER}\n"
)


BLOCK = "-[ RECORD 1 ]---+------\npid              | 4820\n"


@pytest.mark.parametrize(
    "text",
    [
        f" 2471695 | {{2459692}}  | 00:15:00.310021 | {ALTER}",
        f" 2016-08-19 08:07:53.457397+00 | t       | active | {ALTER}",
        f"{BLOCK}mode             | AccessExclusiveLock\ngranted          | f",
        f"{BLOCK}wait_event_type  | Lock\nquery            | {ALTER}",
        f"{BLOCK}blocked_by       | {{2104}}\nblocked_query    | {ALTER}",
    ],
    ids=["pids", "waiting", "not granted", "lock", "behind"],
)
def test_what_a_person_at_psql_looked_up_shows_the_wait(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)


@pytest.mark.parametrize(
    "text",
    [
        f" 2471695 | {{}}         | 00:00:00.310021 | {ALTER}",
        f" 2016-08-19 08:07:53.457397+00 | f       | active | {ALTER}",
        f"{BLOCK}mode             | AccessExclusiveLock\ngranted          | t",
        f"{BLOCK}wait_event_type  | Client\nquery            | {ALTER}",
        f"{BLOCK}wait_event_type  | Lock\nquery            | SELECT id FROM tasks",
    ],
    ids=["nobody", "runs", "granted", "idle", "a reader"],
)
def test_a_look_that_shows_no_wait(text: str) -> None:
    assert find(evidence(app_log(text))) is None


@pytest.mark.parametrize(
    "text",
    [
        STEP + "sqlalchemy.exc.OperationalError: (psycopg2.errors.LockNotAvailable) "
        "canceling statement due to lock timeout\n"
        f"[SQL: {ALTER}]",
        "2026-01-20 10:00:00.000 UTC [91] ERROR:  canceling statement due to lock timeout\n"
        f"2026-01-20 10:00:00.000 UTC [91] STATEMENT:  {ALTER}",
        STEP + "^CAborted!\n" + LOOKED_UP,
        STEP + "psycopg.errors.LockNotAvailable: canceling statement due to lock timeout",
    ],
    ids=["sqlalchemy", "server", "looked up", "psycopg"],
)
def test_a_definition_and_its_lock_are_certain(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert any("pg_blocking_pids" in mend.text for mend in found.mend)


@pytest.mark.parametrize(
    "text",
    [
        WAITS,
        "Context: Timed out trying to acquire a postgres advisory lock (SELECT pg_advisory_lock(72707369)). "
        "Elapsed: 10000ms.",
        "Can't take lock to run migrations: Migration table is already locked",
        "2026-01-20 10:05:00 ERROR liquibase.exception.LockException: Could not acquire change log lock.",
        "postgres: app shop 172.18.0.4(51122) ALTER TABLE waiting",
        "rails aborted!\nStandardError: An error has occurred, all later migrations canceled:\n\n"
        "PG::LockNotAvailable: ERROR:  canceling statement due to lock timeout",
    ],
    ids=["log_lock_waits", "prisma", "knex", "liquibase", "ps", "rails"],
)
def test_other_words_of_a_wait_are_found(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence in ("likely", "certain", "possible")


def test_a_step_that_never_comes_back_is_possible() -> None:
    text = STEP + "Error: UPGRADE FAILED: pre-upgrade hooks failed: timed out waiting for the condition"
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


def test_the_database_shows_who_waits_for_whom() -> None:
    wait = LockWait(
        91, ALTER, 77, "SELECT 1", "idle in transaction", "public.tasks", "AccessExclusiveLock", 30.0, 900.0
    )
    found = find(evidence(dataclasses.replace(database(["a1"]), locks=(wait,))))
    assert isinstance(found, Finding)
    assert (found.confidence, found.missing) == ("certain", ())
    assert "public.tasks" in found.summary
    assert any("pg_terminate_backend(77)" in mend.text for mend in found.mend)


@pytest.mark.parametrize(
    "text",
    [
        'psycopg.errors.LockNotAvailable: could not obtain lock on row in relation "jobs"',
        "sqlalchemy.exc.OperationalError: (psycopg.errors.QueryCanceled) canceling statement due to statement timeout",
        "LOG:  process 95 still waiting for ShareLock on transaction 403118822 after 1000.022 ms",
        "psycopg.errors.DeadlockDetected: deadlock detected",
        STEP + "INFO:     Application startup complete.",
        STEP,
        "",
    ],
    ids=["nowait", "statement timeout", "a row", "deadlock", "done", "just begun", "nothing"],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


def test_a_reader_that_waits_is_not_a_migration() -> None:
    wait = LockWait(91, "SELECT * FROM tasks", 77, "UPDATE tasks SET done = true", "active")
    assert find(evidence(dataclasses.replace(database(["a1"]), locks=(wait,)))) is None


@pytest.mark.parametrize(
    "after",
    [
        "2026-01-20 10:00:05.000 UTC [91] LOG:  process 91 acquired AccessExclusiveLock on relation 16512 of "
        "database 16384 "
        "after 5000.123 ms",
        STEP
        + "INFO  [alembic.runtime.migration] Running upgrade b2 -> c3, next\nINFO:     Application startup complete.",
    ],
    ids=["got it", "applied"],
)
def test_a_wait_that_ended_well_is_ruled_out(after: str) -> None:
    assert isinstance(find(evidence(app_log(WAITS + after))), RuledOut)


GAVE_UP = (
    "2026-01-20 10:00:00.000 UTC [91] ERROR:  canceling statement due to lock timeout\n"
    f"2026-01-20 10:00:00.000 UTC [91] STATEMENT:  {ALTER}\n"
)


def test_a_migration_that_gave_up_and_is_applied_now_is_ruled_out() -> None:
    done = find(evidence(database_log(GAVE_UP), project("tasks", "due"), database(["rev2"])))
    assert isinstance(done, RuledOut)
    assert done.why == "A migration waited for a lock; the database is at the code's head now, revision rev2."


@pytest.mark.parametrize("at", [["rev1"], ["newer"], [], None])
def test_one_that_gave_up_for_good_is_not(at: list[str] | None) -> None:
    assert isinstance(find(evidence(database_log(GAVE_UP), project("tasks", "due"), database(at))), Finding)


def test_one_that_still_waits_is_not_either_whatever_the_revision_says() -> None:
    wait = LockWait(91, ALTER, 77, "SELECT 1", "idle in transaction", "public.tasks", "AccessExclusiveLock")
    facts = dataclasses.replace(database(["rev2"]), locks=(wait,))
    assert isinstance(find(evidence(database_log(GAVE_UP), project("tasks", "due"), facts)), Finding)


def test_those_who_wait_behind_the_migration_are_counted() -> None:
    held = LockWait(91, ALTER, 77, "SELECT 1", "idle in transaction", "public.tasks", "AccessExclusiveLock")
    behind = [LockWait(pid, "SELECT * FROM tasks", 91, ALTER, "active", "public.tasks") for pid in (101, 102)]
    other = LockWait(103, "SELECT 2", 55, "UPDATE jobs SET done = true", "active")
    found = find(evidence(dataclasses.replace(database(["a1"]), locks=(*behind, other, held))))
    assert isinstance(found, Finding)
    assert (found.evidence[-1].claim, found.evidence[-1].quote) == (
        "2 sessions wait behind session 91",
        "SELECT * FROM tasks",
    )


@pytest.mark.parametrize(
    ("text", "words", "apply"),
    [
        ("Error: P1002\nContext: Timed out trying to acquire a postgres advisory lock (SELECT pg_advisory_lock(42)). "
         "Elapsed: 10000ms.", "Prisma does not get the lock", "npx prisma migrate deploy"),
        ("FlywayException: Number of retries exceeded while attempting to acquire PostgreSQL advisory lock.",
         "Flyway does not get the lock", "flyway migrate"),
        ("error: can't acquire database lock", "golang-migrate does not get the lock", "migrate -path migrations"),
        ("could not acquire migration lock", "The migration's program does not get the lock", ""),
    ],
    ids=["prisma", "flyway", "golang-migrate", "another"],
)  # fmt: skip
def test_an_advisory_lock_is_no_lock_of_a_table_and_is_looked_for_where_it_is(
    text: str, words: str, apply: str
) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.summary.startswith(words)
    told = "\n".join((*(f"{mend.text} {mend.why}" for mend in found.mend), *found.missing, found.summary))
    assert not [word for word in ("lock_timeout", "log_lock_waits", "its table") if word in told]
    assert "locktype = 'advisory'" in found.mend[0].text
    assert apply in found.mend[2].text


@pytest.mark.parametrize(
    ("text", "words", "unlock"),
    [
        ("liquibase.lockservice Waiting for changelog lock....\n"
         "liquibase.exception.LockException: Could not acquire change log lock.  Currently locked by "
         "web-7c (10.0.0.9) since 1/2/26, 9:12 PM",
         "a row in databasechangeloglock: web-7c (10.0.0.9) since 1/2/26, 9:12 PM. Another", "liquibase release-locks"),
        ("liquibase.lockservice Waiting for changelog lock....", "in databasechangeloglock. Another", "release-locks"),
        ("Can't take lock to run migrations: Migration table is already locked", "a row in knex_migrations_lock",
         "npx knex migrate:unlock"),
    ],
    ids=["liquibase with its holder", "liquibase", "knex"],
)  # fmt: skip
def test_a_row_that_locks_is_shown_before_it_is_released(text: str, words: str, unlock: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert words in found.summary
    assert "TABLE " in found.mend[0].text
    assert unlock in found.mend[1].text


def test_a_change_of_data_waits_for_rows_and_the_server_names_it() -> None:
    log = (
        "migrate-1 | Applying: 20260301_fill_totals.sql\n"
        "migrate-1 | Error: pq: canceling statement due to lock timeout\n"
        "migrate-1 exited with code 1\n"
        "db-1 | 2026-03-01 02:10:05.003 UTC [71] ERROR:  canceling statement due to lock timeout\n"
        "db-1 | 2026-03-01 02:10:05.003 UTC [71] STATEMENT:  UPDATE invoice SET total = 0 WHERE total IS NULL"
    )
    found = causes.get("migration-blocked-by-lock").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert "`UPDATE invoice SET total = 0 WHERE total IS NULL` waits for rows" in found.summary
    assert any("UPDATE invoice" in link.claim for link in found.evidence)
    assert "small batches" in found.mend[-1].text
    assert "itself alone" not in found.summary


def test_a_statement_of_no_migration_is_not_told_to_be_one() -> None:
    log = (
        "db-1 | 2026-04-27 02:10:05.003 UTC [77] ERROR:  canceling statement due to lock timeout\n"
        "db-1 | 2026-04-27 02:10:05.003 UTC [77] STATEMENT:  SELECT id FROM jobs WHERE id = 4 FOR UPDATE"
    )
    found = causes.get("migration-blocked-by-lock").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"
    assert "FOR UPDATE` waits for rows" in found.summary
    assert not any("migration" in one.text for one in found.mend)
