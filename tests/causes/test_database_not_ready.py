"""Refused connections that ended a service, and those that harmed nobody."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.compose import ComposeFacts, ComposeService, Dependency
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database_log, evidence, probe

find = causes.get("database-not-ready").find
DATA = Path(__file__).parent.parent / "collectors" / "data"
READY = "{at} UTC [1] LOG:  database system is ready to accept connections"
SHUTDOWN = "{at} UTC [48] LOG:  received fast shutdown request"
EARLY, AT, LATE = "2026-01-01 10:00:01.000", "2026-01-01 10:00:02.000", "2026-01-01 10:00:03.000"

_REFUSALS = [
    'connection to server at "{host}" (172.18.0.2), port 5432 failed: Connection refused',
    'psycopg.OperationalError: connection failed: connection to server at "172.18.0.2", port {port} failed: '
    "Connection refused",
    "psycopg2.OperationalError: could not connect to server: Connection refused",
    "sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: Connection refused",
    "OSError: [Errno 111] Connect call failed ('172.18.0.2', 5432)",
    "asyncpg.exceptions.CannotConnectNowError: the database system is starting up",
    "psycopg.OperationalError: FATAL:  the database system is not yet accepting connections",
    "dial tcp 172.29.0.2:5432: connect: connection refused",
    "Error: connect ECONNREFUSED 172.18.0.2:5432",
    "org.postgresql.util.PSQLException: Connection to {host}:{port} refused: Connection refused",
    "Error: P1001: Can't reach database server at `{host}:5432`",
]


@given(
    st.sampled_from(_REFUSALS),
    st.from_regex(r"[a-z][a-z0-9\-]{0,20}", fullmatch=True),
    st.integers(1024, 65535),
)
def test_any_clients_refusal_that_ends_the_service_is_likely(wording: str, host: str, port: int) -> None:
    log = wording.format(host=host, port=port) + "\nERROR:    Application startup failed. Exiting."
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert found.missing


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_what_uvicorn_really_prints_is_known(driver: str) -> None:
    found = find(evidence(app_log((DATA / f"refused-{driver}.log").read_text()), container(exit_code=3)))
    assert isinstance(found, Finding)
    assert found.evidence[0].fact == "log:app:3"


def test_a_database_that_is_ready_later_makes_it_certain() -> None:
    found = find(
        evidence(
            app_log(f"{AT}Z psycopg.OperationalError: connection failed: Connection refused"),
            container(exit_code=1),
            database_log(READY.format(at=LATE)),
        )
    )
    assert isinstance(found, Finding)
    assert (found.confidence, found.missing) == ("certain", ())
    assert [link.source for link in found.evidence] == [
        "log of app",
        "state of incidentlab-test-app",
        "log of database",
    ]


def test_the_temporary_server_of_a_new_data_directory_does_not_count_as_ready() -> None:
    server = "\n".join((READY.format(at=EARLY), SHUTDOWN.format(at="2026-01-01 10:00:01.500"), READY.format(at=LATE)))
    refused = app_log(f"{AT}Z psycopg.OperationalError: connection failed: Connection refused")
    found = find(evidence(refused, container(exit_code=1), database_log(server)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"


REFUSED = "psycopg.OperationalError: connection failed: Connection refused"


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ((app_log(f"{REFUSED}\nINFO:     Uvicorn running on http://0.0.0.0:8000"),), "log:app:2"),
        ((app_log(f'{REFUSED}\nINFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK'),), "log:app:2"),
        ((app_log(f"{REFUSED}\nINFO  [alembic.runtime.migration] Running upgrade  -> a, b"),), "log:app:2"),
        ((app_log(REFUSED), probe(200)), "probe:app"),
        ((app_log(REFUSED), container(health="healthy")), "container:app"),
        ((app_log(f"{AT}Z {REFUSED}"), database_log(READY.format(at=EARLY)), container(exit_code=1)), "log:database:1"),
    ],
    ids=["serves", "answers", "migrates", "probe", "healthy", "was ready before"],
)
def test_the_fact_that_rules_it_out_is_named(facts: tuple[object, ...], fact: str) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)
    assert said.fact == fact


@pytest.mark.parametrize(
    "text",
    [
        'psycopg.OperationalError: could not translate host name "db" to address: Name or service not known',
        "psycopg.OperationalError: [Errno -2] Name or service not known",
        'psycopg.OperationalError: connection to server failed: FATAL:  password authentication failed for user "app"',
        'psycopg.OperationalError: connection to server failed: FATAL:  database "app" does not exist',
        "psycopg.OperationalError: connection to server failed: FATAL:  sorry, too many clients already",
        "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.",
        "INFO:     Application startup complete.",
        "",
    ],
)
def test_other_troubles_of_a_connection_are_other_causes(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


@pytest.mark.parametrize(
    ("text", "root"),
    [
        (
            "2026-01-01 10:00:00.000 UTC [1] FATAL:  database files are incompatible with server",
            "data-directory-incompatible",
        ),
        (
            '2026-01-01 10:00:00.000 UTC [1] FATAL:  could not write lock file "postmaster.pid": No space left '
            "on device",
            "disk-full",
        ),
        (
            '2026-01-01 10:00:00.000 UTC [1] FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership',
            "data-directory-incompatible",
        ),
        ("2026-01-01 10:00:00.000 UTC [9] PANIC:  could not locate a valid checkpoint record", "data-corruption"),
        ("Error: Database is uninitialized and superuser password is not specified.", "missing-configuration"),
    ],
)
def test_a_server_that_cannot_start_at_all_is_the_root(text: str, root: str) -> None:
    facts = evidence(app_log(REFUSED), container(exit_code=1), database_log(text))
    found = find(facts)
    assert isinstance(found, Finding)
    assert found.confidence == "possible"
    first = diagnose(facts).findings[0]
    assert first.cause == root
    assert "database-not-ready" in [one.cause for one in first.explains]


def test_a_server_that_cannot_start_for_a_reason_of_its_own_is_no_question_of_waiting() -> None:
    text = '2026-01-01 10:00:00.000 UTC [1] FATAL:  unrecognized configuration parameter "shared_bufers"'
    assert find(evidence(app_log(REFUSED), container(exit_code=1), database_log(text))) is None


_DOWN = "2026-01-01 10:00:00.100 UTC [1] LOG:  database system is shut down"
_LOST = 'OperationalError: could not translate host name "db" to address: Name or service not known'


@pytest.mark.parametrize("client", [REFUSED, f"psycopg2.{_LOST}"])
@pytest.mark.parametrize(
    "reason",
    [
        'could not access file "vectors": No such file or directory',
        'logical replication slot "cdc" exists, but wal_level < logical',
        "could not load pg_hba.conf",
        'WAL archival cannot be enabled when wal_level is "minimal"',
    ],
)
def test_a_postmaster_that_ends_itself_is_named_whatever_its_reason(reason: str, client: str) -> None:
    set_up = "2026-01-01 09:59:59.000 UTC [48] LOG:  received fast shutdown request"
    text = f"{set_up}\n{_DOWN}\n2026-01-01 10:00:00.000 UTC [1] FATAL:  {reason}\n{_DOWN}"
    diagnosis = diagnose(evidence(app_log(client), database_log(text)))
    assert diagnosis.verdict == "inconclusive"
    told = next(one for one in diagnosis.missing if reason in one)
    assert told.startswith("The database server cannot start")


@pytest.mark.parametrize(
    "text",
    [
        f"2026-01-01 10:00:00.000 UTC [70] FATAL:  terminating connection due to administrator command\n{_DOWN}",
        "2026-01-01 10:00:00.000 UTC [1] LOG:  received fast shutdown request\n"
        f"2026-01-01 10:00:00.050 UTC [31] FATAL:  could not receive data from WAL stream\n{_DOWN}",
        f"2026-01-01 10:00:00.050 UTC [31] FATAL:  could not load pg_hba.conf\n{_DOWN}\n"
        "2026-01-01 10:00:09.000 UTC [1] LOG:  database system is ready to accept connections",
    ],
)
def test_a_server_that_was_stopped_or_came_up_later_can_start(text: str) -> None:
    found = find(evidence(app_log(REFUSED), container(exit_code=1), database_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence != "possible"


LOCAL = 'web-1  | psycopg2.OperationalError: connection to server at "::1", port 5432 failed: Connection refused'


@pytest.mark.parametrize(
    "text",
    [
        LOCAL,
        "api_1  | Error: connect ECONNREFUSED 127.0.0.1:5432",
        "web-1  | Error: P1001: Can't reach database server at `localhost`:`5432`",
        "web-1  | org.postgresql.util.PSQLException: Connection to localhost:5432 refused. Check that the "
        "hostname and port "
        "are correct and that the postmaster is accepting TCP/IP connections.",
    ],
)
def test_a_container_that_asks_itself_waits_in_vain(text: str) -> None:
    facts = evidence(app_log(text))
    assert find(facts) is None
    assert [one.cause for one in diagnose(facts).findings] == ["missing-configuration"]


def test_a_machine_that_asks_itself_may_be_early() -> None:
    text = 'psql: error: connection to server at "localhost" (::1), port 5437 failed: Connection refused'
    assert isinstance(find(evidence(app_log(f"{text}\nmake: *** [Makefile:12: db] Error 2"))), Finding)


def test_an_image_with_its_own_server_may_be_early() -> None:
    log = f"""{LOCAL}
