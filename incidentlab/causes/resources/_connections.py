"""How servers, poolers and drivers say that no connection is left."""

import re

from incidentlab.causes._evidence import said, shows
from incidentlab.causes._other_products import of_another_product
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

# PostgreSQL's proc.c, postinit.c and miscinit.c; the second wording of the reserve came with version 16. "[,\w]" covers
# "for non-replication superuser connections", "for roles with the SUPERUSER attribute" and "… with privileges of …".
SERVER_FULL = Sign(
    "server-full",
    re.compile(
        r"\btoo many clients already\b|\bremaining connection slots are reserved\b"
        r"|\btoo many connections for (?:role|database)\b|\bnumber of requested standby connections exceeds\b"
        r"|\bToo many database connections opened\b"
    ),
    (
        "too many clients already",
        "remaining connection slots are reserved",
        "too many connections for ",
        "number of requested standby connections exceeds",
        "Too many database connections opened",
    ),
    (
        "FATAL:  sorry, too many clients already",
        "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "FATAL:  remaining connection slots are reserved for roles with privileges of the "
        '"pg_use_reserved_connections" role',
        'FATAL:  too many connections for role "app"',
        'FATAL:  too many connections for database "app"',
        "Too many database connections opened: FATAL: sorry, too many clients already",
    ),
    frozenset({"53300"}),
)
# PgBouncer's objects.c and janitor.c; Supavisor's client handler.
POOLER_FULL = Sign(
    "pooler-full",
    re.compile(
        r"\bno more connections allowed\b|\bquery_wait_timeout\b|\b[Mm]ax client connections reached\b"
        r"|\bmax clients reached\b|\bMaxClientsInSessionMode\b"
    ),
    (
        "no more connections allowed",
        "query_wait_timeout",
        "ax client connections reached",
        "max clients reached",
        "MaxClientsInSessionMode",
    ),
    (
        "ERROR: no more connections allowed (max_client_conn)",
        "closing because: query_wait_timeout (age=120s)",
        "FATAL: MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size",
        "FATAL: Max client connections reached",
    ),
)
# SQLAlchemy, psycopg_pool, Django's and Prisma's, HikariCP, DBCP and Tomcat, Npgsql, Knex, Sequelize, ActiveRecord,
# DBConnection, r2d2, bb8, deadpool, sqlx, peewee. Some of them wait the same time where no server is to be had.
POOL_EMPTY = Sign(
    "pool-empty",
    re.compile(
        r"\bQueuePool limit of size \d{1,6} overflow -?\d{1,6} reached\b|\bcouldn't get a connection after \d"
        r"|\bthe pool '[^']{0,80}' has already \d{1,6} requests waiting\b"
        r"|\bTimed out fetching a new connection from the connection pool\b"
        r"|\bConnection is not available, request timed out after\b|\bUnable to fetch a connection in \d"
        r"|\bCannot get a connection, pool (?:error|exhausted)\b|\bThe connection pool has been exhausted\b"
        r"|\bTimeout acquiring a connection\b|ConnectionAcquireTimeoutError\b|\bResourceRequest timed out\b"
        r"|\bcould not obtain a (?:database )?connection (?:from the pool )?within\b"
        r"|\bconnection not available and request was dropped from queue\b"
        r"|\btimed out waiting for connection\b(?! to)|\bpool timed out while waiting for an open connection\b"
        r"|\bTimeout occurred while waiting for a slot to become available\b|\btimed out in bb8\b"
        r"|\bMax connections exceeded, timed out attempting to connect\b|\bPoolError: connection pool exhausted\b"
        r"|\bacquiring a connection from the pool.{0,40}\btimed out\b"
    ),
    (
        "QueuePool limit of size ",
        "couldn't get a connection after ",
        "requests waiting",
        "Timed out fetching a new connection from the connection pool",
        "Connection is not available, request timed out after",
        "Unable to fetch a connection in ",
        "Cannot get a connection, pool ",
        "The connection pool has been exhausted",
        "Timeout acquiring a connection",
        "ConnectionAcquireTimeoutError",
        "ResourceRequest timed out",
        "could not obtain a ",
        "connection not available and request was dropped from queue",
        "timed out waiting for connection",
        "pool timed out while waiting for an open connection",
        "Timeout occurred while waiting for a slot to become available",
        "timed out in bb8",
        "Max connections exceeded, timed out attempting to connect",
        "PoolError: connection pool exhausted",
        "acquiring a connection from the pool",
    ),
    (
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, "
        "timeout 30.00",
        "psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec",
        "psycopg_pool.TooManyRequests: the pool 'pool-1' has already 50 requests waiting",
        "Timed out fetching a new connection from the connection pool. More info: http://pris.ly/d/connection-pool",
        "HikariPool-1 - Connection is not available, request timed out after 30000ms (total=10, active=10, idle=0)",
        "[pool-1] Timeout: Pool empty. Unable to fetch a connection in 30 seconds, none available[size:100; busy:100]",
        "Cannot get a connection, pool error Timeout waiting for idle object",
        "The connection pool has been exhausted, either raise 'Max Pool Size' (currently 100) or 'Timeout'",
        "KnexTimeoutError: Knex: Timeout acquiring a connection. The pool is probably full.",
        "ConnectionAcquireTimeoutError [SequelizeConnectionAcquireTimeoutError]: Operation timeout",
        "could not obtain a connection from the pool within 5.000 seconds (waited 5.003 seconds)",
        "could not obtain a database connection within 5.000 seconds",
        "connection not available and request was dropped from queue after 2981ms.",
        "timed out waiting for connection",
        "pool timed out while waiting for an open connection",
        "Timeout occurred while waiting for a slot to become available",
        "psycopg2.pool.PoolError: connection pool exhausted",
    ),
)
_EMPTY_AND_NOBODY_HAS_ONE = re.compile(r"\(total=0, active=0\b|\bsize:0; busy:0\b")


def nobody_holds_one(event: LogEvent) -> bool:
    """Whether a pool says that it has no connection at all: then the server cannot be reached; nothing is used up."""
    return bool(_EMPTY_AND_NOBODY_HAS_ONE.search(said(event)))


def of_another_server(event: LogEvent) -> bool:
    """Whether it is another server than PostgreSQL whose connections are used up."""
    return shows(event, SERVER_FULL) and of_another_product(event)
