"""What is wrong with a certificate decides who has to do what; it is seldom the authority alone."""

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding
from incidentlab.testing import app_log, container, evidence

find = causes.get("tls-mismatch").find
LIBPQ = 'psycopg.OperationalError: connection to server at "pets.internal" (10.4.0.9), port 6432 failed: '
NET = (
    "web-1  | Unhandled exception. Npgsql.NpgsqlException (0x80004005): Exception while performing SSL handshake\n"
    "web-1  |  ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid {why}\n"
    "web-1  |    at Npgsql.Internal.NpgsqlConnector.RawOpen(SslMode sslMode)\nweb-1 exited with code 134"
)


def _found(log: str) -> Finding:
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding), log
    return found


def _mends(found: Finding) -> str:
    return "\n".join(f"{mend.text} {mend.why}" for mend in found.mend)


@pytest.mark.parametrize(
    "log",
    [
        f"{LIBPQ}SSL error: certificate verify failed: certificate has expired",
        "connecting to postgres\nError: certificate has expired\n    at TLSSocket.onConnectSecure {\n"
        "  code: 'CERT_HAS_EXPIRED'\n}",
        "pq: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time",
        NET.format(why="because of errors in the certificate chain: NotTimeValid"),
    ],
)
def test_a_certificate_that_has_run_out_is_renewed_on_the_server(log: str) -> None:
    found = _found(log)
    assert "has run out" in found.summary
    assert "Renew the server's certificate" in found.mend[0].text
    assert "sslrootcert" not in _mends(found)


def test_who_found_it_run_out_is_cited_before_the_alert_that_the_server_got() -> None:
    server = (
        "db-1  | 2025-03-01 00:00:01.000 UTC [9] LOG:  could not accept SSL connection: sslv3 alert bad certificate"
    )
    client = f"web-1  | {LIBPQ}SSL error: certificate verify failed: certificate has expired"
    first, second, *_ = _found(f"{server}\n{client}").evidence
    assert (first.line, "has expired" in first.quote, second.line) == (2, True, 1)
    assert _found(server).evidence[0].line == 1  # the alert alone is all there is


def test_another_name_is_named_and_the_server_is_asked_for_the_ones_that_it_has() -> None:
    found = _found(f'{LIBPQ}server certificate for "db-a.pets.lan" (and 1 other name) does not match host name "pets"')
    assert "(db-a.pets.lan)" in found.summary
    assert found.mend[0].text.endswith("in the certificate: db-a.pets.lan.")
    assert "-connect pets.internal:6432 " in found.mend[2].text
    go = _found("pgx: 10.3.1.20:5433 (pets): tls error: x509: certificate is valid for a.pets, b.pets, not pets")
    assert "(a.pets, b.pets)" in go.summary
    assert "-connect 10.3.1.20:5433 " in go.mend[2].text
    assert "another name" in _found(NET.format(why="by the validation: RemoteCertificateNameMismatch")).summary


def test_a_home_of_another_user_is_no_matter_of_authorities() -> None:
    found = _found(f'{LIBPQ}could not open certificate file "/home/ann/.postgresql/postgresql.crt": Permission denied')
    assert "/home/ann/.postgresql/postgresql.crt" in found.summary
    assert "PGSSLCERT" in _mends(found)
    assert "sslmode=require" not in _mends(found)


def test_the_systems_list_of_authorities_has_to_be_in_the_image() -> None:
    log = f"+ psql postgresql://ann@pets.internal/pets?sslrootcert=system\n{LIBPQ}SSL error: certificate verify failed"
    found = _found(log)
    assert "ca-certificates" in found.mend[0].text
    assert "sslmode=require" not in _mends(found)  # libpq refuses it beside sslrootcert=system
    assert "ca-certificates" not in _mends(_found(f"{LIBPQ}SSL error: certificate verify failed"))


def test_dotnets_inner_exception_is_cited_and_its_own_words_are_given() -> None:
    found = _found(NET.format(why="because of errors in the certificate chain: UntrustedRoot"))
    assert (found.evidence[0].line, "UntrustedRoot" in found.evidence[0].quote) == (2, True)
    assert "Root Certificate=" in found.mend[0].text
    assert "sslrootcert" not in _mends(found)


@pytest.mark.parametrize(
    ("log", "whose"),
    [
        (f"{LIBPQ}SSL error: sslv3 alert certificate expired", "the certificate that the client shows"),
        (f"{LIBPQ}SSL error: tlsv1 alert unknown ca", "the certificate that the client shows"),
        ("db-1  | 2025-03-01 00:00:01 UTC [9] LOG:  could not accept SSL connection: certificate verify failed\n"
         "db-1  | 2025-03-01 00:00:01 UTC [9] DETAIL:  Client certificate verification failed at depth 0: certificate "
         "has expired.", "the certificate that the client shows"),
        ("db-1  | 2025-03-01 00:00:01 UTC [9] LOG:  could not accept SSL connection: certificate verify failed",
         "the certificate that the client shows"),
        ('FATAL:  could not load server certificate file "server.crt": No such file or directory', "server.crt"),
    ],
)  # fmt: skip
def test_an_alert_that_a_client_reads_is_about_its_own_certificate(log: str, whose: str) -> None:
    found = find(evidence(app_log(log), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert whose in found.summary
    assert "authority" not in found.mend[0].text