web-1 exited with code 1
web-1  | 2026-01-01 10:00:00.000 UTC [1] LOG:  database system is ready to accept connections"""
    assert isinstance(find(evidence(app_log(log))), Finding)


def test_success_of_another_service_settles_nothing() -> None:
    log = f'migrate-1  | {REFUSED}\nmigrate-1 exited with code 1\nweb-1  | INFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK'
    assert isinstance(find(evidence(app_log(log))), Finding)


def test_advice_within_a_message_is_no_success() -> None:
    log = (
        "Error: P1001: Can't reach database server at `db`\n\nPlease make sure your database server is running at `db`."
    )
    assert isinstance(find(evidence(app_log(log))), Finding)


def test_only_the_server_speaks_and_never_gets_ready() -> None:
    starting = "2026-01-01 10:00:01.000 UTC [33] FATAL:  the database system is starting up"
    found = find(evidence(database_log(starting)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"
    assert find(evidence(database_log(f"{starting}\n{READY.format(at=LATE)}"))) is None


def test_the_mend_names_the_services_of_the_compose_file() -> None:
    services = (ComposeService("shop", depends_on=(Dependency("pg"),), path="compose.yaml"), ComposeService("pg"))
    facts = dataclasses.replace(evidence(app_log(REFUSED)), compose=(ComposeFacts("compose:x", services=services),))
    found = find(facts)
    assert isinstance(found, Finding)
    assert "let shop wait" in found.mend[1].text
    assert "{pg: {condition: service_healthy}}" in found.mend[1].text


def test_a_skipped_migration_hangs_beneath_it() -> None:
    log = f"""==> Running database migrations...
{REFUSED}
==> Starting backend (port 4000)...
psycopg.errors.UndefinedTable: relation "tasks" does not exist
ERROR:    Application startup failed. Exiting."""
    (root,) = diagnose(evidence(app_log(log))).findings
    assert root.cause == "database-not-ready"
    assert [one.cause for one in root.explains] == ["migrations-not-applied"]


def test_a_missing_table_shows_that_the_database_answered_in_the_end() -> None:
    log = f"""{REFUSED}
