"""Objects that are there before their migration: by a log, by facts, and where it does no harm."""

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, database, database_log, evidence, probe, project

find = causes.get("schema-created-outside-migrations").find

STEP = "INFO  [alembic.runtime.migration] Running upgrade  -> rev1, create tasks\n"
DUPLICATE = 'psycopg2.errors.DuplicateTable: relation "tasks" already exists'


@pytest.mark.parametrize(
    "text",
    [
        STEP + DUPLICATE,
        STEP + "sqlalchemy.exc.ProgrammingError: (sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) <class "
        "'asyncpg.exceptions.DuplicateObjectError'>: type \"status\" already exists\n[SQL: CREATE TYPE "
        "status AS ENUM ()]",
        "backend-1  | "
        + STEP
        + 'backend-1  | psycopg.errors.DuplicateColumn: column "due" of relation "tasks" already exists',
        "  Applying blog.0002_slug...\n"
        'django.db.utils.ProgrammingError: column "slug" of relation "blog_post" already exists',
        STEP + "psycopg2.errors.DuplicateTable: ERREUR:  la relation « taches » existe déjà",
        "== 20240101000000 CreateUsers: migrating ===\nrails aborted!\n"
        'PG::DuplicateTable: ERROR:  relation "users" already exists',
        'Migration "Init1700000000000" failed, error: type "role_enum" already exists',
    ],
    ids=["psycopg2", "asyncpg", "compose", "django", "french", "rails", "typeorm"],
)
def test_a_step_that_finds_its_object_there_is_likely(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert any("--database-url" in one for one in found.missing)


@pytest.mark.parametrize(
    "text",
    [
        "Error: P3005\n\nThe database schema is not empty. Read more about how to baseline",
        'FlywayException: Found non-empty schema(s) "public" but no schema history table. Use baseline()',
        '2026-01-20 15:54:37.660 UTC [91] ERROR:  relation "tasks" already exists',
    ],
)
def test_words_without_a_step_are_found_too(text: str) -> None:
    assert isinstance(find(evidence(app_log(text))), Finding)


def test_log_code_and_database_make_it_certain() -> None:
    found = find(evidence(app_log(STEP + DUPLICATE), database(tables=["public.tasks"]), project("tasks")))
    assert isinstance(found, Finding)
    assert (found.confidence, found.missing) == ("certain", ())
    assert any("alembic stamp rev1" in mend.text for mend in found.mend)


def test_a_database_with_tables_and_no_revision_is_likely() -> None:
    found = find(evidence(database(tables=["public.tasks"]), project("tasks")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


@pytest.mark.parametrize(
    "text",
    [
        'NOTICE:  relation "tasks" already exists, skipping',
        'ERROR:  role "app" already exists',
        'psql: error: ERROR:  database "app" already exists',
        "DETAIL:  Key (email)=(a@b.c) already exists.",
        "mkdir: cannot create directory '/data': File exists",
        "INFO  seed: user admin already exists",
        "api-1     | INFO  [alembic.runtime.migration] Running upgrade  -> rev1, init\n"
        "worker-1  | INFO  [alembic.runtime.migration] Running upgrade  -> rev1, init\n"
        'worker-1  | psycopg.errors.DuplicateTable: relation "tasks" already exists',
        "",
    ],
    ids=["notice", "role", "database", "row", "folder", "user", "a race", "nothing"],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


_SERVER = (
    'db_1   | 2026-01-20 10:00:00.000 UTC [70] ERROR:  relation "sessions" already exists\n'
    "db_1   | 2026-01-20 10:00:00.000 UTC [70] STATEMENT:  CREATE TABLE sessions (sid text)\n"
)


@pytest.mark.parametrize(
    "facts",
    [
        evidence(app_log(_SERVER + 'app_1  | 172.18.0.1 - - [20/Jan/2026:10:00:09 +0000] "GET / HTTP/1.1" 200 512')),
        evidence(database_log(_SERVER.replace("db_1   | ", "")), probe()),
        evidence(
            app_log(
                STEP + DUPLICATE + "\napp exited with code 1\n" + STEP +
                "INFO  [alembic.runtime.migration] Running upgrade rev1 -> rev2, next\nINFO:     Application "
                "startup complete."
            )
        ),
    ],
    ids=["taken lightly", "serves", "stamped since"],
)  # fmt: skip
def test_the_fact_that_rules_it_out_is_named(facts: Evidence) -> None:
    assert isinstance(find(facts), RuledOut)
