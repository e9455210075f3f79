"""Where a tool has nothing left to apply, or a schema hides a table, to migrate once more is no mend."""

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Diagnosis, Finding
from incidentlab.testing import app_log, evidence

FLYWAY = (
    'pets-1  | INFO 1 --- [main] o.f.core.internal.command.DbMigrate : Current version of schema "{schema}": 3\n'
    'pets-1  | INFO 1 --- [main] o.f.core.internal.command.DbMigrate : Schema "{schema}" is up to date. No migration '
    "necessary.\n{url}"
    'pets-1  | ERROR 1 --- [nio-8080-exec-1] o.h.engine.jdbc.spi.SqlExceptionHelper : ERROR: relation "pets" does not '
    "exist\npets-1  |   Position: 14"
)
DJANGO = (
    "web-1  | Operations to perform:\nweb-1  |   Apply all migrations: pets\nweb-1  | Running migrations:\n"
    "web-1  |   No migrations to apply.\n{unmade}"
    "web-1  | django.db.utils.ProgrammingError: column pets_pet.chip does not exist"
)
UNMADE = (
    "web-1  |   Your models in app(s): 'pets' have changes that are not yet reflected in a migration, and so won't be "
    "applied.\n"
)
TURNS = (
    'web-1  | "GET /t/a/pets HTTP/1.1" {before} 20\n'
    "db-1   | 2025-01-01 00:00:01.000 UTC [71] LOG:  statement: SET search_path = 'a','public'\n"
    'db-1   | 2025-01-01 00:00:02.000 UTC [72] ERROR:  relation "pets" does not exist at character 15\n'
    "db-1   | 2025-01-01 00:00:02.000 UTC [72] STATEMENT:  SELECT * FROM pets\n"
    'web-1  | django.db.utils.ProgrammingError: relation "pets" does not exist\n'
    'web-1  | "GET /t/a/pets HTTP/1.1" 500 9\nweb-1  | "GET /t/a/pets HTTP/1.1" {after} 20'
)
ORDER = (
    "django.db.migrations.exceptions.InconsistentMigrationHistory: Migration pets.0005_chips is applied before its "
    "dependency people.0002_owner on database 'default'."
)


def _told(log: str) -> Diagnosis:
    return causes.diagnose(evidence(app_log(log)))


def _first(log: str) -> Finding:
    return _told(log).findings[0]


def _mends(found: Finding) -> str:
    return "\n".join(mend.text for mend in found.mend)


def test_a_table_of_a_schema_that_nobody_leads_to_is_in_another_schema() -> None:
    found = _first(FLYWAY.format(schema="zoo", url=""))
    assert (found.cause, found.confidence) == ("wrong-schema", "likely")
    assert "hibernate.default_schema=zoo" in _mends(found)
    assert "flyway migrate" not in _mends(found)


@pytest.mark.parametrize(
    ("schema", "url"), [("public", ""), ("zoo", "pets-1  | url: jdbc:postgresql://db:5432/pets?currentSchema=zoo\n")]
)
def test_a_schema_in_which_the_service_looks_is_not_another_one(schema: str, url: str) -> None:
    found = _first(FLYWAY.format(schema=schema, url=url))
    assert found.cause == "migrations-behind"
    assert "nothing left to apply" in found.summary
    assert "flyway migrate" not in _mends(found)
    assert any("is up to date" in link.quote for link in found.evidence)


def test_behind_a_pooler_a_sessions_setting_does_not_help() -> None:
    log = (
        'api-1  | Datasource "db": PostgreSQL database "zoo", schema "zoo_eu" at "pool:6432"\n'
        "api-1  | No pending migrations to apply.\napi-1  | connecting through pgbouncer\n"
        'api-1  | Raw query failed. Code: `42P01`. Message: `relation "Pet" does not exist`'
    )
    found = _first(log)
    assert found.cause == "wrong-schema"
    assert '"zoo_eu"."Pet"' in found.mend[1].text
    assert "'\\d *.\"Pet\"'" in found.mend[0].text


def test_a_model_without_a_migration_gets_one_made() -> None:
    found = _first(DJANGO.format(unmade=UNMADE))
    assert found.cause == "migrations-behind"
    assert "makemigrations" in found.mend[0].text
    assert "no migration was made of it" in found.summary
    assert any("not yet reflected" in link.quote for link in found.evidence)


def test_nothing_left_asks_where_the_table_is_and_then_for_the_migration_that_is_missing() -> None:
    found = _first(DJANGO.format(unmade=""))
    assert "'\\d *.pets_pet'" in found.mend[0].text
    assert "makemigrations" in found.mend[-1].text


def test_another_services_tool_says_nothing_of_this_schema() -> None:
    log = "mail-1 | No pending migrations to apply.\nweb-1  | PG::UndefinedColumn: ERROR:  column p.chip does not exist"
    assert "nothing left" not in _first(log).summary


def test_one_request_answered_and_refused_in_turns_is_a_matter_of_sessions() -> None:
    found = _first(TURNS.format(before=200, after=200))
    assert (found.cause, found.confidence) == ("wrong-schema", "likely")
    assert "SET LOCAL" in _mends(found)
    assert [link.line for link in found.evidence] == [5, 1, 7, 2]


@pytest.mark.parametrize(("before", "after"), [(500, 500), (404, 200), (200, 500)])
def test_a_request_that_is_not_answered_around_the_failure_is_none(before: int, after: int) -> None:
    assert not any("Some sessions" in one.summary for one in _told(TURNS.format(before=before, after=after)).findings)


def test_a_schema_that_a_statement_names_is_created_and_no_search_path_is_bent() -> None:
    log = (
        "migrate-1  | INFO  [alembic.runtime.migration] Running upgrade  -> 1a, first\n"
        'migrate-1  | psycopg.errors.InvalidSchemaName: schema "zoo" does not exist\nmigrate-1 exited with code 1'
    )
    found = _first(log)
    assert 'CREATE SCHEMA IF NOT EXISTS "zoo"' in found.mend[0].text
    assert "search_path" not in _mends(found)
    assert "search_path" in _mends(_first("pq: no schema has been selected to create in"))


def test_a_child_before_its_parent_is_put_right_in_djangos_table() -> None:
    found = _first(ORDER)
    assert found.cause == "unknown-revision"
    text = _mends(found)
    assert "VALUES ('people', '0002_owner', now())" in text
    assert "app = 'pets' AND name = '0005_chips'" in text
    assert "git log" not in text
