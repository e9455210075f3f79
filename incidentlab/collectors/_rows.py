"""Lines of any origin → rows: numbered, cleaned, without secrets. Formats with a prefix are told apart from here on."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from incidentlab.logtext import clean_line
from incidentlab.model.events import LogLine
from incidentlab.redact import Redactor

# What is kept of one line; nobody reads more, and a line without end must not fill the memory.
LONGEST = 16_384

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)"
)
_MOMENT_WITHIN = 96  # characters from the start of a line in which its time stands


@dataclass(frozen=True, slots=True)
class Row:
    """One line as the readers see it; ``number`` counts from 1 in its log."""

    number: int
    text: str
    at: datetime | None = None


def rows(lines: Iterable[LogLine | str]) -> Iterator[Row]:
    """Give a row for each line, in order; none is left out, so that line numbers stay those of the log.

    A :class:`LogLine` is clean already and keeps its number and time. A plain string is freed of its line end,
    terminal and control sequences and secrets, and its time is read from its beginning where it names its zone.
    """
    redactor = Redactor()
    number = 0
    for line in lines:
        number += 1
        if isinstance(line, LogLine):
            number = max(number, line.number)
            yield Row(number, line.text[:LONGEST], line.at)
        else:
            text = redactor.text(clean(line))
            yield Row(number, text, moment(text))


def clean(line: str) -> str:
    """Return the line without its end, terminal sequences and control characters, at most ``LONGEST`` long."""
    text = line[: LONGEST + 2].rstrip("\r\n")
    return (text if text.isprintable() else clean_line(text))[:LONGEST]


def moment(text: str) -> datetime | None:
    """Return the time that stands near the start of a line, or ``None`` where there is none or its zone is unknown."""
    found = _MOMENT.search(text, 0, _MOMENT_WITHIN)
    if not found:
        return None
    zone = found["zone"]
    offset = "+00:00" if zone[0] not in "+-" else zone if len(zone) != 3 else f"{zone}:00"
    part = (found["part"] or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{found['day']}T{found['time']}.{part}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None  # it looked like a time and is none, as 2026-13-41
