"""PostgreSQL's server log: a message with its DETAIL, HINT and STATEMENT as one block.

Source: ``log_line_prefix`` in PostgreSQL's manual (default ``%m [%p] ``) and elog.c, which writes a message with all of
its parts at once and puts a tab before each further line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from incidentlab.collectors._rows import Row

_LINE = re.compile(
    r"(?P<prefix>.{0,160}?\[(?P<pid>\d{1,10})(?:-\d{1,8})?\][^\[\]\"]{0,100}?)\b"
    r"(?P<level>DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION)"
    r":(?:  (?P<message>.*))?$"
)
_PARTS = frozenset({"DETAIL", "HINT", "CONTEXT", "QUERY", "STATEMENT", "LOCATION"})
_MOST_LINES = 2_000  # of one message; a statement may be long, a log without end must not be one event


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the server; ``rows`` are its lines without their prefix, ``statement`` the SQL it names."""

    end: int
    level: str
    text: str
    rows: tuple[Row, ...]
    statement: str | None


@dataclass(slots=True)
class _Part:
    name: str
    lines: list[str]


def scan(table: Sequence[Row], start: int) -> Message | None:
    """Return the server's message that begins at ``table[start]``, or ``None`` where that is no line of its log."""
    first = _match(table[start].text)
    if not first:
        return None
    parts = [_Part(first["level"], [first["message"] or ""])]
    kept = [Row(table[start].number, f"{first['level']}:  {first['message'] or ''}", table[start].at)]
    at = start + 1
    while at < len(table) and at - start < _MOST_LINES:
        text = table[at].text
        if text.startswith("\t"):
            parts[-1].lines.append(text[1:])
            kept.append(table[at])
        else:
            part = _match(text)
            if not part or part["level"] not in _PARTS or part["pid"] != first["pid"]:
                break
            parts.append(_Part(part["level"], [part["message"] or ""]))
            kept.append(Row(table[at].number, f"{part['level']}:  {part['message'] or ''}", table[at].at))
        at += 1
    return Message(at, first["level"], kept[0].text, tuple(kept), _statement(parts))


def _match(text: str) -> re.Match[str] | None:
    # The cheap look first: hardly any line of an application has both.
    return _LINE.match(text) if "[" in text and (":  " in text or text.endswith(":")) else None


def _statement(parts: Sequence[_Part]) -> str | None:
    for part in parts:
        if part.name == "STATEMENT":
            return "\n".join(part.lines).strip() or None
    return None
