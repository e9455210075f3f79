"""Messages by which a definition is seen to wait for a lock: the server's, the tools', and what a person looked up.

Sources: PostgreSQL's ``proc.c`` (log_lock_waits), ``postgres.c`` (lock_timeout), ``ps_status.c`` ("waiting"), the views
pg_stat_activity and pg_locks; Prisma's P1002; Knex's ``migrate/Migrator.js``; Liquibase's ``StandardLockService``;
Flyway's ``PostgreSQLAdvisoryLockTemplate``; golang-migrate's ``database`` errors.
"""

import re

from incidentlab.causes._evidence import said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

_DEFINES = r"(?:ALTER|DROP|CREATE|TRUNCATE|REINDEX|COMMENT|LOCK|CLUSTER|VACUUM FULL|REFRESH)"

TIMEOUT = Sign(
    name="lock-timeout",
    pattern=re.compile(r"\bcanceling statement due to lock timeout\b|\bLockNotAvailable(?:Error)?\b"),
    literals=("canceling statement due to lock timeout", "LockNotAvailable"),
    examples=(
        "ERROR:  canceling statement due to lock timeout",
        "psycopg2.errors.LockNotAvailable: canceling statement due to lock timeout",
        "PG::LockNotAvailable: ERROR:  canceling statement due to lock timeout",
    ),
    sqlstates=frozenset({"55P03"}),
)
WAITS = Sign(
    name="lock-wait",
    pattern=re.compile(
        r"\bstill waiting for (?P<mode>Access(?:Exclusive|Share)Lock|ShareRowExclusiveLock|ShareUpdateExclusiveLock"
        r"|ShareLock|ExclusiveLock) on relation (?P<oid>\d{1,12})"
        r"|\b(?:ALTER|DROP|CREATE|TRUNCATE|REINDEX) (?:TABLE|INDEX|TYPE|VIEW) waiting\b"
        rf"|\| Lock {{0,20}}\|[^\n]{{0,300}}?[|\s]{_DEFINES} "
        # pg_blocking_pids is not empty; pg_stat_activity.waiting, of servers before 9.6, is true
        rf"|\| \{{[1-9]\d{{0,9}}(?:,\d{{1,10}}){{0,40}}\}} {{0,20}}\|[^\n]{{0,300}}?[|\s]{_DEFINES} "
        rf"|\| t {{3,20}}\|(?:[^\n]{{0,300}}?\|)? {{0,4}}{_DEFINES} "
        r"|\bAccessExclusiveLock {0,20}\| {0,20}f\b|\bf {0,20}\| {0,20}AccessExclusiveLock\b"
        r"|\bcurrent_statement_in_blocking_process\b|\bblocking_(?:pid|statement|query)\b"
    ),
    literals=(
        "still waiting for ", "TABLE waiting", "INDEX waiting", "TYPE waiting", "VIEW waiting", "| Lock", "| t   ",
        *(f"| {{{digit}" for digit in range(1, 10)),  # not "| {", which begins each line of JSON behind compose's bar
        "AccessExclusiveLock", "current_statement_in_blocking_process", "blocking_",
    ),
    examples=(
        "LOG:  process 91 still waiting for AccessExclusiveLock on relation 16512 of database 16384 after 1000.1 ms",
        "postgres: app shop 172.18.0.4(51122) ALTER TABLE waiting",
        " 20117 | active | Lock            | relation   | ALTER TABLE acl_view_menu ALTER COLUMN name TYPE TEXT",
        " tasks | AccessExclusiveLock | f",
        " 2471695 | {2459692}  | 00:15:00.310021 | ALTER TABLE user_profiles DROP CONSTRAINT user",
        " 4820 | app | t       | ALTER TABLE orders ADD COLUMN note text",
        " blocked_pid | blocked_user | blocking_pid | blocking_user | blocked_statement",
    ),
)  # fmt: skip
TOOL_LOCK = Sign(
    name="migration-lock",
    pattern=re.compile(
        r"\b[Tt]imed out trying to acquire a postgres advisory lock\b|\bMigration table is already locked\b"
        r"|\bCan't take lock to run migrations\b|\bWaiting for changelog lock\b|\bCould not acquire change log lock\b"
        r"|\battempting to acquire PostgreSQL advisory lock\b|\bcan't acquire (?:database )?lock\b"
        r"|\b[Tt]imeout: can't acquire\b|\b[Cc]ould not (?:acquire|obtain) (?:the )?migrations? lock\b"
        r"|\b[Ff]ailed to acquire (?:the )?(?:migrations? |advisory )lock\b"
    ),
    literals=(
        "imed out trying to acquire a postgres advisory lock", "Migration table is already locked",
        "Can't take lock to run migrations", "Waiting for changelog lock", "Could not acquire change log lock",
        "attempting to acquire PostgreSQL advisory lock", "can't acquire", "ould not acquire ", "ould not obtain ",
        "ailed to acquire ",
    ),
    examples=(
        "Timed out trying to acquire a postgres advisory lock (SELECT pg_advisory_lock(72707369)). Elapsed: 10000ms.",
        "Can't take lock to run migrations: Migration table is already locked",
        "Waiting for changelog lock....",
        "liquibase.exception.LockException: Could not acquire change log lock.  Currently locked by db-1",
        "Number of retries exceeded while attempting to acquire PostgreSQL advisory lock.",
        "error: can't acquire lock",
        "could not acquire migration lock",
    ),
)  # fmt: skip
HOLDER = Sign(
    name="idle-in-transaction",
    pattern=re.compile(r"\bidle in transaction\b(?! timeout| \(aborted\))"),
    literals=("idle in transaction",),
    examples=(" 20114 | idle in transaction | Client | ClientRead | SELECT acl_permission_view.id",),
)
_DEFINITION = re.compile(rf"^\s{{0,40}}{_DEFINES}\b", re.IGNORECASE)
_SET_UP = re.compile(r"^\s{0,40}CREATE (?:DATABASE|ROLE|USER)\b", re.IGNORECASE)
_WRITES = re.compile(r"^\s{0,40}(?:UPDATE|DELETE|INSERT|SELECT|MERGE|WITH)\b", re.IGNORECASE)
_STATEMENT = re.compile(rf"\b{_DEFINES} (?:TABLE|INDEX|TYPE|VIEW|UNIQUE|MATERIALIZED)\b[^\n]{{0,200}}")
_ACQUIRED = re.compile(r"\bacquired (?:Access|Share|Exclusive|Row)\w{0,40} on relation\b|\bacquired change log lock\b")