waiting for the server
psycopg.errors.UndefinedTable: relation "tasks" does not exist
ERROR:    Application startup failed. Exiting."""
    diagnosis = diagnose(evidence(app_log(log)))
    assert [one.cause for one in diagnosis.findings] == ["migrations-not-applied"]
    assert [one.cause for one in diagnosis.ruled_out] == ["database-not-ready"]


_GIVES_UP = (
    "api-1 | django.db.utils.OperationalError: FATAL:  the database system is starting up\napi-1 exited with code 1"
)
_LISTENS = f'db-1  | {EARLY} UTC [1] LOG:  listening on IPv4 address "0.0.0.0", port 5432'
_TURNED_AWAY = f"db-1  | {EARLY} UTC [31] FATAL:  the database system is starting up"
_READY = f"db-1  | {READY.format(at=LATE)}"
_UNTIMED = (
    'api-1 | psycopg2.OperationalError: connection to server at "db" (10.0.0.2), port 5432 failed: Connection refused\n'
    "api-1 exited with code 1"
)


def test_the_servers_own_log_shows_that_it_was_ready_later_where_the_service_has_no_times() -> None:
    found = find(evidence(app_log("\n".join((_TURNED_AWAY, _GIVES_UP, _READY)))))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "Only afterwards" in found.evidence[-1].claim


@pytest.mark.parametrize("lines", [(_UNTIMED, _READY), (_GIVES_UP, _READY)], ids=["refused", "not turned away in view"])
def test_the_order_of_two_services_lines_is_shown_and_proves_less(lines: tuple[str, ...]) -> None:
    found = find(evidence(app_log("\n".join(lines))))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert "Further down" in found.evidence[-1].claim
    assert found.missing[0].startswith("The service's lines have no times")


def test_a_server_that_was_ready_before_the_end_is_not_called_late() -> None:
    found = find(evidence(app_log(f"{_READY}\n{_UNTIMED}")))
    assert isinstance(found, Finding)
    assert not any("ready" in link.claim for link in found.evidence)


def test_a_line_before_a_refusal_without_a_time_shows_that_it_came_after_the_server_was_ready() -> None:
    start = "api-1 | 2026-01-01T10:09:00Z INFO starting\n"
    said = find(evidence(app_log(f"{_READY}\n{start}{_UNTIMED}")))
    assert isinstance(said, RuledOut)
    assert "address or the port" in said.why


@pytest.mark.parametrize(
    "refused",
    [
        'psycopg2.OperationalError: connection to server at "db" (172.18.0.2), port 5433 failed: Connection refused',
        "org.postgresql.util.PSQLException: Connection to db:5433 refused. Check that the hostname is correct",
        "Error: P1001: Can't reach database server at `db`:`5433`",
    ],
)
def test_another_port_than_the_servers_is_no_question_of_waiting(refused: str) -> None:
    said = find(evidence(app_log(f"{_LISTENS}\napi-1 | {refused}\napi-1 exited with code 1\n{_READY}")))
    assert isinstance(said, RuledOut)
    assert "at port 5433, and the server there listens at 5432" in said.why


def test_the_port_of_a_pooler_in_between_is_not_the_servers() -> None:
    refused = (
        'psycopg2.OperationalError: connection to server at "pooler" (172.18.0.9), port 6432 failed: Connection refused'
    )
    assert isinstance(find(evidence(app_log(f"{_LISTENS}\napi-1 | {refused}\napi-1 exited with code 1"))), Finding)


@pytest.mark.parametrize("before", ["\t", " "])
def test_older_clients_name_the_host_in_the_next_lines(before: str) -> None:
    log = (
        "api-1 | sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) could not connect to server: Connection "
        f'refused\napi-1 | {before}Is the server running on host "127.0.0.1" and accepting\n'
        f"api-1 | {before}TCP/IP connections on port 5432?\napi-1 exited with code 1\n{_READY}"
    )
    assert diagnose(evidence(app_log(log))).findings[0].cause == "missing-configuration"
