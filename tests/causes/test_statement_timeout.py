"""Statements cancelled for their time, and those cancelled for another reason."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, database, database_log, evidence

find = causes.get("statement-timeout").find
CLIENT = """\
sqlalchemy.exc.OperationalError: (psycopg2.errors.QueryCanceled) canceling statement due to statement timeout

[SQL: SELECT * FROM benchmark_result WHERE run_id = %(run)s]"""
SERVER = (
    "2026-03-01 10:00:00.000 UTC [88] ERROR:  canceling statement due to statement timeout\n"
    "2026-03-01 10:00:00.000 UTC [88] STATEMENT:  SELECT * FROM benchmark_result"
)


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (CLIENT, "likely"),
        (SERVER, "likely"),
        ("django.db.utils.OperationalError: canceling statement due to statement timeout", "likely"),
        ("asyncpg.exceptions.QueryCanceledError: canceling statement due to statement timeout", "likely"),
        ("PG::QueryCanceled: ERROR:  canceling statement due to statement timeout", "likely"),
        (
            "error: canceling statement due to statement timeout { code: '57014', routine: 'ProcessInterrupts' }",
            "likely",
        ),
        ("api-1  | pq: canceling statement due to statement timeout", "likely"),
        (
            "psycopg.errors.IdleInTransactionSessionTimeout: terminating connection due to idle-in-transaction timeout",
            "likely",
        ),
        ("Error: Query read timeout", "possible"),
        ("System.TimeoutException: Timeout during reading attempt", "possible"),
        (
            "client #PID<0.8.0> timed out because it queued and checked out the connection for longer than 15000ms",
            "possible",
        ),
    ],
)
def test_every_wording_has_its_confidence(text: str, confidence: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == confidence


def test_both_sides_or_the_limit_make_it_certain_and_the_table_is_named() -> None:
    both = find(evidence(app_log(CLIENT), database_log(SERVER)))
    limited = dataclasses.replace(database(), settings={"statement_timeout": "30s"})
    known = find(evidence(app_log(CLIENT), limited))
    for found in (both, known):
        assert isinstance(found, Finding)
        assert found.confidence == "certain"
        assert "benchmark_result" in found.summary
    unlimited = dataclasses.replace(database(), settings={"statement_timeout": "0"})
    assert isinstance(alone := find(evidence(app_log(CLIENT), unlimited)), Finding)
    assert alone.confidence == "likely"


def test_in_a_migration_the_mend_gives_it_time() -> None:
    text = f"INFO  [alembic.runtime.migration] Running upgrade a -> b, index\n{CLIENT}"
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "statement_timeout=0" in found.mend[0].text


def test_a_statement_that_was_tried_again_with_success_is_no_incident() -> None:
    text = "WARNING canceling statement due to statement timeout, retrying (1/3)\nINFO retry succeeded"
    assert isinstance(find(evidence(app_log(text))), RuledOut)


@pytest.mark.parametrize(
    "text",
    [
        "psycopg2.errors.QueryCanceled: canceling statement due to user request",
        "asyncpg.exceptions.QueryCanceledError: canceling statement due to user request",
        "psycopg2.errors.LockNotAvailable: canceling statement due to lock timeout",
        "ERROR:  canceling statement due to conflict with recovery",
        "ERROR:  canceling autovacuum task",
        "FATAL:  canceling authentication due to timeout",
        "psycopg2.OperationalError: timeout expired",
        "[CRITICAL] WORKER TIMEOUT (pid:20)",
        "SET statement_timeout = 0;",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None
