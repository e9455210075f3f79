"""A connection to a database that is not on the server: how it is told, and by what name."""

import re

from incidentlab.causes._evidence import match, said, seen
from incidentlab.causes._other_products import of_another_product
from incidentlab.causes.startup._placeholder import unfilled
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import Evidence, LogEvent

STATE = "3D000"
# PostgreSQL's postinit.c, Rails, Prisma's P1003, pgbouncer.
ABSENT = Sign(
    name="database-absent",
    pattern=re.compile(
        r"[Dd]atabase \\{0,3}[\"“«`'] ?(?P<name>[^\"”»`'\\]{0,200}?)(?P<end>\\{1,2}r|\^M)? ?\\{0,3}[\"”»`']"
        r" does not exist(?!, skipping)"
        r"|could not find your database: (?P<rails>[\w.\-]{0,199}[\w\-])"
        r"|no such database: (?P<bouncer>[\w.\-]{0,199}[\w\-])"
    ),
    literals=("does not exist", "could not find your database", "no such database: "),
    examples=(
        'FATAL:  database "app" does not exist',
        'pq: database "app" does not exist',
        'server error (FATAL: database \\"app\\" does not exist (SQLSTATE 3D000))',
        "P1003: Database `app` does not exist on the database server at `db:5432`.",
        "ActiveRecord::NoDatabaseError: We could not find your database: app_production.",
        "ERROR: no such database: app",
    ),
    sqlstates=frozenset({STATE}),
)
# As an ERROR it is a statement about a database (DROP, ALTER), not a connection; a NOTICE harms nobody.
_STATEMENT = re.compile(r"\bERROR:  |\bNOTICE:|\bWARNING:", re.IGNORECASE)


def connections(evidence: Evidence) -> list[LogEvent]:
    """Return the events in which a connection was refused because its database is not there."""
    return [event for event in seen(evidence, ABSENT) if _is_connection(event)]


def _is_connection(event: LogEvent) -> bool:
    text = said(event)
    if event.sql or of_another_product(event) or ("FATAL" not in text and _STATEMENT.search(text)):
        return False
    return not unfilled(name_of(event) or "app")


def name_of(event: LogEvent) -> str | None:
    """Return the database that an event says is missing, where it has its name."""
    return named(match(event, ABSENT))


def named(found: re.Match[str] | None) -> str | None:
    """Return the name that was found by the sign, with the carriage return at its end where it has one."""
    name = next((value for value in found.groupdict().values() if value), None) if found else None
    return f"{name}\\r" if found and name and found["end"] else name
