"""Statements that failed because a table is not there, and whose statements they were."""

import re
from dataclasses import dataclass

from incidentlab.causes._evidence import speaks_of_migrating
from incidentlab.model.evidence import Evidence, LogEvent

_UNDEFINED_TABLE = "42P01"
# PostgreSQL's own words, through any driver; Prisma's; and, where the SQLSTATE says it beside a message in another
# language, what stands in quotes.
_RELATION = re.compile(r"\brelation [\"“](?P<name>[^\"”]{1,200})[\"”] does not exist")
_PRISMA = re.compile(r"\bThe table [`'\"](?P<name>[\w.]{1,200})[`'\"] does not exist in the current database")
_QUOTED = re.compile(r"[«„“”\"»]\s?(?P<name>[\w.$]{1,200})\s?[»“”\"«]")
_SCHEMA_CHANGE = re.compile(r"\s{0,40}(?:ALTER|CREATE|DROP|COMMENT|TRUNCATE|REINDEX|GRANT)\b", re.IGNORECASE)
# A migration tool's own tables: their absence says nothing about the application's.
_BOOKKEEPING = frozenset({"alembic_version", "schema_migrations", "django_migrations", "flyway_schema_history"})


@dataclass(frozen=True, slots=True)
class MissingTable:
    """A statement that failed for want of a table; ``name`` as the message has it, perhaps with a schema."""

    event: LogEvent
    name: str

    @property
    def bare(self) -> str:
        """The name without its schema."""
        return self.name.rpartition(".")[2]


def missing_tables(evidence: Evidence) -> tuple[MissingTable, ...]:
    """Return the application's failures for want of a table, in the logs' order; a migration's own are left out."""
    return tuple(found for event in evidence.logs if (found := _missing(event)) and not _migrates(event, found))


def name_in(event: LogEvent) -> str | None:
    """Return the table that an event says is missing, or ``None`` where it says no such thing."""
    said = f"{event.cause_text or ''}\n{event.text}"
    found = _RELATION.search(said) or _PRISMA.search(said)
    if not found and event.sqlstate == _UNDEFINED_TABLE:
        found = _QUOTED.search(said)
    return found["name"] if found else None


def _missing(event: LogEvent) -> MissingTable | None:
    name = name_in(event)
    return MissingTable(event, name) if name else None


def _migrates(event: LogEvent, found: MissingTable) -> bool:
    if event.sql and _SCHEMA_CHANGE.match(event.sql):
        return True
    return found.bare in _BOOKKEEPING or speaks_of_migrating(event)
