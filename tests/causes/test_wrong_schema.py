"""Tables in schemas where nobody looks: by a log that has them and misses them, and by a database that was asked."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, database, evidence, project

find = causes.get("wrong-schema").find

MISSING = 'psycopg2.errors.UndefinedTable: relation "tasks" does not exist'


@pytest.mark.parametrize(
    "text",
    [
        "psycopg2.errors.InvalidSchemaName: no schema has been selected to create in",
        'Error: pq: no schema has been selected to create "schema_migrations" in',
        '** (Postgrex.Error) ERROR 3F000 (invalid_schema_name) schema "tenant" does not exist',
        "2026-01-20 10:00:00.000 UTC [7] ERROR:  no schema has been selected to create in at character 14",
        f" Schema | Name  | Type  | Owner\n crm    | tasks | table | app\n(1 row)\n{MISSING}",
        f'  Table "crm.tasks"\n{MISSING}',
        'NOTICE:  relation "schema_migrations" already exists, skipping\n'
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        'relation "schema_migrations" does not exist',
        "psycopg.errors.InvalidSchemaName: ERREUR:  aucun schéma n'a été sélectionné pour cette création",
    ],
    ids=["python", "go", "ecto", "server", "listed", "described", "from a dump", "french"],
)
def test_a_log_makes_it_likely(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    wanted = "CREATE SCHEMA" if '"tenant"' in text else "search_path"  # a path leads to no schema that is not there
    assert any(wanted in mend.text for mend in found.mend)


ASKED = 'relation "billing.invoices" does not exist'
LISTED = "$ psql -c '\\dt *.invoices'\n public | invoices | table | app"
EF = (
    '$ dotnet ef database update --connection "Host=db;Database=hr;SearchPath=payroll"\n'
    'Npgsql.PostgresException (0x80004005): 42P01: relation "__EFMigrationsHistory" does not exist\n'
    "$ psql -Atc 'select schemaname, tablename from pg_tables'\n"
    "public|__EFMigrationsHistory"
)
AGAIN = (
    "Running database migrations...\n"
    "2026-06-30 07:14:22.010 UTC [88] LOG:  statement: SET search_path TO journal\n"
    'Migration failed: error: relation "migrations" already exists'
)


@pytest.mark.parametrize("text", [f"{ASKED}\n{LISTED}", EF, AGAIN], ids=["another schema", "cells", "made again"])
def test_what_a_person_looks_up_afterwards_counts_too(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_a_table_that_is_seen_where_it_was_looked_for_is_only_possible() -> None:
    found = find(evidence(app_log(f"{MISSING}\n$ psql\n public | tasks | table | app")))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


@pytest.mark.parametrize(
    "text",
    [
        # made since
        f"{ASKED}\nINFO  [alembic.runtime.migration] Running upgrade  -> a1, init\n"
        f"INFO:     Application startup complete.\n{LISTED}",
        # a row of something else, and Prisma's parameter that says nothing
        f"{ASKED}\n 4711 | invoices | AccessShareLock",
        f"postgresql://app@db:5432/shop?schema=public\n{MISSING}",
        # two programs make the tool's table at one time
        "web-1  | flask db upgrade\nweb-2  | flask db upgrade\n"
        'web-2  | psycopg2.errors.DuplicateTable: relation "alembic_version" already exists',
    ],
    ids=["since", "another row", "public", "a race"],
)
def test_what_is_no_other_schema(text: str) -> None:
    assert not isinstance(find(evidence(app_log(text))), Finding)


def test_a_search_path_before_a_missing_table_is_worth_a_look() -> None:
    found = find(evidence(app_log(f"SET search_path TO tenant_a\n{MISSING}")))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


def test_the_database_shows_where_the_table_is() -> None:
    asked = dataclasses.replace(database(tables=["crm.tasks"]), schemas=("public",))
    found = find(evidence(app_log(MISSING), asked, project("tasks")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert "crm" in found.summary
    assert any("ALTER ROLE app SET search_path = crm, public" in mend.text for mend in found.mend)


def test_a_path_without_public_gets_it_once() -> None:
    asked = dataclasses.replace(database(tables=["public.tasks"]), schemas=("reporting",), search_path="reporting")
    found = find(evidence(app_log(MISSING), asked, project("tasks")))
    assert isinstance(found, Finding)
    assert any('SET search_path = public"' in mend.text for mend in found.mend)


def test_a_schema_that_the_database_does_not_have_is_certain() -> None:
    said = 'psycopg.errors.InvalidSchemaName: schema "tenant" does not exist'
    asked = dataclasses.replace(database(tables=["public.tasks"]), schemas=("public",))
    found = find(evidence(app_log(said), asked))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"


@pytest.mark.parametrize(
    "facts",
    [
        evidence(app_log(MISSING)),
        evidence(app_log(f'{MISSING}\n  Table "public.tasks"')),
        evidence(app_log(MISSING), dataclasses.replace(database(tables=["public.tasks"]), schemas=("public",))),
        evidence(app_log(MISSING), database(tables=["public.notes"])),
        evidence(app_log("psycopg.errors.InsufficientPrivilege: permission denied for schema public")),
        evidence(app_log('NOTICE:  schema "tenant" does not exist, skipping')),
        evidence(app_log("FATAL:  unsupported startup parameter: search_path")),
        evidence(app_log('psycopg.OperationalError: database "tasks" does not exist')),
        evidence(),
    ],
    ids=["a table", "made later", "in the path", "nowhere", "rights", "notice", "pooler", "database", "nothing"],
)
def test_near_misses_are_not_this_cause(facts: Evidence) -> None:
    assert find(facts) is None


def test_migrations_that_ran_afterwards_rule_it_out() -> None:
    text = (
        "psycopg2.errors.InvalidSchemaName: no schema has been selected to create in\napp exited with code 1\n"
        "INFO  [alembic.runtime.migration] Running upgrade  -> rev1, create tasks\nINFO:     Application "
        "startup complete."
    )
    assert isinstance(find(evidence(app_log(text))), RuledOut)


def test_the_missing_table_hangs_beneath_it() -> None:
    asked = dataclasses.replace(database(tables=["crm.tasks"]), schemas=("public",))
    roots = causes.diagnose(evidence(app_log(MISSING), asked)).findings
    assert roots[0].cause == "wrong-schema"


_WANTED = 'org.postgresql.util.PSQLException: ERROR: relation "billing.invoices" does not exist'
_FLYWAY = (
    'INFO  o.f.core.internal.command.DbMigrate : Migrating schema "public" to version "3 - rates"\n'
    'INFO  o.f.core.internal.command.DbMigrate : Successfully applied 1 migration to schema "public", now at v3\n'
)


@pytest.mark.parametrize(
    "text",
    [
        _FLYWAY + _WANTED,
        _FLYWAY + "Schema-validation: missing table [billing.invoices]",
        'INFO DbMigrate : Schema "public" is up to date. No migration necessary.\n' + _WANTED,
        'Datasource "db": PostgreSQL database "shop", schema "crm" at "db:5432"\n'
        "All migrations have been successfully applied.\n"
        "The table `billing.invoices` does not exist in the current database.",
    ],
    ids=["flyway", "hibernate", "nothing to do", "prisma"],
)
def test_a_table_of_another_schema_than_the_migrated_one(text: str) -> None:
    root = causes.diagnose(evidence(app_log(text))).findings[0]
    assert (root.cause, root.confidence) == ("wrong-schema", "likely")
    assert "billing" in root.summary
    assert all(one.cause != "migrations-behind" for one in root.explains)


@pytest.mark.parametrize(
    "text",
    [
        _FLYWAY.replace("public", "billing") + _WANTED,
        _FLYWAY + _WANTED.replace("billing.", ""),
        _FLYWAY + _WANTED.replace("billing.", "public."),
        'INFO DbSchemas : Creating schema "billing" ...\n' + _FLYWAY + _WANTED,
        _WANTED + "\n" + _FLYWAY,
    ],
    ids=["the same", "no schema", "named", "created", "before"],
)
def test_a_table_of_the_migrated_schema_is_another_matter(text: str) -> None:
    assert all(one.cause != "wrong-schema" for one in causes.diagnose(evidence(app_log(text))).findings)


def test_a_tenant_without_its_schema_is_made_or_turned_away() -> None:
    log = 'Apartment::TenantNotFound (One of the following schema(s) is invalid: "globex" "public"):'
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.summary.startswith("The schema globex does not exist")
    assert "Apartment::Tenant.create('globex')" in found.mend[1].text
    assert not any("search_path" in mend.text for mend in found.mend)


def test_a_tenant_that_is_there_already_lacks_no_schema() -> None:
    assert find(evidence(app_log("Apartment::TenantExists (The schema globex already exists):"))) is None


def test_a_script_that_empties_the_path_is_what_to_change() -> None:
    log = (
        'NOTICE:  relation "schema_migrations" already exists, skipping\n'
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        'relation "schema_migrations" does not exist'
    )
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.mend[0].text.startswith("Take SELECT pg_catalog.set_config")
    assert not any("ALTER ROLE" in mend.text for mend in found.mend)
    assert "a session whose search_path was changed does not find it" in found.summary
