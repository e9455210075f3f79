r"""What a person at psql looked up, where ``\x`` prints a row as a block: one line for each column.

A wait is then spread over several lines, none of which says it alone: that the lock is not granted stands in one, of
what kind it is in another, and the statement in a third.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from incidentlab.causes.migrations._locks import is_definition
from incidentlab.model.evidence import LogEvent

_BEGINS = re.compile(r"\s{0,8}-\[ RECORD \d{1,6} \]")
_COLUMN = re.compile(r"\s{0,8}(?P<name>[A-Za-z_]\w{0,62})\s{1,62}\|(?: (?P<value>.{0,400}))?$", re.DOTALL)
_PIDS = re.compile(r"\{\d{1,10}(?:,\d{1,10}){0,60}\}")
_OF_DEFINITIONS = frozenset({"AccessExclusiveLock", "ShareRowExclusiveLock", "ShareLock", "ShareUpdateExclusiveLock"})
_STATEMENTS = ("query", "q", "blocked_query", "blocked_statement", "current_query", "statement", "left")


@dataclass(frozen=True, slots=True)
class Wait:
    """A definition that a looked-up row shows waiting; ``event`` is the line to cite, ``statement`` may be empty."""

    event: LogEvent
    statement: str


def waits(logs: Iterable[LogEvent]) -> Iterator[Wait]:
    """Give the rows of pg_locks and pg_stat_activity, printed as blocks, in which a definition waits for its lock."""
    for row in _rows(logs):
        values = {name: event.text.partition("|")[2].strip() for name, event in row.items()}
        statement = next((values[name] for name in _STATEMENTS if values.get(name)), "")
        defines = is_definition(statement)
        if values.get("granted") == "f" and values.get("mode") in _OF_DEFINITIONS and (defines or not statement):
            yield Wait(row["mode"], statement if defines else "")
        elif defines and (values.get("wait_event_type") == "Lock" or values.get("waiting") == "t" or _behind(values)):
            yield Wait(next(row[name] for name in _STATEMENTS if values.get(name)), statement)


def _behind(values: Mapping[str, str]) -> bool:
    # What pg_blocking_pids gives, under whatever name.
    return any(_PIDS.fullmatch(value) for value in values.values())


def _rows(logs: Iterable[LogEvent]) -> Iterator[Mapping[str, LogEvent]]:
    row: dict[str, LogEvent] | None = None
    for event in logs:
        if _BEGINS.match(event.text):
            if row:
                yield row
            row = {}
        elif row is not None:
            found = _COLUMN.match(event.text)
            if found:
                row[found["name"]] = event
            else:
                yield row
                row = None
    if row:
        yield row
