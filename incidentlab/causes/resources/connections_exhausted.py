"""No connection is left: the server's slots, a pooler's, or those of the program's own pool."""

import re

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import query, shows
from incidentlab.causes._settling import at_work_again
from incidentlab.causes.resources._connections import (
    POOL_EMPTY,
    POOLER_FULL,
    SERVER_FULL,
    nobody_holds_one,
    of_another_server,
)
from incidentlab.causes.resources._pools import pool_of
from incidentlab.model.cause import Cause
from incidentlab.model.database import Connections
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence

_ID = "connections-exhausted"
_TITLE = "No database connection is left"
_SIGNS = (SERVER_FULL, POOLER_FULL, POOL_EMPTY)
_POOL_SIZE = re.compile(r"\bsize (?P<size>\d{1,6}) overflow (?P<overflow>-?\d{1,6})\b")
_WHOSE = re.compile(r"\btoo many connections for (?P<kind>role|database) [\\\"']{1,2}(?P<name>[^\\\"']{1,63})")
_ALMOST = 0.95
_HOLDERS = (
    "SELECT usename, application_name, state, count(*), max(now() - state_change) "
    "FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC"
)
# Where these are in the log, a pool may have waited for a server that is not there.
_UNREACHABLE = re.compile(
    r"\b[Cc]onnection refused\b|\bECONNREFUSED\b|\btranslate host name\b|\bENOTFOUND\b|\bno such host\b"
    r"|\bName or service not known\b|\bpassword authentication failed\b|\bConnect call failed\b|\bNo route to host\b"
    r"|\bCan't reach database server\b|\berror connecting in '[^']{0,80}'|\bfailed to connect: \*{0,2}"
    r"|\bdatabase system is (?:starting up|shutting down|in recovery mode)\b|\bno pg_hba\.conf entry\b"
)


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: somebody is refused for want of a connection, and is not served afterwards."""
    account = hear(evidence, _SIGNS, lambda event: nobody_holds_one(event) or of_another_server(event))
    full = _full(evidence)
    if account is None:
        return _finding(Account(()), full, "likely") if full else None
    settled = None if full else at_work_again(evidence, account, by_connecting=True)
    if settled:
        why = f"Connections ran out for a moment; {settled.claim[0].lower()}{settled.claim[1:]}."
        return RuledOut(_ID, _TITLE, why, settled.fact)
    if not full and _waited_for_nobody(evidence, account):
        return None
    return _finding(account, full, _confidence(evidence, account, full))


def _waited_for_nobody(evidence: Evidence, account: Account) -> bool:
    """Whether only the program's own pool complains, in a log where the server cannot be reached at all."""
    refused = any(shows(event, SERVER_FULL) or shows(event, POOLER_FULL) for event in account.events)
    if refused or account.facts:
        return False
    return any(_UNREACHABLE.search(event.text) for event in evidence.logs)


def _full(evidence: Evidence) -> tuple[DatabaseFacts, Connections] | None:
    """Return a look into a database that found (almost) all slots taken."""
    for database in evidence.databases:
        held = database.connections
        if held and held.limit and held.used >= _ALMOST * (held.limit - held.reserved):
            return database, held
    return None


def _confidence(evidence: Evidence, account: Account, full: tuple[DatabaseFacts, Connections] | None) -> Confidence:
    refused = [event for event in account.events if shows(event, SERVER_FULL) or shows(event, POOLER_FULL)]
    if not refused and not account.facts:
        return "likely"
    if account.facts or full or (account.by_server and account.by_client):
        return "certain"
    return "likely"


def _finding(account: Account, full: tuple[DatabaseFacts, Connections] | None, confidence: Confidence) -> Finding:
    wanted = "How many sessions there are, of whom and in which state: give --database-url while it happens."
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account, full),
        evidence=(*chain(account, "No connection is left"), *_slots(full)),
        mend=_mends(account, full),
        missing=() if confidence == "certain" or full else (wanted,),
    )


def _slots(full: tuple[DatabaseFacts, Connections] | None) -> tuple[Link, ...]:
    if not full:
        return ()
    database, held = full
    states = ", ".join(f"{count} {state}" for state, count in sorted(held.by_state.items(), key=lambda one: -one[1]))
    quote = f"{held.used} of {held.limit}" + (f": {states}" if states else "")
    name = f"database {database.database or database.id}"
    return (
        Link(
            "The server's connection slots are taken", database.id, name, quote=quote, command=query(database, _HOLDERS)
        ),
    )


