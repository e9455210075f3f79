"""A program's log → events: a line each, a traceback or a server message with all its lines as one."""

import re
from collections.abc import Iterable, Sequence

from incidentlab.collectors import _postgres, _sqlstate, _traceback
from incidentlab.collectors._rows import Row, rows
from incidentlab.collectors._severity import Severity, severity
from incidentlab.collectors._traceback import Raised
from incidentlab.model.events import LogLine
from incidentlab.model.evidence import LogEvent

# "(psycopg.errors.UndefinedTable) …" and "<class 'asyncpg.exceptions.UndefinedTableError'>: …": SQLAlchemy names the
# driver's exception within its own.
_WRAPPED = re.compile(
    r"(?:\((?P<dotted>(?:psycopg2?|asyncpg|pg8000)\.[\w.]{1,120})\)|<class '(?P<within>asyncpg\.[\w.]{1,120})'>:) ?"
)
_STATEMENT = re.compile(r"\[SQL: (?P<sql>.{1,65536}?)(?:\]\s{0,4}(?:$|\n|\(Background)|\n\[parameters|$)", re.DOTALL)
_DATABASE_DRIVERS = ("psycopg", "asyncpg", "pg8000")
_WORTH_SHOWING = ("LINE ", "DETAIL:", "HINT:", "[SQL")
_MOST_KEY_LINES = 24


def read(lines: Iterable[LogLine | str], source: str, command: str = "") -> tuple[LogEvent, ...]:
    """Read a log into events, in its order; every line that is not blank belongs to exactly one.

    Args:
        lines: the lines, with or without their ends; a string is cleaned and redacted, a ``LogLine`` is so already.
        source: what wrote the log: ``app``, ``database``, a file's name; part of each event's id.
        command: what a person types to see the log; by default that of a stored run.

    Returns:
        The events. Nothing in a log is an error to this function; time and memory grow with the log's length alone.
    """
    table = list(rows(lines))
    shown_by = command or f"incidentlab runs logs --source {source}"
    events: list[LogEvent] = []
    at = 0
    while at < len(table):
        event, at = _event(table, at, source, shown_by)
        if event is not None:
            events.append(event)
    return tuple(events)


def _event(table: Sequence[Row], at: int, source: str, command: str) -> tuple[LogEvent | None, int]:
    row = table[at]
    if not row.text.strip():
        return None, at + 1
    message = _postgres.scan(table, at)
    if message:
        return _server_event(message, source, command), message.end
    block = _traceback.scan(table, at)
    if block and block.raised:
        return _exception_event(table, at, block, source, command), block.end
    return _line_event(row, source, command), at + 1


def _server_event(message: _postgres.Message, source: str, command: str) -> LogEvent:
    first, last = message.rows[0], message.rows[-1]
    level = severity(message.text)
    return LogEvent(
        id=f"log:{source}:{first.number}",
        source=source,
        first_line=first.number,
        last_line=last.number,
        text=message.text,
        at=first.at,
        severity=level,
        sqlstate=_sqlstate.in_text(message.text),
        sql=message.statement,
        key_lines=_pairs(message.rows) if level in ("error", "fatal") else (),
        command=command,
    )


def _exception_event(table: Sequence[Row], at: int, block: _traceback.Block, source: str, command: str) -> LogEvent:
    last, inner = block.raised[-1], _innermost(block.raised)
    wrapped = _wrapped(inner.row.text)
    cause = wrapped[0] if wrapped else inner.dotted
    texts = "\n".join(row.text for one in block.raised for row in (one.row, *one.more))
    return LogEvent(
        id=f"log:{source}:{table[at].number}",
        source=source,
        first_line=table[at].number,
        last_line=table[block.end - 1].number,
        text=last.row.text,
        at=table[at].at or last.row.at,
        severity="error",
        exception=last.dotted,
        cause=cause,
        cause_text=f"{wrapped[0]}: {wrapped[1]}" if wrapped else inner.row.text,
        sqlstate=_sqlstate.of_class(cause) or _sqlstate.in_text(texts),
        sql=_statement(texts),
        key_lines=_key_lines(inner, last),
        command=command,
        packages=block.packages,
    )


def _line_event(row: Row, source: str, command: str) -> LogEvent:
    level: Severity = severity(row.text)
    wrapped = _wrapped(row.text)
    return LogEvent(
        id=f"log:{source}:{row.number}",
        source=source,
        first_line=row.number,
        last_line=row.number,
        text=row.text,
        at=row.at,
        severity=level,
        cause=wrapped[0] if wrapped else None,
        cause_text=f"{wrapped[0]}: {wrapped[1]}" if wrapped else None,
        sqlstate=(_sqlstate.of_class(wrapped[0]) if wrapped else None) or _sqlstate.in_text(row.text),
        sql=_statement(row.text),
        key_lines=((row.number, row.text),) if level in ("error", "fatal") else (),
        command=command,
    )


def _innermost(raised: Sequence[Raised]) -> Raised:
    # A chain may begin with something beside the point (a KeyError of a cache); the driver's word comes first.
    for one in raised:
        if one.dotted.startswith(_DATABASE_DRIVERS):
            return one
    return raised[0]


def _wrapped(text: str) -> tuple[str, str] | None:
    """Return the driver's class that SQLAlchemy names within a line, and the message after it."""
    found = None
    for found in _WRAPPED.finditer(text):
        if found["within"]:
            break
    return (found["within"] or found["dotted"], text[found.end() :]) if found else None


def _statement(text: str) -> str | None:
    if "[SQL: " not in text:
        return None
    found = _STATEMENT.search(text)
    return found["sql"].strip() if found else None


def _key_lines(inner: Raised, last: Raised) -> tuple[tuple[int, str], ...]:
    """Return the exception's line, LINE and caret, DETAIL, HINT and the SQL; the cause before it where it says more."""
    shown: list[Row] = []
    if inner is not last and inner.row.text.partition(": ")[2] not in last.row.text:
        shown += [inner.row, *_worth_showing(inner.more)]
    return _pairs([*shown, last.row, *_worth_showing(last.more)])


def _worth_showing(more: Sequence[Row]) -> list[Row]:
    kept: list[Row] = []
    statement = False
    for row in more:
        if row.text.startswith(("[parameters", "(Background")):
            statement = False
        elif statement or row.text.lstrip().startswith((*_WORTH_SHOWING, "^")):
            kept.append(row)
            statement = (statement or row.text.startswith("[SQL")) and not row.text.rstrip().endswith("]")
    return kept


def _pairs(shown: Sequence[Row]) -> tuple[tuple[int, str], ...]:
    return tuple((row.number, row.text) for row in shown[:_MOST_KEY_LINES])
