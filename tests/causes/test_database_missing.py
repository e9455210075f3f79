"""Databases that are not there, and those that only a health check asks for."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database, database_log, evidence, probe

find = causes.get("database-missing").find
ABSENT = 'connection to server at "db" (172.18.0.2), port 5432 failed: FATAL:  database "shop" does not exist'

_CLIENTS = [
    f"sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) {ABSENT}",
    'asyncpg.exceptions.InvalidCatalogNameError: database "shop" does not exist',
    'panic: pq: database "shop" does not exist',
    'server error (FATAL: database \\"shop\\" does not exist (SQLSTATE 3D000))',
    "Error: P1003: Database `shop` does not exist on the database server at `db:5432`.",
    "ActiveRecord::NoDatabaseError: We could not find your database: shop. Available database configurations can "
    "be found",
    'error: database "shop" does not exist\n    at Parser.parseErrorMessage (/app/parser.js:287:98) {\n  code: '
    "'3D000',",
    'org.postgresql.util.PSQLException: FATAL: database "shop" does not exist',
    '** (Postgrex.Error) FATAL 3D000 (invalid_catalog_name) database "shop" does not exist',
]


@pytest.mark.parametrize("text", _CLIENTS)
@pytest.mark.parametrize("prefix", ["", "web-1  | "])
def test_a_clients_word_is_likely_and_names_the_database(text: str, prefix: str) -> None:
    log = "\n".join(prefix + line for line in text.split("\n"))
    (found,) = diagnose(evidence(app_log(log))).findings
    assert (found.cause, found.confidence) == ("database-missing", "likely")
    assert "shop" in found.summary
    assert found.mend[1].text.endswith("""'createdb -U "${POSTGRES_USER:-postgres}" shop'""")


def test_server_client_and_end_together_are_certain() -> None:
    log = f"""db-1   | 2026-01-01 10:00:03.000 UTC [55] FATAL:  database "shop" does not exist
web-1  | django.db.utils.OperationalError: {ABSENT}
web-1 exited with code 1"""
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert (found.confidence, found.missing) == ("certain", ())


def test_the_database_that_was_asked_offers_the_names_that_there_are() -> None:
    asked = dataclasses.replace(
        database(reachable=False), error=ABSENT, sqlstate="3D000", database="shop", databases=("postgres", "store")
    )
    found = find(evidence(asked, app_log(_CLIENTS[0])))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert any("postgres, store" in mend.text for mend in found.mend)


NOISE = 'db-1   | 2026-01-01 10:00:0{n}.000 UTC [7{n}] FATAL:  database "app" does not exist'
SERVES = 'web-1  | INFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK'


def test_a_health_check_without_a_name_harms_nobody() -> None:
    log = "\n".join((NOISE.format(n=1), NOISE.format(n=2), SERVES, NOISE.format(n=3), SERVES))
    assert isinstance(find(evidence(app_log(log))), RuledOut)
    assert diagnose(evidence(app_log(log))).verdict == "healthy"


def test_only_the_servers_word_is_possible() -> None:
    found = find(evidence(database_log('2026-01-01 10:00:01.000 UTC [9] FATAL:  database "app" does not exist')))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


@pytest.mark.parametrize(
    "after",
    ["CREATE DATABASE", "Created database 'shop'", "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl."],
)
def test_a_database_that_is_created_afterwards_is_ruled_out(after: str) -> None:
    assert isinstance(find(evidence(app_log(f"{_CLIENTS[0]}\n{after}"))), RuledOut)


def test_a_service_that_works_now_rules_it_out() -> None:
    assert isinstance(find(evidence(app_log(_CLIENTS[0]), probe(200))), RuledOut)


@pytest.mark.parametrize(
    "text",
    [
        'NOTICE:  database "shop" does not exist, skipping',
        '2026-01-01 10:00:00.000 UTC [9] ERROR:  database "shop" does not exist',
        'psycopg2.errors.UndefinedTable: relation "shop" does not exist',
        'psycopg2.OperationalError: FATAL:  role "shop" does not exist',
        'psycopg2.OperationalError: FATAL:  database "None" does not exist',
        "The table `public.shop` does not exist in the current database.",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


def test_a_look_that_was_refused_names_the_database_to_create() -> None:
    error = 'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "shop" does not exist'
    found = find(evidence(dataclasses.replace(database(reachable=False), database=None, error=error, sqlstate="3D000")))
    assert isinstance(found, Finding)
    assert "no database shop" in found.summary
    assert found.mend[1].text.endswith("""'createdb -U "${POSTGRES_USER:-postgres}" shop'""")


@pytest.mark.parametrize("text", [r'FATAL:  database "shop\r" does not exist', 'pq: database "shop^M" does not exist'])
def test_a_carriage_return_at_the_names_end_is_told_and_mended_where_it_comes_from(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "carriage return" in found.summary
    assert " shop " in found.summary
    assert all("createdb" not in mend.text for mend in found.mend)
    assert ".env" in found.mend[0].text


def test_a_database_that_the_pooler_does_not_know_is_mended_at_the_pooler() -> None:
    log = (
        "pool-1 | 2024-05-05 12:00:00.001 UTC [1] LOG C-0x55b1: depot/app@10.0.1.4:40112 closing because: no such "
        "database: depot (age=0s)\nstock-1 | panic: pq: no such database: depot\nstock-1 exited with code 2"
    )
    found = causes.get("database-missing").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert "The pooler has no database depot" in found.summary
    assert [link.claim for link in found.evidence][:2] == [
        "The pooler knows no database depot",
        "The pooler's own log says so",
    ]
    mends = "\n".join(one.text for one in found.mend)
    assert "depot = host=db dbname=depot" in mends
    assert "createdb" not in mends
