"""What a role may not do, and what is denied by somebody else."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.database import Privileges
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database, database_log, evidence

find = causes.get("insufficient-privilege").find
DJANGO = """\
Traceback (most recent call last):
  File "/opt/venv/lib/python3.11/site-packages/psycopg/cursor.py", line 97, in execute
    raise ex.with_traceback(None)
psycopg.errors.InsufficientPrivilege: permission denied for schema public
LINE 1: CREATE TABLE "django_migrations" ("id" bigint NOT NULL PRIMA...
                     ^

During handling of the above exception, another exception occurred:

django.db.migrations.exceptions.MigrationSchemaMissing: Unable to create the django_migrations table (permission \
denied for schema public"""
SERVER = "2026-03-01 10:00:00.000 UTC [76] ERROR:  permission denied for schema public at character 28"


@pytest.mark.parametrize(
    "text",
    [
        DJANGO,
        "\n".join(f"web_1  | {line}" for line in DJANGO.split("\n")),
        "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.InsufficientPrivilege) must be owner of table tasks",
        "asyncpg.exceptions.InsufficientPrivilegeError: permission denied for table tasks",
        "psycopg2.errors.InsufficientPrivilege: ERREUR:  droit refusé pour la table pg_attribute",
        "pq: permission denied for schema public in line 0: CREATE TABLE IF NOT EXISTS schema_migrations",
        'error: permission denied for table "users"',
        "SQL State  : 42501\nMessage    : ERROR: permission denied for schema public",
        'ERROR:  permission denied to create extension "postgis"',
        'FATAL:  permission denied for database "shop"',
        "PG::InsufficientPrivilege: ERROR:  must be owner of extension plpgsql",
        '{"level":"error","msg":"pq: permission denied for sequence tasks_id_seq"}',
        SERVER,
    ],
)
def test_every_stacks_wording_is_likely_alone(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence in ("likely", "certain")
    assert found.mend


@pytest.mark.parametrize(
    ("text", "summary", "mend"),
    [
        ("ERROR:  permission denied for schema public", "since PostgreSQL 15", "OWNER TO"),
        ("ERROR:  must be owner of table tasks", "does not own the table tasks", "ALTER TABLE tasks OWNER TO"),
        ('ERROR:  permission denied to create extension "postgis"', "may not create extension", "CREATE EXTENSION"),
        ("ERROR:  permission denied to create database", "may not create databases", "CREATEDB"),
        ("pq: permission denied to create role", "lacks the attribute CREATEROLE", "ALTER ROLE"),
        (
            "Error: could not create the shadow database.\nERROR: permission denied to create database",
            "may not create databases",
            "prisma migrate deploy",
        ),
        ("ERROR:  permission denied for table pg_attribute", "pg_attribute", "DDL"),
        ("ERROR:  permission denied for sequence tasks_id_seq", "sequence tasks_id_seq", "GRANT USAGE, SELECT"),
    ],
)
def test_the_object_is_named_and_the_mend_fits_it(text: str, summary: str, mend: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert summary in found.summary
    assert mend in found.mend[0].text


def test_a_second_fact_makes_it_certain() -> None:
    lacking = dataclasses.replace(database(), privileges=Privileges(cannot_create=("public",)))
    seconds = (lacking, container(exit_code=1), database_log(SERVER))
    for second in seconds:
        found = find(evidence(app_log(DJANGO), second))
        assert isinstance(found, Finding)
        assert found.confidence == "certain"
    assert isinstance(looked := find(evidence(app_log(DJANGO), lacking)), Finding)
    assert looked.evidence[-1].fact == lacking.id
    assert find(evidence(lacking)) is None


def test_an_end_over_another_failure_does_not_make_it_certain() -> None:
    text = "ERROR:  permission denied for table audit\nValueError: no port\nprocess exited with code 1"
    found = find(evidence(app_log(text), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_a_policy_on_rows_is_only_possible() -> None:
    found = find(evidence(app_log('ERROR:  new row violates row-level security policy for table "notes"')))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


def test_a_service_that_does_without_it_is_healthy() -> None:
    text = (
        'WARNING: permission denied to create extension "pg_trgm", full text search is off\n'
        "INFO:     Uvicorn running on http://0.0.0.0:8000\n"
        'INFO:     10.0.0.1:5 - "GET / HTTP/1.1" 200 OK'
    )
    assert isinstance(find(evidence(app_log(text))), RuledOut)
    assert causes.diagnose(evidence(app_log(text))).verdict == "healthy"


@pytest.mark.parametrize(
    "text",
    [
        "/bin/sh: /entrypoint.sh: Permission denied",
        "PermissionError: [Errno 13] Permission denied: '/data/app.log'",
        'FATAL:  could not open file "base/1/2": Permission denied',
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        'FATAL:  no pg_hba.conf entry for host "10.0.0.4", user "app", database "app", SSL encryption',
        'FATAL:  password authentication failed for user "app"',
        "git@github.com: Permission denied (publickey).",
        "permission denied for path /data",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


@pytest.mark.parametrize("code", ["Database error code: 42501", "  code: '42501',", "SqlState: 42501"])
def test_the_words_of_a_refusal_are_shown_and_not_its_code_alone(code: str) -> None:
    text = f'ERROR deploy failed\n{code}\n\nERROR: permission denied to create extension "hstore"'
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "permission denied to create extension" in found.evidence[0].quote


def test_what_an_unowned_table_kept_from_being_added_is_missed_beneath_it() -> None:
    log = (
        "migrate-1  | PG::InsufficientPrivilege: ERROR:  must be owner of table parcel\nmigrate-1 exited with code 1\n"
        "jobs-1  | ActiveRecord::StatementInvalid: PG::UndefinedColumn: ERROR:  column parcel.sealed_at does not exist"
    )
    roots = causes.diagnose(evidence(app_log(log))).findings
    assert [one.cause for one in roots] == ["insufficient-privilege"]
    assert "migrations-behind" in [one.cause for one in roots[0].explains]
    assert roots[0].mend[1].text.startswith("Or let the role")
    assert not any(one.why.startswith("Or ") for one in roots[0].mend)
