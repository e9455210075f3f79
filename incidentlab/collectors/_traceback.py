"""Python tracebacks: a whole chain of exceptions as one block, whatever stands before each of its lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from incidentlab.collectors import _languages, _trail
from incidentlab.collectors._rows import Row

HEADER = "Traceback (most recent call last):"
_CHAINED = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
_RAISED = re.compile(r"(?P<dotted>[A-Za-z_][\w.]{0,199})(?::(?: (?P<message>.*))?)?$")
# An exception that a program printed without its traceback; only the classes that speak of a database.
_BARE = re.compile(
    r"(?P<lead>(?:[\w.\-]{1,80} {1,40}\| )?)(?:psycopg2?|asyncpg|pg8000|sqlalchemy|django\.db)\.[\w.]{1,120}: "
)
_FRAME = '  File "'
_BARE_STARTS = ("psycopg", "asyncpg.", "pg8000.", "sqlalchemy.", "django.db")
_WRAPPED = re.compile(r"(?P<dotted>[\w.]{1,160}): \((?P<within>[\w.]{1,120})\) (?P<message>.{0,200})")
# What may follow the exception's own line and still belongs to its message.
_CONTINUED = ("\t", " ", "connection to server ", "Process ", *_trail.CONTINUED)
_AFTER_BLANK = ("[SQL", " [SQL", "[parameters", "(Background", "LINE ", "DETAIL:", "HINT:", "CONTEXT:")
# pydantic names a field on one line, and what is wrong with it on the next.
_FIELD = re.compile(r"[\w.\-\[\]]{1,120}(?: -> [\w.\-\[\]]{1,120}){0,8}$")
_LONGEST_STATEMENT = 400  # lines of one [SQL: …]
_PACKAGE = re.compile(r"\s{0,8}\"?File \".{0,400}?(?:site-packages|dist-packages)/(?P<name>\w{1,64})")
# A frame whose indentation was lost on the way, as in spreadsheets' exports.
_FLAT_FRAME = re.compile(r"\"?File \"{1,2}[^\"]{1,400}\"{1,2}, line \d{1,8}")
_DIGITS = str.maketrans("123456789", "000000000")


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception of a chain: its class, its line, and the rows that its message goes on in."""

    dotted: str
    row: Row
    more: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A chain of exceptions as it was printed, oldest first; ``end`` is the index after its last row."""

    end: int
    raised: tuple[Raised, ...]
    packages: tuple[str, ...]


def scan(table: Sequence[Row], start: int) -> Block | None:
    """Return the block of exceptions that begins at ``table[start]``, or ``None`` where none begins there.

    What stands before "Traceback" (``ERROR:``, a worker's name and time) is taken off the following lines as far as
    they share it, whatever its digits. Each row is looked at a fixed number of times, so that the reading stays linear.
    """
    text = table[start].text
    if HEADER in text and text.rstrip().endswith(HEADER):
        lead = _lead(table, start)
        at, bare = start + 1, False
    elif text.startswith(_FRAME) and not (start and table[start - 1].text.startswith(" ")):
        lead, at, bare = "", start, False  # the log begins within a traceback
    elif text.startswith(_BARE_STARTS) or " | " in text[:124]:
        found = _BARE.match(text)
        if not found:
            return None
        lead, at, bare = found["lead"], start, True
    else:
        return None
    return _chain(table, at, lead, bare=bare)


def _chain(table: Sequence[Row], at: int, lead: str, *, bare: bool) -> Block | None:
    raised: list[Raised] = []
    packages: dict[str, None] = {}
    while True:
        if not bare:
            at = _pass_frames(table, at, lead, packages)
        one = _exception(table, at, lead)
        if one is None:
            break
        raised.append(one)
        at += 1 + len(one.more)
        following = _next_in_chain(table, at, lead, one)
        if following is None:
            break
        at, bare = following
    return Block(at, tuple(raised), tuple(packages))


def _lead(table: Sequence[Row], start: int) -> str:
    before = table[start].text.rstrip().removesuffix(HEADER)
    if start + 1 >= len(table) or not before:
        return ""
    following = table[start + 1].text
    if before.strip() and _same_shape(before, following):
        return before
    shared = _common(before, following)
    frame = following[len(shared) :]
    # "web_1  | ERROR:    Traceback" and "web_1  |   File": the spaces of the frame may be shared too.
    return shared if frame.startswith("  ") or not shared.strip() else shared.rstrip() + " "


def _common(one: str, other: str) -> str:
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def _same_shape(lead: str, text: str) -> bool:
    # [2022-07-05 13:54:15,882: WARNING/ForkPoolWorker-1]: the time goes on from line to line.
    return text[: len(lead)].translate(_DIGITS) == lead.translate(_DIGITS)


def _stripped(row: Row, lead: str) -> str | None:
    text = row.text
    if not lead:
        return text
    if text.startswith(lead):
        return text[len(lead) :]
    if not lead.strip():
        return "" if not text.strip() else None
    if _same_shape(lead, text):
        return text[len(lead) :]
    # A logger writes its lead once a message; the lines within are bare.
    return text if "|" not in lead or not text.strip() else "" if text.rstrip() == lead.rstrip() else None


def _pass_frames(table: Sequence[Row], at: int, lead: str, packages: dict[str, None]) -> int:
    code = False  # the line after a frame without indentation is its code, whatever it is
    while at < len(table):
        text = _stripped(table[at], lead)
        if text is None:
            break
        flat = text[:6].startswith(('File "', '"File ')) and _FLAT_FRAME.match(text) is not None
        marks = bool(text) and not text.strip("^~ ")
        if not (text.startswith((" ", "\t")) or flat or marks or (code and not _ends_frames(text))):
            break
        code = flat
        found = _PACKAGE.match(text.replace('""', '"') if flat else text)
        if found:
            packages[found["name"]] = None
        at += 1
    return at


def _ends_frames(text: str) -> bool:
    found = _RAISED.match(text)
    return not text.strip() or text.strip() in _CHAINED or bool(found and text.partition(":")[0].endswith(_ENDINGS))


_ENDINGS = ("Error", "Exception", "Warning", "Exit", "Interrupt", "Violation", "Failed", "Canceled", "Timeout")


def _exception(table: Sequence[Row], at: int, lead: str) -> Raised | None:
    if at >= len(table):
        return None
    text = _stripped(table[at], lead)
    found = _RAISED.match(text) if text else None
    if text is None or not found or table[at].record is not None:
        return None
    more = _message(table, at + 1, lead)
    return Raised(found["dotted"], table[at]._replace(text=text), more)


def _message(table: Sequence[Row], at: int, lead: str) -> tuple[Row, ...]:
    more: list[Row] = []
    statement = 0  # how many lines of an open [SQL: … have been seen
    while at < len(table) and table[at].record is None:
        text = _stripped(table[at], lead)
        if text is None:
            break
        if statement and statement < _LONGEST_STATEMENT:
            statement = 0 if text.rstrip().endswith("]") else statement + 1
        elif not text.strip():
            if not _goes_on(table, at, lead):
                break
        elif text.startswith(_CONTINUED) or (not text.isascii() and _languages.part(text)):
            statement = int("[SQL" in text and "]" not in text.rstrip()[-1:] and "(Background" not in text)
        elif not (_FIELD.match(text) and at + 1 < len(table) and table[at + 1].text.startswith("  ")):
            break
        more.append(table[at]._replace(text=text))
        at += 1
    return tuple(more)


def _goes_on(table: Sequence[Row], at: int, lead: str) -> bool:
    # psycopg 2 ends its messages with blank lines; SQLAlchemy writes its own after them.
    for row in table[at : at + 3]:
        text = _stripped(row, lead)
        if text is None:
            return False
        if text.strip():
            return text.startswith(_AFTER_BLANK)
    return False


def _next_in_chain(table: Sequence[Row], at: int, lead: str, last: Raised) -> tuple[int, bool] | None:
    """Return where the following exception of the chain begins, and whether it stands there without its frames."""
    linked = False
    for index in range(at, min(at + 8, len(table))):
        text = _stripped(table[index], lead)
        if text is None:
            return None
        if text.strip() in _CHAINED:
            linked = True
        elif text.strip():
            if text.strip() == HEADER and linked:
                return index + 1, False
            if not (linked or _wraps(text, last)):
                return None
            return (index, True) if _RAISED.match(text) else None
    return None


def _wraps(text: str, last: Raised) -> bool:
    """Whether a line is the exception that was raised from the last one, its traceback and the link left out."""
    if not text.startswith(("sqlalchemy.", "django.db")):
        return False
    message = last.row.text.partition(": ")[2]
    found = _WRAPPED.match(text)
    if found:
        return found["within"] == last.dotted and found["message"][:80] == message[:80]
    return bool(message) and text.partition(": ")[2] == message
