""".NET's console logger: "fail: Category[7]" on a line of its own, and all that is said on indented lines beneath it.

Without putting them together the level stands in one event, and the driver's exception, which says what happened, in
another that looks harmless. Source: dotnet/runtime's ``SimpleConsoleFormatter`` (six blanks beneath the level),
Npgsql's ``PostgresException`` and EF Core's ``RelationalEventId``.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from incidentlab.collectors import _events, _inner
from incidentlab.collectors._rows import LONGEST, Origin, Row
from incidentlab.model.evidence import LogEvent

_HEAD = re.compile(r"(?:fail|crit|warn): [A-Za-z]\S{0,200}\[\d{1,6}\]$")
_INDENT = " " * 6
_MOST_LINES = 400
# "Npgsql.PostgresException (0x80004005): 42P01: relation …"; " ---> " where another exception holds it.
_RAISED = re.compile(r"\s{0,12}(?:---> )?(?P<dotted>[A-Z][\w.]{2,120}Exception)(?: \(0x[0-9A-Fa-f]{8}\))?: .")
_FRAME = re.compile(r"\s{6,16}at \S|\s{6,16}--- ")


def scan(table: Sequence[Row], at: int, origin: Origin) -> tuple[LogEvent, int] | None:
    """Return the event of a message that begins at ``table[at]`` and the index after it, or ``None``."""
    head = table[at]
    if head.text[4:6] != ": " or head.record is not None or not _HEAD.match(head.text):
        return None
    end = at + 1
    while end < len(table) and end - at < _MOST_LINES and _goes_on(table, end):
        end += 1
    body = [row for row in table[at + 1 : end] if row.text.strip()]
    if not body:
        return None
    told = _told(body) or body[0]
    text = f"{head.text} {body[0].text.strip()}"
    if told is not body[0]:
        text = f"{text} {told.text.strip().removeprefix('---> ')}"
    event = _events.of_line(head._replace(text=text[:LONGEST]), origin)
    event = _events.with_trail(event, table[at + 1 : end])
    found = _RAISED.match(told.text)
    sql = _statement(body) if event.sql is None else event.sql
    return replace(event, exception=found["dotted"] if found else event.exception, sql=sql), end


def _told(body: Sequence[Row]) -> Row | None:
    """Return the line of the exception that says most; of one that only hides another, its own."""
    raised = [(row, found) for row in body if (found := _RAISED.match(row.text))]
    said = _inner.telling([(found["dotted"], row.text[found.end() - 1 :]) for row, found in raised])
    return next((row for row, found in reversed(raised) if said and found["dotted"] == said[0]), None)


def _goes_on(table: Sequence[Row], at: int) -> bool:
    if table[at].text.strip():
        return table[at].text.startswith(_INDENT)
    # Npgsql puts a blank line between its message and the position in the statement.
    return at + 1 < len(table) and table[at + 1].text.startswith(_INDENT)


def _statement(body: Sequence[Row]) -> str | None:
    """Return the SQL that EF Core writes beneath "Failed executing DbCommand"."""
    if "executing DbCommand" not in body[0].text:
        return None
    lines: list[str] = []
    for row in body[1:]:
        if _RAISED.match(row.text) or _FRAME.match(row.text):
            break
        lines.append(row.text.strip())
    return "\n".join(lines) or None
