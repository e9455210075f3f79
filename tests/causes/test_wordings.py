"""Wordings of drivers and runtimes that say the same as better known ones, and near misses that do not."""

import pytest

from incidentlab.causes import diagnose
from incidentlab.testing import app_log, evidence

_SPRING = (
    "2026-01-05 10:00:00.611  WARN 1 --- [main] ServletWebServerApplicationContext : Exception encountered during "
    "context initialization - cancelling refresh attempt: org.springframework.beans.factory.BeanCreationException: "
)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            _SPRING + 'FlywayException: Found non-empty schema(s) "crm" but no schema history table.',
            "schema-created-outside-migrations",
        ),
        (
            "WARN  [io.qua.fly] Found non-empty schema(s) `crm` without schema history table! Use baseline()",
            "schema-created-outside-migrations",
        ),
        (_SPRING + 'PSQLException: ERROR: relation "crm_case" already exists', "schema-created-outside-migrations"),
        ("Error: error occurred while attempting to establish a TLS connection: unexpected EOF", "tls-mismatch"),
        ("sqlx::Error: invalid peer certificate: NotValidForName", "tls-mismatch"),
        ("tokio_postgres: error performing TLS handshake: certificate expired", "tls-mismatch"),
        ("pgx: x509: cannot validate certificate for 10.2.0.9 because it doesn't contain any IP SANs", "tls-mismatch"),
        ("  Environment variable not found: 'MAILER_DSN'.\n exited with code 1", "missing-configuration"),
        ("Unhandled exception. System.ArgumentException: Host can't be null", "missing-configuration"),
        ("System.ArgumentNullException: Value cannot be null. (Parameter 'connectionString')", "missing-configuration"),
        ("thread 'main' panicked: Os { code: 98, kind: AddrInUse, message: \"Address in use\" }", "port-conflict"),
        ("[emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address in use)", "port-conflict"),
        ("PHP Fatal error:  Allowed memory size of 268435456 bytes exhausted (tried to allocate 8 bytes)",
         "out-of-memory"),
    ],
)  # fmt: skip
def test_it_is_found(text: str, cause: str) -> None:
    assert [one.cause for one in diagnose(evidence(app_log(text))).findings] == [cause]


@pytest.mark.parametrize(
    "text",
    [
        'WARN  [db] relation "crm_case" already exists, nothing to do',
        "error sending request for url (https://api.example.org/): invalid peer certificate: UnknownIssuer",
        "System.ArgumentNullException: Value cannot be null. (Parameter 'customer')",
        "DEBUG every address in use was noted",
        "PHP Notice:  Allowed memory size raised to 512M",
    ],
)
def test_a_near_miss_is_nothing(text: str) -> None:
    assert diagnose(evidence(app_log(text))).findings == ()


def test_the_port_is_named_by_what_was_said_before() -> None:
    text = "INFO Starting http server at 0.0.0.0:7431\nError: Os { code: 98, kind: AddrInUse }\napi exited with code 1"
    (found,) = diagnose(evidence(app_log(text))).findings
    assert "7431" in found.summary
