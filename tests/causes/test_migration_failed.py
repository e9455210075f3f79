"""Steps that fail, by what they fail of and in each tool's words; those that succeed later; and near misses."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.database import MigrationTable
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, container, database, database_log, evidence, project

find = causes.get("migration-failed").find

STEP = "INFO  [alembic.runtime.migration] Running upgrade rev1 -> rev2, tighten\n"
FRAMES = (
    "Traceback (most recent call last):\n"
    '  File "/usr/local/lib/python3.11/site-packages/alembic/runtime/migration.py", line 622, in run_migrations\n'
    "    step.migration_fn(**kw)\n"
)


@pytest.mark.parametrize(
    "text",
    [
        STEP + FRAMES + 'sqlalchemy.exc.IntegrityError: (psycopg2.errors.NotNullViolation) column "due" of relation '
        '"tasks" contains null values\n\n[SQL: ALTER TABLE tasks ALTER COLUMN due SET NOT NULL]',
        STEP + "psycopg.errors.DependentObjectsStillExist: cannot drop table tasks because other objects depend on it\n"
        "DETAIL:  view report depends on table tasks",
        STEP + "asyncpg.exceptions.ForeignKeyViolationError: insert or update on table violates foreign key constraint",
        STEP + FRAMES + "sqlalchemy.exc.DataError: (psycopg2.errors.StringDataRightTruncation) value too long for type",
        STEP + FRAMES + "psycopg2.errors.DependentObjectsStillExist: ERREUR:  n'a pas pu supprimer table taches car "
        "d'autres objets en dépendent",
        "  Applying blog.0007_slug...Traceback (most recent call last):\n"
        '  File "/usr/local/lib/python3.11/site-packages/django/db/backends/utils.py", line 89, in _execute\n'
        'psycopg2.errors.UniqueViolation: could not create unique index "blog_post_slug_key"\n\n'
        "The above exception was the direct cause of the following exception:\n\n"
        'django.db.utils.IntegrityError: could not create unique index "blog_post_slug_key"',
    ],
    ids=["null", "view", "asyncpg", "too long", "french", "django"],
)
def test_a_named_step_that_fails_on_its_data_or_objects_is_certain(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert any(name in found.summary for name in ("rev1 -> rev2", "blog.0007_slug"))


@pytest.mark.parametrize(
    "text",
    [
        STEP + 'psycopg2.errors.UndefinedTable: relation "tasks" does not exist\n[SQL: ALTER TABLE tasks ADD x INT]',
        STEP + 'psycopg.errors.UndefinedColumn: column "old" does not exist',
        STEP
        + FRAMES
        + '  File "/app/alembic/versions/rev2.py", line 30, in upgrade\n    row["key"]\nKeyError: \'key\'',
        "== 20240101000000 AddNotNull: migrating ====\nrails aborted!\n"
        "StandardError: An error has occurred, this and all later migrations canceled:\n\n"
        'PG::NotNullViolation: ERROR:  column "email" of relation "users" contains null values',
        "Error: P3009\n\nmigrate found failed migrations in the target database, new migrations will not be applied.\n"
        "The `20241224103150_guest` migration started at 2025-05-28 10:04:30.134803 UTC failed",
        'time="2026-01-20T10:00:00Z" level=fatal msg="migrate up error: Dirty database version 27. Fix and '
        'force version."',
        'ERROR: Migration of schema "public" to version "4 - split" failed! Changes successfully rolled back.\n'
        "SQL State  : 42601",
        'app-1  | migration file "20241223_user.js" failed\napp-1  | migration failed with error: syntax error at "x"',
        "12:00:00.000 [info] == Running 20240101000000 Shop.Repo.Migrations.AddFk.change/0 forward\n"
        "** (Postgrex.Error) ERROR 23503 (foreign_key_violation) insert or update on table violates",
        'Migration "AddIndex1700000000001" failed, error: could not create unique index "UQ_a"',
    ],
    ids=["table", "column", "python", "rails", "prisma", "golang", "flyway", "knex", "ecto", "typeorm"],
)
def test_other_failures_of_a_migration_are_found(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence in ("likely", "certain")


def test_the_servers_view_of_a_definition_that_fails() -> None:
    log = (
        '2026-01-20 11:29:44.314 UTC [55] ERROR:  column "due" of relation "tasks" contains null values\n'
        "2026-01-20 11:29:44.314 UTC [55] STATEMENT:  ALTER TABLE tasks ALTER COLUMN due SET NOT NULL"
    )
    found = find(evidence(database_log(log)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_the_chain_goes_from_the_step_to_its_file_and_the_end() -> None:
    text = STEP + FRAMES + "sqlalchemy.exc.IntegrityError: (psycopg.errors.CheckViolation) check constraint is violated"
    found = find(evidence(app_log(text), project("tasks", "notes"), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert [link.fact for link in found.evidence] == ["log:app:1", "log:app:2", "project:app", "container:app"]
    assert found.evidence[2].source == "alembic/versions/rev2_create_notes.py"
    assert found.mend[-1].text == "alembic upgrade head"


def test_the_mark_in_a_tools_own_table_tells_of_it() -> None:
    table = MigrationTable("flyway", "public.flyway_schema_history", ("1", "2"), failed=("2",))
    marked = dataclasses.replace(database(), migration_tables=(table,))
    found = find(evidence(marked))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert any(mend.text == "flyway repair" for mend in found.mend)


_OTHERS = {
    "rights": "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.InsufficientPrivilege) must be owner of table tasks",
    "refused": 'connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused\nMigration failed',
    "password": 'FATAL:  password authentication failed for user "app"\nMigration failed',
    "disk": "psycopg.errors.DiskFull: could not extend file: No space left on device",
    "deadlock": "psycopg.errors.DeadlockDetected: deadlock detected",
    "lock": "psycopg.errors.LockNotAvailable: canceling statement due to lock timeout",
    "exists": 'psycopg.errors.DuplicateTable: relation "tasks" already exists',
    "race": 'duplicate key value violates unique constraint "pg_type_typname_nsp_index"',
    "stopped": "KeyboardInterrupt",
}


@pytest.mark.parametrize("name", _OTHERS)
def test_reasons_that_are_causes_of_their_own_are_left_to_them(name: str) -> None:
    assert find(evidence(app_log(STEP + _OTHERS[name]))) is None


@pytest.mark.parametrize(
    "text",
    [
        "INFO:     Application startup complete.\nsqlalchemy.exc.IntegrityError: "
        "(psycopg.errors.NotNullViolation) null value "
        'in column "title" of relation "tasks" violates not-null constraint\n[SQL: INSERT INTO tasks (title) '
        "VALUES (NULL)]",
        "  Applying blog.0002_when_a_migration_has_failed... OK",
        "The migration of birds failed to impress",
        'psycopg.errors.UndefinedTable: relation "tasks" does not exist',
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert found is None or (isinstance(found, Finding) and "birds" in text and found.confidence == "likely")


def healed() -> Evidence:
    text = (
        STEP + 'psycopg.errors.NotNullViolation: column "due" contains null values\napp exited with code 1\n' + STEP +
        "INFO  [alembic.runtime.migration] Running upgrade rev2 -> rev3, next\nINFO:     Application startup complete."
    )  # fmt: skip
    return evidence(app_log(text))


def test_a_step_that_succeeds_later_rules_it_out() -> None:
    said = find(healed())
    assert isinstance(said, RuledOut)
    assert "Running upgrade rev2 -> rev3" in said.why


def test_the_same_step_begun_again_is_no_success() -> None:
    text = STEP + 'psycopg.errors.NotNullViolation: column "due" contains null values\n' + STEP
    assert isinstance(find(evidence(app_log(text))), Finding)


def test_what_the_older_schema_lacks_hangs_beneath_it() -> None:
    text = (
        STEP
        + FRAMES
        + "sqlalchemy.exc.ProgrammingError: (psycopg.errors.DatatypeMismatch) cannot be cast automatically\n"
        "INFO:     Started server process [1]\n"
        "sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedColumn) column tasks.due does not exist"
    )
    roots = causes.diagnose(evidence(app_log(text))).findings
    assert [one.cause for one in roots] == ["migration-failed"]
    assert [one.cause for one in roots[0].explains] == ["migrations-behind"]


NO_EXTENSION = """db-1  | 2025-03-01 10:00:00.000 UTC [71] ERROR:  extension "postgis" is not available
db-1  | 2025-03-01 10:00:00.000 UTC [71] DETAIL:  Could not open extension control file \
"/usr/share/postgresql/14/extension/postgis.control": No such file or directory.
db-1  | 2025-03-01 10:00:00.000 UTC [71] STATEMENT:  CREATE EXTENSION IF NOT EXISTS postgis"""


@pytest.mark.parametrize(
    "text",
    [
        NO_EXTENSION,
        'cms-1  | ERROR: create extension "postgis" - extension "postgis" is not available\ncms-1 exited with code 1',
        'web-1  | error: extension "postgis" is not available\nweb-1  |     at Parser.parse (/app/p.js:1:9)',
    ],
    ids=["server alone", "tool", "node"],
)
def test_an_extension_that_the_server_lacks_fails_whatever_creates_it(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "extension postgis" in found.summary
    version = "14" if "/14/" in text else "15"
    assert f"postgis/postgis:{version}-3.4" in " ".join(mend.text for mend in found.mend)


@pytest.mark.parametrize(
    "text",
    [
        f'{NO_EXTENSION}\nweb-1  | INFO:     10.0.0.9:5 - "GET /places HTTP/1.1" 200 OK',
        'web-1  | INFO extension "postgis" is not available, maps are off',
    ],
    ids=["nobody minds", "a notice"],
)
def test_an_extension_that_was_only_looked_for_is_no_failure(text: str) -> None:
    assert not isinstance(find(evidence(app_log(text))), Finding)


def test_a_step_that_is_named_within_a_run_is_the_one_that_fails() -> None:
    step = "cms-1  | [12:00:01.400] INFO: Applying Add Flow Options..."
    failure = 'cms-1  | [12:00:01.433] ERROR: alter table "flows" add "x" - relation "flows" does not exist'
    log = f"cms-1  | [12:00:01.021] INFO: Running migrations...\n{step}\n{failure}\ncms-1 exited with code 1"
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert "The migration Add Flow Options failed" in found.summary
    assert find(evidence(app_log(f"{step}\n{failure}"))) is None  # no run was announced: it may be anything
