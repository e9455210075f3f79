"""PostgreSQL's server log: a message with its DETAIL, HINT and STATEMENT as one block.

Source: ``log_line_prefix`` in PostgreSQL's manual (default ``%m [%p] ``; people add users, databases, hosts, and
managed services their own: RDS ``%t:%r:%u@%d:[%p]:``, Azure ``%t-%c-``, Cloud SQL ``%m [%p]: [%l-1] db=%d,user=%u ``)
and elog.c, which writes a message with all of its parts at once and puts a tab before each further line.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidentlab.collectors import _languages, _moments
from incidentlab.collectors._rows import Row

_LEVELS = frozenset(
    {"LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC", "DEBUG"}
    | {f"DEBUG{level}" for level in range(1, 6)}
)
_PARTS = frozenset({"DETAIL", "HINT", "CONTEXT", "QUERY", "STATEMENT", "LOCATION", "BACKTRACE"})
_PREFIX_WITHIN = 240
_LONGEST_WORD = 24  # characters of a level or a part in any language
_PID = re.compile(r"\[(?P<pid>\d{1,10})(?:-\d{1,8})?\]")
_DATED = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d|\d{10}\.\d{3}\b")
# Words and quotes that no prefix has: a program's own line that repeats a message of the server.
_NO_PREFIX = re.compile(
    r"[\"'`{}(]\s|[a-z)\"]: |\b(?:ERROR|WARNING|INFO|CRITICAL|DEBUG|WARN)\b|Error|\berror\b|xception"
)
# What some supervisors write before each line of a program: its name, here the server's, and a colon.
_NAMED = re.compile(
    r"(?=[\w.\-]{0,40}(?:postgres|pg|db|database))[\w.\-]{2,60}: (?=20\d\d-\d\d-\d\d[ T])", re.IGNORECASE
)
_STATE = re.compile(r"(?<![\w])(?P<code>[0-9A-Z]{5})(?![\w])")
_READ_LATE = timedelta(seconds=1)
_MOST_LINES = 2_000  # of one message; a statement may be long, a log without end must not be one event
_CSV_FIELDS = range(22, 27)  # of csvlog, PostgreSQL 9 to 18


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the server; ``rows`` are its lines without their prefix, ``statement`` the SQL it names.

    ``english`` is its level in English where the server speaks another language; ``sqlstate`` what the log itself says.
    """

    end: int
    level: str
    text: str
    rows: tuple[Row, ...]
    statement: str | None
    sqlstate: str | None = None


@dataclass(slots=True)
class _Part:
    name: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the server's: its level in English, as written, what follows, and whose process wrote it."""

    level: str
    word: str
    message: str
    pid: str
    prefix: str


def scan(table: Sequence[Row], start: int, *, bare: bool) -> Message | None:
    """Return the server's message that begins at ``table[start]``, or ``None`` where that is no line of its log.

    Args:
        table: the rows of one speaker.
        start: the row in question.
        bare: this speaker is a server that writes no prefix: its messages begin with their level.
    """
    row = table[start]
    if row.record is not None:
        return _recorded(row, start) if row.record.server else None
    first = _line(row.text, bare=bare)
    if first is None or first.level in _PARTS:
        return _csv(row, start) if row.text.startswith("20") and row.text.count(",") >= 21 else None
    parts = [_Part(first.level, [first.message])]
    # Without a prefix, a time can only be one that the message speaks of.
    when = _when(row, first.prefix) if first.prefix or row.dated else None
    kept = [Row(row.number, f"{first.word}:  {first.message}", when)]
    at = start + 1
    while at < len(table) and at - start < _MOST_LINES:
        text = table[at].text
        if text.startswith("\t"):
            parts[-1].lines.append(text[1:])
            kept.append(table[at])
        else:
            part = _line(text, bare=bare)
            if part is None or part.level not in _PARTS or part.pid != first.pid:
                break
            parts.append(_Part(part.level, [part.message]))
            kept.append(Row(table[at].number, f"{part.word}:  {part.message}", table[at].at))
        at += 1
    state = _STATE.search(first.prefix.rpartition("]")[2]) if first.level not in ("LOG", "DEBUG") else None
    code = state["code"] if state and not state["code"].isalpha() and not state["code"].isdecimal() else None
    return Message(at, first.level, kept[0].text, tuple(kept), _statement(parts), code)


