"""Encryption that one side wants and the other has not, and other troubles of a connection."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database, evidence

find = causes.get("tls-mismatch").find
PLAIN = 'no pg_hba.conf entry for host "10.0.21.17", user "app", database "app", no encryption'
DENIED_TWICE = (
    'psycopg2.OperationalError: connection to server at "db" (10.0.0.5), port 5432 failed: FATAL:  no '
    "pg_hba.conf entry for "
    'host "10.0.21.17", user "app", database "app", SSL encryption\n'
    f'connection to server at "db" (10.0.0.5), port 5432 failed: FATAL:  {PLAIN}'
)


@pytest.mark.parametrize(
    "text",
    [
        f"error: {PLAIN}",
        f"api-1  | pq: {PLAIN}",
        'panic: pq: no pg_hba.conf entry for host "fd00:beef::169", user "postgres", database "postgres", SSL off',
        '  "message": "no pg_hba.conf entry for host \\"10.0.2.1\\", user \\"app\\", database \\"app\\", SSL off",',
        'FATAL:  pg_hba.conf rejects connection for host "10.0.2.1", user "app", database "app", no encryption',
        'psycopg2.OperationalError: connection to server at "db" (172.18.0.2), port 5432 failed: server '
        "does not support SSL, "
        "but SSL was required",
        "Error: The server does not support SSL connections",
        "pq: SSL is not enabled on the server",
        "failed to connect to `host=db user=app database=app`: tls error (server refused TLS connection)",
        'ConnectionError: PostgreSQL server at "db:5432" rejected SSL upgrade',
        "org.postgresql.util.PSQLException: The server does not support SSL.",
        "** (Postgrex.Error) ssl not available",
        "Error: P1011: Error opening a TLS connection: self signed certificate in certificate chain",
        "FATAL: SSL connection is required. Please specify SSL options and retry.",
        "TypeError: connect() got an unexpected keyword argument 'sslmode'",
        'psycopg.OperationalError: connection failed: connection to server at "10.0.0.5", port 5432 failed: SSL error: '
        "certificate verify failed",
        'psycopg2.OperationalError: root certificate file "/root/.postgresql/root.crt" does not exist',
        'psycopg2.OperationalError: server certificate for "db.internal" does not match host name "db"',
        "SequelizeConnectionError: self signed certificate in certificate chain",
        "connecting to database shop\nError: self-signed certificate in certificate chain\n"
        "    at TLSSocket.onConnectSecure (node:_tls_wrap:1600:34)",
        'FATAL:  could not load server certificate file "server.crt": No such file or directory',
    ],
)
def test_every_stacks_wording_is_likely_alone(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert found.mend
    assert found.missing


@pytest.mark.parametrize(
    "text",
    [
        "Error: The server does not support SSL connections",
        f"connecting to shop.abc.eu-west-1.rds.amazonaws.com\nerror: {PLAIN}",
        f"CONNECT: [host=db user=app sslmode=disable port=5432]\npq: {PLAIN}",
    ],
)
def test_the_programs_end_makes_it_certain(text: str) -> None:
    found = find(evidence(app_log(text), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"


def test_an_access_rule_alone_is_never_certain() -> None:
    found = find(evidence(app_log(f"pq: {PLAIN}"), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_a_certificate_of_nobody_knows_what_is_only_possible() -> None:
    found = find(evidence(app_log("Error: self-signed certificate in certificate chain"), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


def test_the_servers_setting_is_cited() -> None:
    off = dataclasses.replace(database(), settings={"ssl": "off"})
    found = find(evidence(app_log("pq: SSL is not enabled on the server"), off))
    assert isinstance(found, Finding)
    assert (found.confidence, found.evidence[-1].fact) == ("certain", off.id)


def test_asyncpgs_word_for_it_is_named() -> None:
    found = find(evidence(app_log("TypeError: connect() got an unexpected keyword argument 'sslmode'")))
    assert isinstance(found, Finding)
    assert "ssl=require" in found.mend[0].text


@pytest.mark.parametrize(
    "text",
    [
        "FATAL: SSL connection is required. Please specify SSL options and retry.",
        "api-1  | pgx: FATAL: TLS connection is required (SQLSTATE 28000)",
        "ERROR: connection is insecure (try using `sslmode=require`)",
        "asyncpg.exceptions.ProtocolViolationError: SSL required",
        "FATAL:  This RDS Proxy requires TLS connections",
    ],
)
def test_where_the_server_demands_it_the_client_is_to_encrypt(text: str) -> None:
    found = find(evidence(app_log(text), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "server takes encrypted connections only" in found.summary
    assert "sslmode=require" in found.mend[0].text
    assert not any("sslmode=disable" in mend.text for mend in found.mend)


@pytest.mark.parametrize(
    "text",
    [
        'connection to server at "db" (10.0.0.2), port 5432 failed: server does not support SSL, but SSL was required',
        "SSL connection requested. No SSL enabled connection from this host is configured.",
        "pq: SSL is not enabled on the server",
        "db error: error performing TLS handshake: server does not support TLS",
    ],
)
def test_where_the_client_demands_it_the_server_may_have_none(text: str) -> None:
    found = find(evidence(app_log(text), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert "sslmode=disable" in found.mend[0].text


def test_the_servers_own_key_is_made_private_and_no_client_is_bothered() -> None:
    text = (
        'db-1  | 2025-01-07 08:00:00.100 UTC [1] FATAL:  private key file "/tls/pg.key" has group or world access\n'
        "db-1  | 2025-01-07 08:00:00.101 UTC [1] LOG:  database system is shut down\n"
        "db-1 exited with code 1\n"
        'web-1  | psycopg.OperationalError: could not translate host name "db" to address: Name or service not known'
    )
    told = causes.diagnose(evidence(app_log(text)))
    assert [finding.cause for finding in told.findings] == ["tls-mismatch"]
    found = told.findings[0]
    assert found.confidence == "certain"
    assert "chown postgres /tls/pg.key && chmod 600 /tls/pg.key" in found.mend[0].text
    assert [below.cause for below in found.explains] == ["host-not-found"]
    assert not any("sslrootcert" in mend.text for mend in found.mend)


def test_a_clients_key_is_the_programs_own_and_a_missing_one_is_asked_for() -> None:
    key = 'psycopg2.OperationalError: private key file "/app/client.key" has group or world access; file must have …'
    found = find(evidence(app_log(key), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert "postgres" not in found.mend[0].text
    assert "The client" in found.summary
    none = find(evidence(app_log("error: connection requires a valid client certificate")))
    assert isinstance(none, Finding)
    assert "sslcert" in none.mend[0].text


def test_another_way_that_worked_rules_it_out() -> None:
    text = f'ERROR: {PLAIN}\nINFO:     Uvicorn running on http://0.0.0.0:8000\n10.0.0.1 - "GET / HTTP/1.1" 200 5'
    assert isinstance(find(evidence(app_log(text))), RuledOut)


@pytest.mark.parametrize(
    "text",
    [
        DENIED_TWICE,
        'FATAL:  no pg_hba.conf entry for host "10.0.21.17", user "app", database "app", SSL on',
        "psycopg2.OperationalError: SSL SYSCALL error: EOF detected",
        "psycopg2.OperationalError: SSL connection has been closed unexpectedly",
        "requests.exceptions.SSLError: HTTPSConnectionPool(host='api.example.com', port=443): certificate "
        "verify failed",
        "redis.exceptions.ConnectionError: Error 1 connecting to redis:6379. certificate verify failed",
        "LOG:  could not accept SSL connection: EOF detected",
        "LOG:  incomplete startup packet",
        'FATAL:  password authentication failed for user "app"',
        "x509: certificate signed by unknown authority (pulling https://registry.example.com/v2/)",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


def test_the_engines_trouble_with_a_registry_is_not_the_databases() -> None:
    said = "Error response from daemon: Get https://registry.example.com/v2/: x509: certificate has expired"
    assert find(evidence(container(status="created", error=said))) is None
