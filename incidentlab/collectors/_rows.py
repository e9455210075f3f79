"""Lines of any origin → rows: numbered, cleaned, without secrets, freed of what a runtime wrote before them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from incidentlab.collectors import _prefix, _record, _services
from incidentlab.collectors._moments import moment
from incidentlab.collectors._record import Record
from incidentlab.logtext import clean_line
from incidentlab.model.events import LogLine
from incidentlab.redact import Redactor

# What is kept of one line; nobody reads more, and a line without end must not fill the memory.
LONGEST = 16_384
# Read on past that, so that a secret which lies across the end is seen whole; a JSON line is cut only when unpacked.
_MARGIN = 4_096
_LONGEST_RECORD = 131_072
_MOST_WRAPS = 3
_AT_ONCE = 32  # lines that are looked at together


class Origin(NamedTuple):
    """Where lines come from: the log, the command that shows it, the service and, of several, which replica."""

    source: str
    command: str
    service: str = ""
    speaker: str = ""


class Row(NamedTuple):
    """One line as the readers see it; ``number`` counts from 1 in its log.

    ``speaker`` is who said it where the log says so, each replica by itself; ``record`` what a structured line holds;
    ``part`` is set where the runtime broke a long line and the rest is in the speaker's next, and then
    ``last`` the number of the last piece; ``dated`` where ``at`` comes from the runtime, not from the program's text.
    """

    number: int
    text: str
    at: datetime | None = None
    speaker: str = ""
    record: Record | None = None
    part: bool = False
    dated: bool = False
    last: int = 0

    @property
    def end(self) -> int:
        """Return the number of its last line: of a line that was broken, that of the last piece."""
        return self.last or self.number


def rows(lines: Iterable[LogLine | str]) -> Iterator[Row]:
    """Give a row for each line, in order; none is left out, so that line numbers stay those of the log.

    A :class:`LogLine` is clean already and keeps its number and time. A plain string is freed of its line end,
    terminal and control sequences and secrets, and its time is read from its beginning where it names its zone.
    """
    given = list(lines)
    texts = [line.text[:LONGEST] if isinstance(line, LogLine) else clean(line) for line in given]
    names = _services.named(texts)
    harmless = _harmless(texts)
    redactors: dict[str, Redactor] = {}
    number = 0
    for line, text, leave in zip(given, texts, harmless, strict=True):
        number += 1
        if not (leave or "{" in text or isinstance(line, LogLine)):
            # Before its beginning is taken off: what names a secret may stand there.
            text = _redacted(text, Redactor())
        peeled = _prefix.peel(text, names)
        if not peeled.speaker and names and (ended := _services.of_ended(text, names)):
            peeled = peeled._replace(speaker=ended)
        if isinstance(line, LogLine):
            number = max(number, line.number)
            yield _row(number, peeled._replace(at=line.at), None)
            continue
        # Each speaker has its own too: a private key goes on over several lines, which others' may come between.
        redactor = redactors.get(peeled.speaker)
        if redactor is None:
            redactor = redactors[peeled.speaker] = Redactor()
        yield _row(number, peeled, None if leave and not redactor.within_key else redactor)


def _harmless(texts: Sequence[str]) -> Iterator[bool]:
    """Give for each line whether it surely holds no secret; one look at many is enough where none of them does."""
    redactor = Redactor()
    for start in range(0, len(texts), _AT_ONCE):
        several = texts[start : start + _AT_ONCE]
        # What stands within JSON is looked at when it has been read: its escapes may hide it here.
        if redactor.leaves("\n".join(several)):
            yield from ("{" not in text for text in several)
        else:
            yield from ("{" not in text and redactor.leaves(text) for text in several)


def clean(line: str) -> str:
    """Return the line without its end, terminal sequences and control characters, bounded in length."""
    limit = _LONGEST_RECORD if line[:1] == "{" or line[:400].count("{") else LONGEST + _MARGIN
    text = line[: limit + 2].rstrip("\r\n")
    return (text if text.isprintable() else clean_line(text))[:limit]


def _row(number: int, peeled: _prefix.Peeled, redactor: Redactor | None) -> Row:
    text, speaker, at, part = peeled
    for _ in range(_MOST_WRAPS):
        record = _record.read(text) if text[:1] == "{" and text.rstrip()[-1:] == "}" else None
        if record is None:
            break
        at = at or record.at
        speaker, part = speaker or record.service, part or record.part
        if not record.wraps:
            return _recorded(number, record, at, speaker, redactor)
        inner = _prefix.peel(clean_line(record.text))
        text, at = inner.text, inner.at or at
        speaker = speaker or inner.speaker
    if redactor is not None:
        text = _redacted(text, redactor)
    return Row(number, text[:LONGEST], at or moment(text), speaker, None, part, at is not None)


def _recorded(number: int, record: Record, at: datetime | None, speaker: str, redactor: Redactor | None) -> Row:
    def safe(text: str) -> str:
        text = clean_line(text)
        return (_redacted(text, redactor) if redactor else text)[:LONGEST]

    text = safe(record.text.replace("\n", " "))
    record = record._replace(
        text=text,
        more=tuple(safe(line) for line in record.more[:2_000]),
        server=tuple((part, "\n".join(safe(line) for line in said.split("\n"))) for part, said in record.server),
    )
    return Row(number, text, at, speaker, record)


def _redacted(text: str, redactor: Redactor) -> str:
    masked = redactor.text(text)
    # The end of a cut line may be half a secret.
    return masked if len(text) < LONGEST + _MARGIN else masked[: min(LONGEST, max(len(masked) - _MARGIN, 0))]
