"""Pieces of a log → events with the line numbers of the whole log."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from incidentlab.collectors import log
from incidentlab.collectors._digest import Piece
from incidentlab.collectors._longline import LONGEST, excerpt
from incidentlab.collectors._search import Search
from incidentlab.model.evidence import LogEvent

_REPLACED = "\ufffd"

Shown = Callable[[int, int], str]  # first and last line → the command that shows them


class Reader:
    """Reads pieces into events; a piece that was read before is not read again.

    Args:
        source: what wrote the log.
        shown: makes the command by which a person sees an event's lines.
        search: tells what matters in a line that is too long.
    """

    def __init__(self, source: str, shown: Shown, search: Search) -> None:
        self._source = source
        self._shown = shown
        self._search = search
        self._read: dict[Piece, tuple[LogEvent, ...]] = {}

    def events(self, pieces: Iterable[Piece], left_out: Mapping[int, int]) -> tuple[LogEvent, ...]:
        """Return the events of all pieces in order, each with how many like it were left out after it."""
        self._read = {piece: self._read.get(piece) or self._of(piece) for piece in pieces}
        events = [event for found in self._read.values() for event in found]
        return _with_repeats(events, left_out)

    def _of(self, piece: Piece) -> tuple[LogEvent, ...]:
        lines = [self._text(line) for line in piece.lines]
        return tuple(self._placed(event, piece.first_line - 1) for event in log.read(lines, self._source))

    def _placed(self, event: LogEvent, before: int) -> LogEvent:
        first, last = event.first_line + before, event.last_line + before
        start = f"log:{self._source}:{event.first_line}"
        return replace(
            event,
            id=f"log:{self._source}:{first}{event.id.removeprefix(start)}",
            first_line=first,
            last_line=last,
            key_lines=tuple((number + before, text) for number, text in event.key_lines),
            command=self._shown(first, last),
        )

    def _text(self, line: bytes) -> str:
        if len(line) > LONGEST:
            line = excerpt(line, next(self._search.every.hits(line, 0, len(line)), 0))
        text = line.decode("utf-8", "replace")
        if _REPLACED in text and not any(ord(letter) > 127 and letter != _REPLACED for letter in text):
            return line.decode("cp1252", "replace")  # no UTF-8 at all: a server of a western language
        return text


def _with_repeats(events: Sequence[LogEvent], left_out: Mapping[int, int]) -> tuple[LogEvent, ...]:
    firsts = [event.first_line for event in events]
    counted: dict[int, int] = {}
    for line, count in left_out.items():
        index = bisect_right(firsts, line) - 1
        if index >= 0:
            counted[index] = max(count, counted.get(index, 0))
    return tuple(
        replace(event, repeats=event.repeats + counted[index]) if index in counted else event
        for index, event in enumerate(events)
    )
