"""Revisions that the database names and the code does not have, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, container, database, evidence, probe, project

find = causes.get("unknown-revision").find

_WORDING = [
    "alembic.util.exc.CommandError: Can't locate revision identified by '{name}'",
    "ERROR [flask_migrate] Error: Can't locate revision identified by '{name}'",
    "web_1  | FAILED: Can't locate revision identified by '{name}'",
    "2026-01-20T10:00:00.000000Z FAILED: Can't locate revision identified by '{name}'",
]
_IDS = st.from_regex(r"[0-9a-f]{12}|[0-9]{4}_[a-z_]{3,20}", fullmatch=True)


@given(st.sampled_from(_WORDING), _IDS)
def test_alembics_word_is_likely_and_with_the_programs_end_certain(wording: str, name: str) -> None:
    log = app_log(wording.format(name=name))
    alone, dead = find(evidence(log)), find(evidence(log, container(exit_code=255)))
    assert isinstance(alone, Finding)
    assert isinstance(dead, Finding)
    assert (alone.confidence, dead.confidence) == ("likely", "certain")
    assert name in dead.summary


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "django.db.migrations.exceptions.InconsistentMigrationHistory: Migration admin.0001_initial is "
            "applied before "
            "its dependency users.0001_initial on database 'default'.",
            "users.0001_initial",
        ),
        ("Detected applied migration not resolved locally: 12.", "12"),
        (
            "error: no migration found for version 20240101: read down for version 20240101 .: file does not exist",
            "2024",
        ),
        ("Error: The migration directory is corrupt, the following files are missing: 2024_a.js", "2024_a.js"),
        ("ActiveRecord::UnknownMigrationVersionError:\n\nNo migration with version number 20240101000000.", "20240101"),
        ("error: migration 20240101 was previously applied but is missing in the resolved migrations", "20240101"),
        ("Unable to create migration plan because of 7_tags.sql: unknown migration in database", "7_tags.sql"),
        ("Error running migrations: unknown migration in database: 7_tags.sql", "7_tags.sql"),
        ("panic: migration 0042_tags is in the database but not in the code, please resolve manually", "0042_tags"),
        ("gormigrate: Found migration in DB that does not exist in code", ""),
        ("Error: corrupted migrations: previously executed migration 17-AddTags is missing", "17-AddTags"),
    ],
    ids=[
        "django history",
        "flyway",
        "golang-migrate",
        "knex",
        "rails",
        "sqlx",
        "sql-migrate",
        "sql-migrate, wrapped",
        "in Go",
        "gormigrate",
        "kysely",
    ],
)
def test_every_tool_has_its_words_for_it(text: str, name: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert name in found.summary


@pytest.mark.parametrize(
    "text",
    [
        "clojure.lang.ExceptionInfo: ERROR: Downgrade detected.\nmetabase exited with code 1",
        "ValueError: Cannot use this database as it is too new for the server to understand",
        "ERROR: The database version is of Quill '9.0.5' which can not be downgraded to older Quill versions.",
        "FATAL: Downgrading from version 9.4.0 to 9.2.1 is not supported",
        "Error: database schema 14 is too new for this build",
        "org.sonar.api.utils.MessageException: Database was upgraded to a more recent version of SonarQube.",
        "WARN possible downgrade detected: the database version is 31, the program's 29",
    ],
)
def test_a_product_says_that_its_database_is_of_a_newer_release(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "newer release" in found.summary


@pytest.mark.parametrize(
    "text",
    [
        "INFO Checking if a database downgrade is required...",
        "WARN Downgrading to HTTP/1.1 is not supported by the upstream",
        "ERROR the data in the cache is too new, waiting",
        "WARN permission 'audit' is in the database but not in the code catalog",
        "ERROR previously executed job 17 is missing",
        "ERROR libpq is too new for this driver",
        "tls: downgrade attempt detected, possibly due to a MitM attack",
        "INFO the package database was upgraded",
    ],
)
def test_other_things_are_new_or_missing_too(text: str) -> None:
    assert find(evidence(app_log(text))) is None


def test_database_and_code_prove_it_without_the_programs_end() -> None:
    log = app_log(_WORDING[0].format(name="ffff00001111"))
    found = find(evidence(log, database(["ffff00001111"], tables=["public.tasks"]), project("tasks")))
    assert isinstance(found, Finding)
    assert (found.confidence, found.missing) == ("certain", ())
    assert [link.fact for link in found.evidence] == ["log:app:1", "database:app", "project:app"]


def test_database_and_code_alone_are_likely() -> None:
    found = find(evidence(database(["ffff00001111"]), project("tasks")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    serving = find(evidence(database(["ffff00001111"]), project("tasks"), probe()))
    assert isinstance(serving, Finding)
    assert serving.confidence == "possible"


def test_a_log_that_is_there_is_not_asked_for() -> None:
    facts = (database(["ffff00001111"]), project("tasks"))
    for log in ((), (app_log("INFO:     Started server process [1]"),)):
        found = find(evidence(*log, *facts))
        assert isinstance(found, Finding)
        assert any("--logs" in one for one in found.missing) == (not log)


def test_a_later_upgrade_rules_it_out() -> None:
    text = (
        f"{_WORDING[0].format(name='ffff00001111')}\napp exited with code 255\n"
        "INFO  [alembic.runtime.migration] Running upgrade rev1 -> rev2, create notes\n"
        "INFO:     Application startup complete."
    )
    said = find(evidence(app_log(text)))
    assert isinstance(said, RuledOut)
    assert said.fact == "log:app:4"


@pytest.mark.parametrize(
    "facts",
    [
        evidence(app_log("git: fatal: bad revision 'ffff00001111'")),
        evidence(
            app_log("INFO  [alembic.runtime.migration] Running upgrade a1 -> b2, revision that is not present before")
        ),
        evidence(app_log("FAILED: No 'script_location' key found in configuration.")),
        evidence(app_log('psycopg.errors.UndefinedTable: relation "tasks" does not exist')),
        evidence(app_log("npm warn old lockfile: a newer version than this client")),
        evidence(database(["rev1"]), project("tasks")),
        evidence(database(), project("tasks")),
    ],
    ids=["git", "a step", "no files", "a table", "npm", "at head", "no revision"],
)
def test_near_misses_are_not_this_cause(facts: Evidence) -> None:
    assert find(facts) is None


def test_the_service_that_goes_on_without_its_migrations_is_still_an_incident() -> None:
    text = (
        f"{_WORDING[1].format(name='ffff00001111')}\n"
        "[2026-01-20 10:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0\n"
        "[2026-01-20 10:00:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:5001 (1)"
    )
    assert [one.cause for one in causes.diagnose(evidence(app_log(text))).findings] == ["unknown-revision"]


def test_a_service_that_has_just_refused_does_not_work_whatever_its_container_was_last_seen_as() -> None:
    """Docker asks for the health now and then; the database was migrated under the app's feet since."""
    facts = (database(["newer"], tables=["public.tasks"]), project("tasks"), container(health="healthy"))
    refused, served = find(evidence(*facts, probe(503))), find(evidence(*facts, probe(200)))
    assert isinstance(refused, Finding)
    assert isinstance(served, Finding)
    assert (refused.confidence, served.confidence) == ("likely", "possible")
