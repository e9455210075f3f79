"""Data directories of another version, at another place, or of another owner."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, container, database_log, evidence

find = causes.get("data-directory-incompatible").find
SERVER = """\
PostgreSQL Database directory appears to contain a database; Skipping initialization

2026-03-01 18:11:17.551 UTC [1] FATAL:  database files are incompatible with server
2026-03-01 18:11:17.551 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 12, which is not \
compatible with this version 15.3 (Debian 15.3-1.pgdg120+1)."""
MOVED = """\
Error: in 18+, these Docker images are configured to store database data in a
       format which is compatible with "pg_ctlcluster" (specifically, using
       major-version-specific directory names).  This better reflects how
       PostgreSQL itself works, and how upgrades are to be performed.

       Counter to that, there appears to be PostgreSQL data in:
         /var/lib/postgresql/data (unused mount/volume)"""
READY = "2026-03-01 18:20:00.000 UTC [1] LOG:  database system is ready to accept connections"


def compose(image: str, *volumes: str) -> Evidence:
    service = ComposeService("db", image, volumes=volumes, line=3, path="compose.yaml")
    return Evidence(compose=(ComposeFacts("compose:shop", "shop", ("compose.yaml",), (service,)),))


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (SERVER, "certain"),
        ("\n".join(f"shop-db-1  | {line}" for line in SERVER.split("\n")), "certain"),
        (MOVED, "certain"),
        ("FATAL:  database locale is incompatible with operating system", "certain"),
        ('initdb: error: directory "/var/lib/postgresql/data" exists but is not empty', "likely"),
        ('FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership', "likely"),
        ('FATAL:  data directory "/var/lib/postgresql/data" has invalid permissions', "likely"),
        ("chmod: changing permissions of '/var/lib/postgresql/data': Operation not permitted", "likely"),
        ("chown: changing ownership of ‘/var/lib/postgresql/data’: Permission denied", "likely"),  # noqa: RUF001
        ("chmod: /var/lib/postgresql/data: Operation not permitted", "likely"),
        (
            'initdb: error: could not change permissions of directory "/var/lib/postgresql/data": Operation '
            "not permitted",
            "likely",
        ),
        ('initdb: could not create directory "/var/lib/postgresql/data/pg_wal": Permission denied', "likely"),
        ('FATAL:  "/var/lib/postgresql/data" is not a valid data directory', "likely"),
    ],
)
def test_every_wording_has_its_confidence(text: str, confidence: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == confidence


def test_both_versions_are_named_and_the_old_image_comes_first() -> None:
    found = find(evidence(database_log(SERVER)))
    assert isinstance(found, Finding)
    assert "made by PostgreSQL 12, and the server is 15.3" in found.summary
    assert "postgres:12" in found.mend[0].text


def test_it_explains_why_the_name_cannot_be_resolved() -> None:
    client = 'psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known'
    diagnosis = causes.diagnose(evidence(app_log(f"{client}\n{client}"), database_log(SERVER)))
    assert diagnosis.findings[0].cause == "data-directory-incompatible"


def test_a_server_that_came_up_afterwards_rules_it_out() -> None:
    said = find(evidence(database_log(f"{SERVER}\n{READY}")))
    assert isinstance(said, RuledOut)


def test_the_compose_file_shows_the_old_path() -> None:
    old = compose("postgres:18-alpine", "pgdata:/var/lib/postgresql/data")
    possible = find(old)
    gone = dataclasses.replace(container("shop-db-1", exit_code=1), service="db")
    likely = find(dataclasses.replace(old, containers=(gone,)))
    certain = find(dataclasses.replace(old, logs=database_log(MOVED)))
    assert isinstance(possible, Finding)
    assert isinstance(likely, Finding)
    assert isinstance(certain, Finding)
    assert [one.confidence for one in (possible, likely, certain)] == ["possible", "likely", "certain"]
    assert (possible.evidence[0].source, possible.evidence[0].line) == ("compose.yaml", 3)
    assert "pgdata:/var/lib/postgresql instead" in certain.mend[0].text


@pytest.mark.parametrize(
    "facts",
    [
        compose("postgres:17", "pgdata:/var/lib/postgresql/data"),
        compose("postgres:18", "pgdata:/var/lib/postgresql"),
        compose("postgres:latest", "pgdata:/var/lib/postgresql/data"),
        compose("example/postgrest:18", "x:/var/lib/postgresql/data"),
        dataclasses.replace(
            compose("postgres:18", "pgdata:/var/lib/postgresql/data"),
            containers=(dataclasses.replace(container("shop-db-1"), service="db"),),
        ),
    ],
    ids=["17", "new path", "unknown version", "another image", "runs"],
)
def test_a_compose_file_without_that_is_no_finding(facts: Evidence) -> None:
    assert find(facts) is None


@pytest.mark.parametrize(
    "text",
    [
        'WARNING:  database "app" has a collation version mismatch',
        "PostgreSQL Database directory appears to contain a database; Skipping initialization",
        "chown: changing ownership of '/app/media': Operation not permitted",
        "fixing permissions on existing directory /var/lib/postgresql/data ... ok",
        "/docker-entrypoint.sh: Permission denied",
        'rmdir: directory "/tmp/build" not empty',
        "chmod: changing permissions of '/run/postgresql': Operation not permitted",
        "chmod: changing permissions of \u2018/var/run/postgresql\u2019: Operation not permitted",
        "chown: /var/log/postgresql: Permission denied",
        'could not create directory "/var/run/postgresql/x": Permission denied',
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None