def _when(row: Row, prefix: str) -> datetime | None:
    """Return when the server wrote it by its own clock: a reader of the log may have met it some moments later.

    Only where the two are as near as that; clocks that differ would put an effect before its cause.
    """
    own = _moments.moment(prefix)
    return own if own and row.at and timedelta() <= row.at - own <= _READ_LATE else row.at


def is_bare(table: Sequence[Row]) -> bool:
    """Whether a speaker is a server whose messages have no prefix; only a server says ``LOG:`` of itself."""
    return any(row.text.startswith("LOG:  ") for row in table)


def _line(text: str, *, bare: bool) -> _Line | None:
    # Cheap looks first, and no search: a level, its colon and two blanks; a line of an application hardly has them.
    colon = text.find(":  ", 0, _PREFIX_WITHIN)
    while colon >= 0 and text[colon + 3 : colon + 4] == " ":
        colon = text.find(":  ", colon + 3, _PREFIX_WITHIN)
    if colon < 0:
        if not text.endswith(":") or len(text) > _PREFIX_WITHIN:
            return None
        colon = len(text) - 1
    head = text[:colon].rstrip(" \u00a0")
    start = _word_start(head)
    word, prefix = head[start:], head[:start]
    level = _level(word)
    if not level or prefix[-1:] in (".", "/", "\\"):
        return None
    if not prefix.strip():
        return _Line(level, word, text[colon + 3 :], "", "") if bare else None
    pid = _PID.search(prefix)
    named = _NAMED.match(prefix)
    if not (pid or _DATED.match(prefix)) or _NO_PREFIX.search(prefix, named.end() if named else 0):
        return None
    return _Line(level, word, text[colon + 3 :], pid["pid"] if pid else "", prefix)


def _word_start(head: str) -> int:
    at = len(head)
    while at and head[at - 1].isalnum() and len(head) - at < _LONGEST_WORD:
        at -= 1
    return at


def _level(word: str) -> str:
    if word in _LEVELS or word in _PARTS:
        return word
    if not word or (word.isascii() and word.islower()):
        return ""
    return _languages.levels().get(word) or _languages.parts().get(word, "")


def _statement(parts: Sequence[_Part]) -> str | None:
    for part in parts:
        if part.name == "STATEMENT":
            return "\n".join(part.lines).strip() or None
    return None


def _recorded(row: Row, start: int) -> Message:
    """Return the message that a JSON line holds: PostgreSQL's jsonlog, CloudNativePG."""
    said_parts = row.record.server if row.record else ()
    parts = [_Part(name, said.split("\n")) for name, said in said_parts]
    kept = tuple(Row(row.number, f"{part.name}:  {line}", row.at) for part in parts for line in part.lines[:1])
    state = row.record.sqlstate if row.record else None
    return Message(start + 1, parts[0].name, kept[0].text, kept, _statement(parts), state)


def _csv(row: Row, start: int) -> Message | None:
    """Return the message of a csvlog line; one that goes on over several lines is read as far as its first."""
    fields = next(csv.reader([row.text]), [])
    if len(fields) not in _CSV_FIELDS and len(fields) < 14:
        return None
    level, state, said = fields[11], fields[12], fields[13]
    if level not in _LEVELS:
        return None
    named = (("DETAIL", 14), ("HINT", 15), ("CONTEXT", 18), ("STATEMENT", 19))
    parts = [_Part(level, [said])]
    parts += [_Part(name, [fields[place]]) for name, place in named if place < len(fields) and fields[place]]
    kept = tuple(Row(row.number, f"{part.name}:  {part.lines[0]}", row.at) for part in parts)
    return Message(start + 1, level, kept[0].text, kept, _statement(parts), state if state != "00000" else None)
