"""Python tracebacks: a whole chain of exceptions as one block, whatever stands before each of its lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
# What may follow the exception's own line and still belongs to its message.
_CONTINUED = ("\t", " ", "LINE ", "DETAIL:", "HINT:", "CONTEXT:", "QUERY:", "[SQL", "[parameters", "(Background")
_AFTER_BLANK = ("[SQL", " [SQL", "[parameters", "(Background", "LINE ", "DETAIL:", "HINT:", "CONTEXT:")
_LONGEST_STATEMENT = 400  # lines of one [SQL: …]
_PACKAGE = re.compile(r"\s{1,8}File \".{0,400}?(?:site-packages|dist-packages)/(?P<name>\w{1,64})")


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

    What stands before "Traceback" (a container's name, ``ERROR:``) is taken off the following lines as far as they
    share it. Each row is looked at a fixed number of times, so that the reading stays linear.
    """
    text = table[start].text
    if text.rstrip().endswith(HEADER):
        lead = _lead(table, start)
        at, bare = start + 1, False
    else:
        found = _BARE.match(text)
        if not found:
            return None
        lead, at, bare = found["lead"], start, True
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
        following = _next_in_chain(table, at, lead)
        if following is None:
            break
        at, bare = following
    return Block(at, tuple(raised), tuple(packages))


def _lead(table: Sequence[Row], start: int) -> str:
    before = table[start].text.rstrip().removesuffix(HEADER)
    if start + 1 >= len(table):
        return ""
    shared = _common(before, table[start + 1].text)
    frame = table[start + 1].text[len(shared) :]
    # "web_1  | ERROR:    Traceback" and "web_1  |   File": the spaces of the frame may be shared too.
    return shared if frame.startswith("  ") or not shared.strip() else shared.rstrip() + " "


def _common(one: str, other: str) -> str:
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def _stripped(row: Row, lead: str) -> str | None:
    if row.text.startswith(lead):
        return row.text[len(lead) :]
    return "" if row.text.rstrip() == lead.rstrip() else None


def _pass_frames(table: Sequence[Row], at: int, lead: str, packages: dict[str, None]) -> int:
    while at < len(table):
        text = _stripped(table[at], lead)
        if text is None or not text.startswith((" ", "\t")):
            break
        found = _PACKAGE.match(text)
        if found:
            packages[found["name"]] = None
        at += 1
    return at


def _exception(table: Sequence[Row], at: int, lead: str) -> Raised | None:
    if at >= len(table):
        return None
    text = _stripped(table[at], lead)
    found = _RAISED.match(text) if text else None
    if text is None or not found:
        return None
    more = _message(table, at + 1, lead)
    return Raised(found["dotted"], replace(table[at], text=text), more)


def _message(table: Sequence[Row], at: int, lead: str) -> tuple[Row, ...]:
    more: list[Row] = []
    statement = 0  # how many lines of an open [SQL: … have been seen
    while at < len(table):
        text = _stripped(table[at], lead)
        if text is None:
            break
        if statement and statement < _LONGEST_STATEMENT:
            statement = 0 if text.rstrip().endswith("]") else statement + 1
        elif not text.strip():
            if not _goes_on(table, at, lead):
                break
        elif text.startswith(_CONTINUED):
            statement = int("[SQL" in text and "]" not in text.rstrip()[-1:] and "(Background" not in text)
        else:
            break
        more.append(replace(table[at], text=text))
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


def _next_in_chain(table: Sequence[Row], at: int, lead: str) -> tuple[int, bool] | None:
    """Return where the following exception of the chain begins, and whether it stands there without its frames."""
    linked = False
    for index in range(at, min(at + 8, len(table))):
        text = _stripped(table[index], lead)
        if text is None:
            return None
        if text.strip() in _CHAINED:
            linked = True
        elif text.strip():
            if not linked:
                return None
            if text.strip() == HEADER:
                return index + 1, False
            return (index, True) if _RAISED.match(text) else None
    return None
