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


LINE = "2026-03-01 18:11:17.551 CET [1] "
GERMAN = f"""\
db-1  | {LINE}FATAL:  Datenbankdateien sind inkompatibel mit Server
db-1  | {LINE}DETAIL:  Das Datenverzeichnis wurde von PostgreSQL Version 14 initialisiert, welche nicht mit dieser \
Version 16.2 (Debian 16.2-1.pgdg120+2) kompatibel ist."""
FRENCH = f"""\
db-1  | {LINE}FATAL:  les fichiers de la base de données sont incompatibles avec le serveur
db-1  | {LINE}DÉTAIL:  Le répertoire des données a été initialisé avec PostgreSQL version 9.6,
db-1  | \tqui est non compatible avec cette version 13.14."""
JAPANESE = f"""\
db-1  | {LINE}FATAL:  データベースファイルがサーバーと互換性がありません
db-1  | {LINE}DETAIL:  データディレクトリはPostgreSQLバージョン15で初期化されましたが、\
これはバージョン17.1とは互換性がありません"""


@pytest.mark.parametrize(
    ("text", "old", "new"), [(GERMAN, "14", "16.2"), (FRENCH, "9.6", "13.14"), (JAPANESE, "15", "17.1")]
)
def test_both_versions_are_read_in_any_language(text: str, old: str, new: str) -> None:
    found = find(evidence(database_log(text)))
    assert isinstance(found, Finding)
    assert f"made by PostgreSQL {old}, and the server is {new}." in found.summary
    assert f"postgres:{old.split('.')[0]}" in found.mend[0].text


@pytest.mark.parametrize(
    "detail",
    [
        "",
        f"{LINE}DETAIL:  The database cluster was initialized with CATALOG_VERSION_NO 202306141, but the server was "
        "compiled with CATALOG_VERSION_NO 202307071.",
        f"{LINE}DETAIL:  Der Datenbank-Cluster wurde mit MAXALIGN 4 initialisiert, aber der Server wurde mit "
        "MAXALIGN 8 kompiliert.",
    ],
    ids=["cut", "catalogue", "another build in German"],
)
def test_without_versions_the_mend_is_a_version_and_not_an_owner(detail: str) -> None:
    said = (
        "Datenbankdateien sind inkompatibel mit Server" if "MAXALIGN" in detail else "database files are incompatible"
    )
    said += "" if "MAXALIGN" in detail else " with server"
    found = find(evidence(database_log(f"{LINE}FATAL:  {said}\n{detail}".strip())))
    assert isinstance(found, Finding)
    assert "another version or build" in found.summary
    mend = "\n".join(one.text for one in found.mend)
    assert "PG_VERSION" in mend
    assert "postgres:NN" in mend
    assert "chown" not in mend


def test_a_locale_is_no_version() -> None:
    said = f"{LINE}FATAL:  database locale is incompatible with operating system"
    found = find(evidence(database_log(said)))
    assert isinstance(found, Finding)
    assert "locale" in found.summary
    assert "chown" not in found.mend[0].text


@pytest.mark.parametrize(
    ("place", "telling"),
    [
        ("/var/lib/postgresql", "with the volume at /var/lib/postgresql/data"),
        ("/var/lib/postgresql/data", "mounted as it was then"),
        (
            "/var/lib/postgresql/18/docker",
            "-v VOLUME:/var/lib/postgresql -e PGDATA=/var/lib/postgresql/18/docker --name old -d postgres:18",
        ),
    ],
)
def test_an_older_database_that_the_image_finds_is_named_and_not_moved(place: str, telling: str) -> None:
    said = MOVED.replace("/var/lib/postgresql/data (unused mount/volume)", place)
    found = find(evidence(app_log("\n".join(f"db-1  | {line}" for line in said.split("\n")))))
    assert isinstance(found, Finding)
    assert f"An older version's database lies in {place};" in found.summary
    assert any(link.quote == place for link in found.evidence)
    assert any(telling in one.text for one in found.mend)
    assert not any("one level higher" in one.text for one in found.mend)


def test_commands_call_the_server_as_the_log_does() -> None:
    found = find(evidence(app_log(GERMAN.replace("db-1 ", "stock-db-1 "))))
    assert isinstance(found, Finding)
    assert "docker compose up -d stock-db &&" in found.mend[-1].text


def test_a_refused_connection_hangs_beneath_an_owner_that_is_not_the_servers() -> None:
    log = (
        f'pg-1 | {LINE}FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership\n'
        'web-1 | django.db.utils.OperationalError: connection to server at "pg" (10.89.0.4), port 5432 failed: '
        "Connection refused\nweb-1 exited with code 1"
    )
    roots = causes.diagnose(evidence(app_log(log))).findings
    assert [one.cause for one in roots] == ["data-directory-incompatible"]
    assert [one.cause for one in roots[0].explains] == ["database-not-ready"]
