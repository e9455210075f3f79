"""Slots, poolers and pools that are used up, and those that are not."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.database import Connections
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, database, database_log, evidence

find = causes.get("connections-exhausted").find
FULL = "FATAL:  sorry, too many clients already"
SERVER = f"2026-03-01 10:00:00.000 UTC [3314] {FULL}"
CLIENT = f"""\
Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/sqlalchemy/engine/base.py", line 3302, in raw_connection
    return self.pool.connect()
psycopg.OperationalError: connection failed: connection to server at "172.30.33.2", port 5432 failed: {FULL}

The above exception was the direct cause of the following exception:

sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: {FULL}"""
SERVED = 'INFO:     172.21.0.1:5 - "GET /orders HTTP/1.1" 200 OK'


@pytest.mark.parametrize(
    "text",
    [
        CLIENT,
        "\n".join(f"worker-1  | {line}" for line in CLIENT.split("\n")),
        "django.db.utils.OperationalError: FATAL:  remaining connection slots are reserved for "
        "non-replication superuser "
        "connections",
        'pq: too many connections for role "shop"',
        "error: sorry, too many clients already { severity: 'FATAL', code: '53300', routine: 'InitPostgres' }",
        "org.postgresql.util.PSQLException: FATAL: remaining connection slots are reserved for roles with "
        "the SUPERUSER "
        "attribute",
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, "
        "timeout 30.00",
        "HikariPool-1 - Connection is not available, request timed out after 30001ms (total=10, active=10, idle=0, "
        "waiting=7)",
        "Invalid `prisma.user.findMany()` invocation: Timed out fetching a new connection from the connection pool. "
        "(Current connection pool timeout: 10, connection limit: 5) code: 'P2024'",
        "** (DBConnection.ConnectionError) connection not available and request was dropped from queue after 2981ms.",
        "ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool within 5.000 seconds "
        "(waited 5.003 seconds); all pooled connections were in use",
        "FATAL: query_wait_timeout",
        "2026-03-01 10:00:00.000 UTC [1] WARNING C-0x5: app/app@10.0.0.4:5 pooler error: no more connections allowed "
        "(max_client_conn)",
        '{"level":"error","msg":"pq: sorry, too many clients already","time":"2026-03-01T10:00:00Z"}',
    ],
)
def test_every_stacks_wording_is_likely_alone(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert found.missing
    assert found.mend[0].kind == "command"


def test_both_sides_make_it_certain_and_the_server_comes_first() -> None:
    found = find(evidence(app_log(CLIENT), database_log(SERVER)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert [link.source for link in found.evidence] == ["log of database", "log of app"]


def test_the_pools_size_and_the_role_are_named() -> None:
    pool = find(evidence(app_log("TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out")))
    role = find(evidence(app_log('FATAL:  too many connections for role "shop"')))
    assert isinstance(pool, Finding)
    assert isinstance(role, Finding)
    assert "All 15 connections" in pool.summary
    assert "role shop" in role.summary


def test_a_look_into_the_database_finds_the_slots_taken() -> None:
    held = Connections(97, 100, 3, {"idle in transaction": 80, "active": 17}, 3600.0)
    full = dataclasses.replace(database(["rev1"]), connections=held)
    alone, together = find(evidence(full)), find(evidence(full, app_log(CLIENT)))
    assert isinstance(alone, Finding)
    assert isinstance(together, Finding)
    assert (alone.confidence, together.confidence) == ("likely", "certain")
    assert "97 of the server's 100" in alone.summary
    assert "80 idle in transaction" in alone.evidence[0].quote
    some = dataclasses.replace(full, connections=Connections(40, 100, 3))
    assert find(evidence(some)) is None


def test_a_database_that_refuses_for_that_reason_is_a_fact() -> None:
    refused = dataclasses.replace(database(reachable=False), error=FULL, sqlstate="53300")
    found = find(evidence(refused))
    assert isinstance(found, Finding)
    assert (found.confidence, found.evidence[0].fact) == ("certain", refused.id)


def test_a_burst_that_passes_while_the_service_answers_is_over() -> None:
    said = find(evidence(app_log(f"ERROR: {FULL}\n{SERVED}\n{SERVED}")))
    assert isinstance(said, RuledOut)
    assert said.fact == "log:app:2"


def test_another_error_after_the_answer_keeps_it_open() -> None:
    text = f"ERROR: {FULL}\n{SERVED}\nERROR: worker lost\n"
    assert isinstance(find(evidence(app_log(text))), Finding)


def test_a_pool_that_waits_for_a_server_that_is_not_there_is_another_cause() -> None:
    text = (
        "error connecting in 'pool-1': connection failed: connection to server at \"10.0.0.9\", port 5432 failed: "
        "Connection refused\npsycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec"
    )
    assert find(evidence(app_log(text))) is None
    assert [one.cause for one in causes.diagnose(evidence(app_log(text))).findings] == ["database-not-ready"]


@pytest.mark.parametrize(
    "text",
    [
        "HikariPool-1 - Connection is not available, request timed out after 30000ms (total=0, active=0, "
        "idle=0, waiting=1)",
        "WARNING urllib3.connectionpool Connection pool is full, discarding connection: api.example.com. Size: 10",
        "redis.exceptions.ConnectionError: max number of clients reached",
        "wait-for-it: timed out waiting for connection to db:5432",
        "psycopg.OperationalError: connection to server at port 5432 failed: Connection refused",
        "INFO: pool size 5, overflow 10",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool within 5.000 s", "DB_POOL"),
        ("Error: P2024: Timed out fetching a new connection from the connection pool.", "connection_limit"),
        ("HikariPool-1 - Connection is not available, request timed out after 30000ms.", "try-with-resources"),
        ("KnexTimeoutError: Knex: Timeout acquiring a connection. The pool is probably full.", "in finally"),
        ("pq: sorry, too many clients already", "SetMaxOpenConns"),
        ("** (DBConnection.ConnectionError) connection not available and request was dropped from queue after 2981ms",
         "pool_size"),
        ("psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec", "max_overflow"),
        ("FATAL:  sorry, too many clients already", "each one's pool"),
    ],
)  # fmt: skip
def test_the_mend_speaks_of_the_pool_of_the_stack_that_complains(text: str, telling: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    mends = "\n".join(one.text for one in found.mend)
    assert telling in mends
    assert ("max_overflow" in mends) == (telling == "max_overflow")


def test_a_pooler_in_session_mode_has_another_port() -> None:
    said = "FATAL: MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size"
    found = find(evidence(app_log(f"Error querying the database: {said}")))
    assert isinstance(found, Finding)
    assert "6543" in found.mend[0].text
    assert "PrismaClient" in found.mend[1].text