def _summary(account: Account, full: tuple[DatabaseFacts, Connections] | None) -> str:
    if full:
        held = full[1]
        return f"{held.used} of the server's {held.limit} connections are in use, {held.reserved} of them reserved."
    text = account.text
    whose = _WHOSE.search(text)
    if whose:
        return f"The {whose['kind']} {whose['name']} has as many connections as it is allowed."
    size = _POOL_SIZE.search(text)
    if size:
        most = int(size["size"]) + max(int(size["overflow"]), 0)
        return f"All {most} connections of the program's own pool are in use, and none came back in time."
    if account.facts or any(shows(event, SERVER_FULL) for event in account.events):
        return "The programs together want more connections than the server allows (max_connections)."
    if any(shows(event, POOLER_FULL) for event in account.events):
        return "The connection pooler has no connection to give."
    return "The program's own connection pool is empty, and nothing came back in time."


def _mends(account: Account, full: tuple[DatabaseFacts, Connections] | None) -> tuple[Mend, ...]:
    idle = full and full[1].oldest_idle_in_transaction
    first = (
        Mend(
            "command",
            query(full[0], _HOLDERS) if full else f'psql "$DATABASE_URL" -c "{_HOLDERS}"',
            "Names who holds them; many 'idle in transaction' are sessions that somebody forgot to give back.",
        ),
    )
    pool = pool_of(account)
    leak = Mend("text", pool.give_back, f"One idles for {idle:.0f} s." if idle else pool.why)
    if account.events and all(shows(event, POOL_EMPTY) for event in account.events) and not full:
        return *first, leak, Mend("text", f"Keep the sum within the server's max_connections: {pool.total}.")
    free = str(full[1].limit - full[1].reserved) if full else "max_connections - 3"
    add_up = Mend(
        "text",
        f"Make the sum fit: {pool.total} has to stay below {free}.",
        "Each process has a pool of its own.",
    )
    pooler = Mend("text", "With many processes put PgBouncer between them and the server (pool_mode = transaction).")
    if "MaxClientsInSessionMode" in account.text:
        mode = Mend(
            "text",
            "Connect through the pooler's port for transactions instead of that for sessions (Supabase: 6543, not "
            "5432; Prisma then needs ?pgbouncer=true).",
            "In session mode each client keeps one of the pooler's connections for as long as it is there.",
        )
        return mode, leak, *first
    return *first, add_up, leak, pooler


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The programs want more database connections at once than the server, a pooler or their own pool gives.",
    explanation="""\
PostgreSQL starts a process for each connection and allows `max_connections` of them, 100 by default, three of which
are kept for superusers. Every worker process of every replica has its own pool, so that the sum grows with each of
them; a pool per task or request, or sessions that are never closed, fill the slots without any load.

A pool inside a program can run empty long before the server does: all its connections are borrowed, by slow
queries, by transactions that wait for a lock, or by code that does not give them back. The program then waits, for
30 seconds by default with SQLAlchemy and HikariCP, and fails with a time-out that looks like a slow database.

A burst that passes while the service answers again is no incident.""",
    shows=(
        "FATAL:  sorry, too many clients already",
        "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
        'FATAL:  too many connections for role "app"',
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out",
        "HikariPool-1 - Connection is not available, request timed out after 30000ms",
        "Timed out fetching a new connection from the connection pool: Prisma, P2024",
        "query_wait_timeout, no more connections allowed (max_client_conn): PgBouncer",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SHOW max_connections"',
        'psql "$DATABASE_URL" -c "SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP '
        'BY 1, 2, 3"',
    ),
    mend=(
        "Look who holds the connections: `pg_stat_activity` by user, application and state.",
        "Make one engine per process and close every session; end transactions before waiting for anything else.",
        "Let replicas x workers x (pool_size + max_overflow) stay below `max_connections`.",
        "Put PgBouncer in front where there are many processes; raise `max_connections` last, it costs memory.",
    ),
    prevent=(
        "Set `idle_in_transaction_session_timeout`, so that a forgotten transaction gives its connection back.",
        "Set `application_name` per service, and alert at 80 % of `max_connections`.",
        "Write the sum of all pools down where replicas and workers are set.",
    ),
    confidence="""\
- **certain**: the server or a pooler refused somebody for want of a connection, and a second fact says it too: the
  refused program, or a look into the database.
- **likely**: one of them says so, or a program's own pool ran empty, or a look into the database finds the slots
  taken.

A pool that runs empty in a log where the server cannot be reached at all waited for nobody: that is another cause,
and so is a pool that never held a connection (HikariCP's `total=0`).""",
    find=find,
    explains=("database-not-ready", "migration-failed", "migrations-not-applied", "broken-entrypoint"),
    links=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
        "https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r",
        "https://www.pgbouncer.org/config.html",
    ),
    signs=_SIGNS,
)
