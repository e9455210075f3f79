"""How the server, poolers and drivers say that a statement, or a transaction, took too long."""

import re

from incidentlab.causes._evidence import said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

# PostgreSQL's postgres.c: statement_timeout, idle_in_transaction_session_timeout, transaction_timeout (17).
BY_SERVER = Sign(
    "cancelled-by-server",
    re.compile(
        r"\bcanceling statement due to statement timeout\b"
        r"|\bterminating connection due to idle-in-transaction timeout\b"
        r"|\bterminating connection due to transaction timeout\b|\bIdleInTransactionSessionTimeout\b"
    ),
    (
        "canceling statement due to statement timeout",
        "terminating connection due to idle-in-transaction timeout",
        "terminating connection due to transaction timeout",
        "IdleInTransactionSessionTimeout",
    ),
    (
        "ERROR:  canceling statement due to statement timeout",
        "FATAL:  terminating connection due to idle-in-transaction timeout",
        "FATAL:  terminating connection due to transaction timeout",
    ),
    frozenset({"57014", "25P03"}),
)
# PgBouncer's and node-postgres' query_timeout, Npgsql's command timeout, DBConnection's :timeout, Prisma's interactive
# transactions (P2028).
BY_CLIENT = Sign(
    "given-up-by-client",
    re.compile(
        r"\bQuery read timeout\b|\bclosing because: query timeout\b|\bERROR:? {1,2}query timeout\b"
        r"|\bTimeout during reading attempt\b|\bchecked out the connection for longer than \d"
        r"|\bTransaction already closed: .{0,200}?\bexpired transaction\b"
        r"|\bpossibly due to a timeout or because the pool has\b"
        r"|\bexpired transaction\. The timeout for this transaction was\b"
    ),
    (
        "Query read timeout",
        "query timeout",
        "Timeout during reading attempt",
        "checked out the connection for longer than ",
        "expired transaction",
        "possibly due to a timeout or because the pool has",
    ),
    (
        "Error: Query read timeout",
        "closing because: query timeout (age=31s)",
        "System.TimeoutException: Timeout during reading attempt",
        "client #PID<0.812.0> timed out because it queued and checked out the connection for longer than 15000ms",
        "tcp recv: closed (the connection was closed by the pool, possibly due to a timeout or because the pool "
        "has been "
        "terminated)",
        "Transaction already closed: A query cannot be executed on an expired transaction. The timeout for this "
        "transaction was 5000 ms",
    ),
)
# SQLSTATE 57014 is that of every cancelled statement; these are not the time-out's doing.
_ANOTHER_REASON = re.compile(
    r"\bdue to (?:user request|lock timeout|conflict with recovery|autovacuum task)\b|\bcanceling autovacuum\b"
    r"|\bauthentication due to timeout\b|\bcanceling wait for synchronous replication\b"
)
_NOTHING_SAID = re.compile(r"\bstatement timeout\b|\btimeout\b|\bQueryCancell?ed", re.IGNORECASE)


def another_reason(event: LogEvent) -> bool:
    """Whether a statement was cancelled for another reason: by hand, by a lock's time-out, by a standby's recovery."""
    text = said(event)
    if event.sqlstate == "57014" and not BY_SERVER.pattern.search(text):
        return bool(_ANOTHER_REASON.search(text)) or not _NOTHING_SAID.search(text)
    return bool(_ANOTHER_REASON.search(text)) and not BY_SERVER.pattern.search(text)
