"""Names that lead nowhere, those that were late, and those that are somebody else's."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, container, database, database_log, evidence, probe

find = causes.get("host-not-found").find
LOST = 'psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known'

_STACKS = [
    LOST,
    "web_1  | " + LOST + "\nweb_1 exited with code 1",
    "psycopg.OperationalError: failed to resolve host 'db': [Errno -3] Temporary failure in name resolution",
    "api | Error: getaddrinfo ENOTFOUND db\napi |     at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:107:26)",
    "[MASTER] error: Database Initialization Error: getaddrinfo EAI_AGAIN db",
    "panic: dial tcp: lookup db on 127.0.0.11:53: no such host",
    "failed to connect to `host=db user=app database=app`: hostname resolving error (lookup db: no such host)",
    "HikariPool-1 - Exception during pool initialization: java.net.UnknownHostException: db",
    "** (DBConnection.ConnectionError) tcp connect (db:5432): non-existing domain - :nxdomain",
    'SQLSTATE[08006] [7] could not translate host name "db" to address: Try again',
    'PG::ConnectionBad: could not translate host name "db" to address: No address associated with hostname',
    "error communicating with database: failed to lookup address information: Name or service not known",
]


@pytest.mark.parametrize("text", _STACKS)
def test_every_resolvers_words_are_likely(text: str) -> None:
    diagnosis = diagnose(evidence(app_log(text)))
    assert [(one.cause, one.confidence) for one in diagnosis.findings] == [("host-not-found", "likely")]
    assert diagnosis.findings[0].missing


def test_a_bare_traceback_of_asyncio_is_enough() -> None:
    text = """Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/asyncpg/connect_utils.py", line 931, in _connect_addr
    infos = await self._ensure_resolved(
socket.gaierror: [Errno -2] Name or service not known

ERROR:    Application startup failed. Exiting."""
    found = find(evidence(app_log(text), container(exit_code=3)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_a_host_with_its_port_is_told_as_such() -> None:
    found = find(
        evidence(app_log('pg_dump: could not translate host name "db:5432" to address: Name does not resolve'))
    )
    assert isinstance(found, Finding)
    assert "db:5432" in found.summary
    assert "db alone" in found.mend[0].text


def _project(*services: ComposeService) -> ComposeFacts:
    return ComposeFacts("compose:shop", "shop", ("compose.yaml",), services, command="docker compose config")


def _with(facts: Evidence, project: ComposeFacts) -> Evidence:
    return dataclasses.replace(facts, compose=(project,))


ENDED = app_log(f"web-1  | {LOST}\nweb-1 exited with code 1")


def test_the_compose_file_makes_it_certain() -> None:
    found = find(_with(evidence(ENDED), _project(ComposeService("web"), ComposeService("postgres"))))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert [link.fact for link in found.evidence][:2] == ["log:app:1", "compose:shop"]


def test_two_networks_make_it_certain_and_a_shared_one_does_not() -> None:
    web, apart = ComposeService("web", networks=("front",)), ComposeService("db", networks=("back",))
    found = find(_with(evidence(ENDED), _project(web, apart)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "share no network" in found.summary
    joined = find(_with(evidence(ENDED), _project(web, ComposeService("db", networks=("front", "back")))))
    assert isinstance(joined, Finding)
    assert joined.confidence == "likely"


def test_a_database_that_died_takes_its_name_with_it() -> None:
    log = app_log(
        """db-1   | Error: Database is uninitialized and superuser password is not specified.
db-1 exited with code 1
web-1  | panic: dial tcp: lookup db on 127.0.0.11:53: no such host"""
    )
    (root,) = diagnose(evidence(log)).findings
    assert root.cause == "missing-configuration"
    assert [(one.cause, one.confidence) for one in root.explains] == [("host-not-found", "possible")]


def test_a_name_unknown_to_this_machine_is_only_possible() -> None:
    asked = dataclasses.replace(database(reachable=False), error='could not translate host name "db" to address')
    found = find(evidence(asked))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ((app_log("nc: bad address 'db'\nPostgreSQL is up\n  No migrations to apply."),), "log:app:3"),
        ((app_log(f'{LOST}\nINFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK'),), "log:app:2"),
        ((app_log(LOST), probe(200)), "probe:app"),
    ],
    ids=["waited for it", "answers", "probe"],
)
def test_a_name_that_was_found_later_is_ruled_out(facts: tuple[object, ...], fact: str) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)
    assert said.fact == fact


def test_success_of_another_service_settles_nothing() -> None:
    log = app_log(f'api-1  | {LOST}\nweb-1  | INFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK')
    assert isinstance(find(evidence(log)), Finding)


@pytest.mark.parametrize(
    "text",
    [
        "redis.exceptions.ConnectionError: Error -2 connecting to redis:6379. Name or service not known.",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries "
        "exceeded "
        "(Caused by NameResolutionError('Temporary failure in name resolution'))",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution: smtp.example.com",
        'psycopg2.OperationalError: could not translate host name "None" to address: Name or service not known',
        'connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused',
        "pip: Retrying after connection broken: Failed to establish a new connection: [Errno -2] https://packages.example/simple",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


def test_the_servers_own_lines_are_not_this_cause() -> None:
    text = '2026-01-01 10:00:00.000 UTC [9] LOG:  could not translate host name "x", service "5432" to address'
    assert find(evidence(database_log(text))) is None


def test_a_misspelt_name_is_guessed_and_looked_up_where_the_dead_container_was() -> None:
    web = dataclasses.replace(
        container("shop_web_1", exit_code=3), service="web", image="shop/web:1", networks=("shop_default",)
    )
    shop = _project(ComposeService("db"), ComposeService("web"))
    found = find(_with(evidence(app_log("web  | " + LOST.replace('"db"', '"bd"')), web), shop))
    assert isinstance(found, Finding)
    assert found.summary.endswith("Perhaps db is meant.")
    wanted = "docker run --rm --network shop_default --entrypoint getent shop/web:1 hosts bd"
    assert wanted in [mend.text for mend in found.mend]


def test_a_look_that_found_no_host_asks_for_that_one() -> None:
    error = 'could not translate host name "nowhere" to address: Name or service not known'
    found = find(evidence(dataclasses.replace(database(reachable=False), error=error)))
    assert isinstance(found, Finding)
    assert found.mend[1].text.endswith("getent hosts nowhere")


@pytest.mark.parametrize(
    "text",
    [
        'nginx: [emerg] host not found in upstream "webapp" in /etc/nginx/nginx.conf:31',
        "[error] 22#22: *1 webapp could not be resolved (3: Host not found), client: 10.0.0.2",
        "2026/01/05 10:00:00 [ERROR 502 /api] dial tcp: lookup webapp on 127.0.0.11:53: no such host",
        'msg="reverse proxy" err="dial tcp: lookup db-admin on 127.0.0.11:53: no such host"',
        "Faraday::ConnectionFailed (Failed to open TCP to finder:9200 (getaddrinfo: Name or service not known))",
        "AxiosError: getaddrinfo ENOTFOUND db-gateway",
        "HTTPConnectionPool(host='db-api', port=80): Max retries exceeded (Name or service not known)",
        "dial tcp: lookup stats on 127.0.0.11:53: no such host",
        "socket.gaierror: [Errno -2] Name or service not known",
        "Error: getaddrinfo ENOTFOUND orders\n    at /srv/node_modules/got/index.js:45:11",
        "connecting to the database\nconnected\nconnecting to nats\ndial tcp: lookup bus: no such host",
        "opening the database pool\nError connecting to bus:4222: Name or service not known",
    ],
)
def test_a_name_that_nothing_ties_to_a_database_is_no_incident_of_one(text: str) -> None:
    assert diagnose(evidence(app_log(text))).verdict == "inconclusive"


@pytest.mark.parametrize(
    "text",
    [
        "Connecting to the database …\nsocket.gaierror: [Errno -2] Name or service not known",
        "jobs  | opening a pool at postgresql://shop@orders\njobs  | dial tcp: lookup orders: no such host",
        "java.net.UnknownHostException: orders_db",
        "com.zaxxer.hikari.pool.HikariPool: java.net.UnknownHostException: orders",
        "dial tcp: lookup db2 on 127.0.0.11:53: no such host",
        "sqlx: failed to lookup address information: Name or service not known",
        "Error: getaddrinfo EAI_AGAIN base\n    at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:118:26)",
        "Unhandled exception. System.Net.Sockets.SocketException (11): Name or service not known\n"
        "   at System.Net.Dns.GetHostEntryOrAddressesCore(String hostName)\n"
        "--- End of stack trace from previous location ---\n"
        "   at Npgsql.Internal.NpgsqlConnector.ConnectAsync(NpgsqlTimeout timeout)",
        "Error: getaddrinfo ENOTFOUND orders\n    at /srv/node_modules/pg-pool/index.js:45:11",
    ],
)
def test_a_driver_a_name_or_what_was_said_right_before_ties_it(text: str) -> None:
    assert [one.cause for one in diagnose(evidence(app_log(text))).findings] == ["host-not-found"]


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        ("   at Npgsql.Internal.NpgsqlConnector.ConnectAsync(NpgsqlTimeout timeout)", True),
        ("   at StackExchange.Redis.ConnectionMultiplexer.Connect(String configuration)", False),
    ],
    ids=["npgsql", "redis"],
)
def test_the_driver_in_the_stack_says_whose_name_was_not_known(frame: str, found: bool) -> None:
    text = f"Unhandled exception. System.Net.Sockets.SocketException (11): Name or service not known\n{frame}"
    assert isinstance(find(evidence(app_log(text))), Finding) == found


@pytest.mark.parametrize("code", ["EAI_AGAIN", "ENOTFOUND"])
def test_a_url_that_node_cannot_read_leads_to_the_name_base(code: str) -> None:
    found = find(evidence(app_log(f"api-1  | Error: getaddrinfo {code} base\napi-1  | npm error code 1")))
    assert isinstance(found, Finding)
    assert "cannot read the URL" in found.summary
    assert "%40" in found.mend[1].text
    assert find(evidence(app_log(f"api-1  | Error: getaddrinfo {code} baseline"))) is None


def test_nobody_asks_whether_a_server_ran_that_says_why_it_cannot() -> None:
    server = "db-1 | 2026-01-01 10:00:00.000 UTC [1] FATAL:  database files are incompatible with server"
    client = (
        'api-1 | psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known'
    )
    diagnosis = causes.diagnose(evidence(app_log(f"{server}\n{client}\napi-1 exited with code 1")))
    assert diagnosis.findings[0].explains[0].cause == "host-not-found"
    assert not any("container ran" in one for one in diagnosis.missing)