def is_lock(event: LogEvent) -> bool:
    """Whether an event shows a definition, or a migration tool, that waits for a lock or gave up waiting."""
    text = said(event)
    if WAITS.pattern.search(text):
        return _of_definition(event, text)
    return bool(TOOL_LOCK.pattern.search(text))


def timed_out(event: LogEvent) -> bool:
    """Whether lock_timeout ended a statement; NOWAIT has the same SQLSTATE and other words."""
    text = said(event)
    return bool(TIMEOUT.pattern.search(text)) and "could not obtain lock" not in text


def defines(event: LogEvent) -> bool:
    """Whether the statement of an event changes the schema; making databases and roles is a set-up script's work."""
    return bool(event.sql and _DEFINITION.match(event.sql) and not _SET_UP.match(event.sql))


def is_definition(statement: str) -> bool:
    """Whether an SQL statement changes the schema."""
    return bool(_DEFINITION.match(statement))


def waits_for_rows(event: LogEvent) -> str:
    """Return the statement of a change of data, which waits for rows, where lock_timeout ended it; "" otherwise."""
    return " ".join(event.sql.split()) if event.sql and _WRITES.match(event.sql) and timed_out(event) else ""


def waiting_statement(event: LogEvent) -> str:
    """Return the definition that waits, where the event names it."""
    found = _STATEMENT.search(event.sql or "") or _STATEMENT.search(event.text)
    return " ".join(found[0].split()) if found else ""


def is_acquired(event: LogEvent) -> bool:
    """Whether an event says that the lock was had after all."""
    return bool(_ACQUIRED.search(event.text))


def _of_definition(event: LogEvent, text: str) -> bool:
    # A reader that waits behind the ALTER TABLE is a witness too; one that waits for a row is another matter.
    waits = WAITS.pattern.search(text)
    if not waits or not waits["mode"]:
        return True
    return waits["mode"] in ("AccessExclusiveLock", "ShareRowExclusiveLock", "ShareLock") or defines(event)
