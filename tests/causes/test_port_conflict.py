"""Ports that are taken for good, and ports that were free at the next attempt."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database_log, evidence, probe

find = causes.get("port-conflict").find
DATA = Path(__file__).parent.parent / "collectors" / "data"

_BY_PROGRAM = [
    "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', {port}): address already in use",
    "ERROR:    [Errno 48] error while attempting to bind on address ('::1', {port}, 0, 0): address already in use",
    "[2026-01-01 10:00:00 +0000] [7] [ERROR] Connection in use: ('0.0.0.0', {port})",
    "Error: listen EADDRINUSE: address already in use :::{port}",
    "2026/01/01 10:00:00 listen tcp :{port}: bind: address already in use",
    "Web server failed to start. Port {port} was already in use.",
    'Address already in use - bind(2) for "0.0.0.0" port {port} (Errno::EADDRINUSE)',
    "nginx: [emerg] bind() to 0.0.0.0:{port} failed (98: Address already in use)",
    "Port {port} is in use by another program. Either identify and stop that program, or start the server elsewhere.",
]
_BY_ENGINE = [
    "Error response from daemon: driver failed programming external connectivity on endpoint app (0a1b): "
    "Bind for 0.0.0.0:{port} failed: port is already allocated",
    "ERROR: for db  Cannot start service db: Error starting userland proxy: listen tcp4 0.0.0.0:{port}: "
    "bind: address already in use",
    "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:{port} -> 0.0.0.0:0: listen tcp "
    "0.0.0.0:{port}: bind: Only one usage of each socket address (protocol/network address/port) is normally "
    "permitted.",
    "Error response from daemon: failed to set up container networking: Bind for 127.0.0.1:{port} failed: "
    "port is already allocated",
    "Error: rootlessport listen tcp 0.0.0.0:{port}: bind: address already in use",
    "Error response from daemon: failed to set up container networking: driver failed programming external "
    "connectivity on "
    "endpoint db (0a1b): failed to bind host port 0.0.0.0:{port}/tcp: address already in use",
]
_PORTS = st.integers(10, 65535)


@given(st.sampled_from(_BY_PROGRAM), _PORTS)
def test_a_programs_word_is_likely_and_with_its_end_certain(wording: str, port: int) -> None:
    log = app_log(wording.format(port=port))
    alone, dead = find(evidence(log)), find(evidence(log, container(exit_code=1)))
    assert isinstance(alone, Finding)
    assert isinstance(dead, Finding)
    assert (alone.confidence, dead.confidence) == ("likely", "certain")
    assert f"port {port}," in alone.summary
    assert alone.missing
    assert ("lsof" if "Errno 48" in wording else "ss") == dead.mend[0].text.split()[0]
    assert f":{port}" in dead.mend[0].text


@given(st.sampled_from(_BY_ENGINE), _PORTS)
def test_the_engines_word_is_certain_in_a_log_and_in_a_container(wording: str, port: int) -> None:
    said = wording.format(port=port)
    for facts in (app_log(said), container(status="created", error=said)):
        found = find(evidence(facts))
        assert isinstance(found, Finding)
        assert found.confidence == "certain"
        assert f"port {port}," in found.summary


def test_what_uvicorn_really_prints_is_certain_although_startup_was_complete() -> None:
    text = (DATA / "port-taken.log").read_text()
    assert "Application startup complete." in text
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert found.evidence[0].line == 4


TAKEN = _BY_PROGRAM[2].format(port=8000)


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        (
            (app_log(f"{TAKEN}\n[2026-01-01 10:00:01 +0000] [7] [INFO] Listening at: http://0.0.0.0:8000 (7)"),),
            "log:app:2",
        ),
        (
            (
                database_log(
                    '2026-01-01 10:00:00.000 UTC [1] LOG:  could not bind IPv6 address "::1": Address already in use\n'
                    "2026-01-01 10:00:00.100 UTC [1] LOG:  database system is ready to accept connections"
                ),
            ),
            "log:database:2",
        ),
        ((app_log(TAKEN), probe()), "probe:app"),
    ],
    ids=["tried again", "another address", "serves"],
)
def test_the_fact_that_rules_it_out_is_named(facts: tuple[object, ...], fact: str) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)
    assert said.fact == fact


def test_another_service_that_serves_settles_nothing() -> None:
    log = f"api-1  | {TAKEN}\nweb-1  | [2026-01-01 10:00:01 +0000] [7] [INFO] Listening at: http://0.0.0.0:80 (7)"
    assert isinstance(find(evidence(app_log(log))), Finding)


SCHEDULER = (
    "Warning  FailedScheduling  3s  default-scheduler  0/3 nodes are available: 3 node(s) didn't have free ports "
)
SERVER = (
    'db-1  | 2026-01-01 10:00:00.000 UTC [1] LOG:  could not bind IPv4 address "0.0.0.0": Address already in use\n'
    "db-1  | 2026-01-01 10:00:00.000 UTC [1] HINT:  Is another postmaster already running on port 6543? If not, wait "
    "a few seconds and retry.\ndb-1  | 2026-01-01 10:00:00.000 UTC [1] FATAL:  could not create any TCP/IP sockets"
)


@pytest.mark.parametrize(
    ("log", "first", "not_a_word_of"),
    [
        (f"kubectl describe pod pets-0\n{SCHEDULER}for the requested pod ports.", "kubectl get pods", "docker"),
        ("web-1  | Error: That port is already in use.", "ss -ltnp", "8000"),
        ("web-1  | Error: That port is already in use.", "ss -ltnp", "publish="),
        ("podman run pets\nError: rootlessport listen tcp 0.0.0.0:5000: bind: address already in use",
         "ss -ltnp 'sport = :5000'", "docker"),
        ("C:\\pets> .\\run.bat\nlisten tcp 0.0.0.0:7070: bind: Only one usage of each socket address (protocol/network "
         "address/port) is normally permitted.", "netstat -ano | findstr :7070", "ss -"),
        ("Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:5432 -> 127.0.0.1:0: listen "
         "tcp 0.0.0.0:5432: bind: address already in use", "lsof -nP -sTCP:LISTEN -iTCP:5432", "ss -"),
        (SERVER, "ss -ltnp 'sport = :6543'", "8000"),
    ],
)  # fmt: skip
def test_the_holder_is_found_with_the_systems_own_tool_and_no_port_is_made_up(
    log: str, first: str, not_a_word_of: str
) -> None:
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.mend[0].text.startswith(first)
    assert not_a_word_of not in "\n".join(mend.text for mend in found.mend)


def test_a_server_without_a_port_explains_its_refusals() -> None:
    log = """db-1   | 2026-01-01 10:00:00.000 UTC [1] LOG:  could not bind IPv4 address "::": Address already in use
