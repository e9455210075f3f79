"""Statements that failed because a table is not there, and whose statements they were."""

from dataclasses import dataclass

from incidentlab.causes.migrations import _objects
from incidentlab.causes.migrations._reading import troubles
from incidentlab.model.evidence import Evidence, LogEvent


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
    return tuple(MissingTable(one.event, one.name) for one in troubles(evidence, "missing-table"))


def name_in(event: LogEvent) -> str | None:
    """Return the table that an event says is missing, or ``None`` where it says no such thing."""
    return _objects.table_in(event)
