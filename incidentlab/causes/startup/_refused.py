"""Connections to PostgreSQL that were refused because nobody, or not yet anybody, was listening."""

import re

from incidentlab.causes._evidence import answered, later, serves
from incidentlab.causes.migrations._missing_table import name_in
from incidentlab.model.evidence import Evidence, LogEvent

# libpq ("Connection refused", "the database system is starting up"), asyncpg and asyncio ("Connect call failed"), Go,
# Node, JDBC, Prisma. Each has to speak of PostgreSQL: other services refuse connections too.
_STARTING = re.compile(
    r"\bthe database system is (?:starting up|not yet accepting connections|not accepting connections)\b"
)
_REFUSED = re.compile(
    r"\bconnection refused\b|\bECONNREFUSED\b|\bConnect call failed\b|\bcould not connect to server\b"
    r"|\bCan't reach database server\b|\bserver closed the connection unexpectedly\b",
    re.IGNORECASE,
)
_POSTGRES = re.compile(
    r"\b5432\b|\bpostgres|\bpsycopg|\basyncpg|\bpg8000|\bpsql\b|\bpq:|\bdatabase\b|\bdjango\.db\b|\bPG::|\bPSQLException\b",
    re.IGNORECASE,
)
# Other troubles of a connection, each a cause of its own.
_OTHERWISE = re.compile(
    r"\btranslate host name\b|\bname resolution\b|\bName or service not known\b|\bno such host\b"
    r"|\bgetaddrinfo\b|\bENOTFOUND\b"
    r"|\bpassword authentication failed\b|\brole \"[^\"]{1,200}\" does not exist\b|\bno pg_hba\.conf entry\b"
    r"|\btoo many (?:clients|connections)\b|\bSSL\b|\bNo space left\b|\bdatabase \"[^\"]{1,200}\" does not exist\b",
)
_CANNOT_CONNECT_NOW = "57P03"
_DATABASE_ANSWERED = re.compile(
    r"\bRunning upgrade\b|\bContext impl PostgresqlImpl\b|\bPostgres(?:QL)? is (?:ready|available|up)\b", re.IGNORECASE
)


def refusals(evidence: Evidence) -> tuple[LogEvent, ...]:
    """Return the clients' events in which PostgreSQL refused or was not there; the server's own lines are left out."""
    return tuple(event for event in evidence.logs if event.source != "database" and is_refusal(event))


def is_refusal(event: LogEvent) -> bool:
    """Whether an event says that PostgreSQL could not be reached although its name was known."""
    said = _said(event)
    if _OTHERWISE.search(said):
        return False
    if event.sqlstate == _CANNOT_CONNECT_NOW or _STARTING.search(said):
        return True
    return bool(_REFUSED.search(said) and _POSTGRES.search(f"{said} {' '.join(event.packages)}"))


def says_starting(event: LogEvent) -> bool:
    """Whether the server itself said that it is still starting."""
    return event.sqlstate == _CANNOT_CONNECT_NOW or bool(_STARTING.search(_said(event)))


def recovery(evidence: Evidence, refusal: LogEvent) -> LogEvent | None:
    """Return the first later event that shows that the database answered after all: SQL, a migration, a service."""
    for event in later(evidence, refusal):
        if event.source != "database" and not is_refusal(event) and _got_through(event):
            return event
    return None


def _got_through(event: LogEvent) -> bool:
    return bool(_DATABASE_ANSWERED.search(event.text) or name_in(event) or answered(event) or serves(event))


def _said(event: LogEvent) -> str:
    return f"{event.cause or ''} {event.cause_text or ''} {event.text}"