db-1   | 2026-01-01 10:00:00.000 UTC [1] FATAL:  could not create any TCP/IP sockets
db-1 exited with code 1
web-1  | psycopg.OperationalError: connection failed: Connection refused"""
    (root,) = diagnose(evidence(app_log(log))).findings
    assert root.cause == "port-conflict"
    assert [one.cause for one in root.explains] == ["database-not-ready"]


@pytest.mark.parametrize(
    "text",
    [
        "OSError: [Errno 99] error while attempting to bind on address ('10.0.0.9', 8000): cannot assign requested",
        "PermissionError: [Errno 13] error while attempting to bind on address ('0.0.0.0', 80): permission denied",
        "psycopg.OperationalError: connection to server at port 5432 failed: Connection refused",
        'ERROR:  database "app" is being accessed by other users',
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


NO_SOCKET = (
    '2026-01-01 10:00:00.000 UTC [1] LOG:  could not bind IPv4 address "0.0.0.0": Address already in use\n'
    "2026-01-01 10:00:00.001 UTC [1] FATAL:  could not create any TCP/IP sockets\n"
    "2026-01-01 10:00:00.002 UTC [1] LOG:  database system is shut down"
)
REFUSED = 'FATAL:  password authentication failed for user "shop"'


@pytest.mark.parametrize(
    "taken",
    [
        "\n".join(f"db-1   | {line}" for line in NO_SOCKET.split("\n")),
        "Error response from daemon: driver failed programming external connectivity on endpoint db (0a1b): "
        "Bind for 0.0.0.0:5432 failed: port is already allocated",
        "Error response from daemon: Ports are not available: exposing port TCP 127.0.0.1:15432 -> 0.0.0.0:0: listen "
        "tcp 127.0.0.1:15432: bind: address already in use",
    ],
    ids=["server", "docker", "docker on another port"],
)
def test_whoever_holds_the_port_refuses_the_login(taken: str) -> None:
    port = 15432 if "15432" in taken else 5432
    client = f'web-1  | connection to server at "localhost" (127.0.0.1), port {port} failed: {REFUSED}'
    judged = diagnose(evidence(app_log(f"{taken}\n{client}")))
    assert [(one.cause, one.confidence) for one in judged.findings] == [("port-conflict", "certain")]
    assert "Whoever holds the port" in judged.findings[0].evidence[-1].claim
    assert "bad-credentials" in [one.cause for one in judged.ruled_out]
    assert "volumes" not in " ".join(mend.text for mend in judged.findings[0].mend)


@pytest.mark.parametrize(
    ("taken", "client"),
    [
        ("Error response from daemon: Bind for 0.0.0.0:8000 failed: port is already allocated", f"web-1  | {REFUSED}"),
        ("Error response from daemon: Bind for 0.0.0.0:5432 failed: port is already allocated",
         f'web-1  | connection to server at "db" (172.18.0.2), port 5432 failed: {REFUSED}'),
        (NO_SOCKET, f"2026-01-01 10:01:00.000 UTC [1] LOG:  database system is ready to accept connections\n{REFUSED}"),
        (REFUSED, NO_SOCKET),
    ],
    ids=["another port", "the container's own", "the server started again", "refused before"],
)  # fmt: skip
def test_a_server_that_listens_refuses_for_itself(taken: str, client: str) -> None:
    judged = diagnose(evidence(app_log(f"{taken}\n{client}")))
    assert "bad-credentials" in [one.cause for one in judged.findings]


def test_whoever_holds_the_port_lacks_the_database() -> None:
    client = 'web-1  | psycopg.OperationalError: connection failed: FATAL:  database "shop" does not exist'
    judged = diagnose(evidence(app_log(f"{NO_SOCKET}\n{client}")))
    assert [one.cause for one in judged.findings] == ["port-conflict"]
    assert "database-missing" in [one.cause for one in judged.ruled_out]
