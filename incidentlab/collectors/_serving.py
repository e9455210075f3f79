"""After each remarkable line of a large log: the first lines which say that a program serves."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from incidentlab.collectors import _scan
from incidentlab.collectors._context import line_end, line_start
from incidentlab.collectors._numbers import Numbers
from incidentlab.collectors._sample import Passage
from incidentlab.collectors._scan import Buffer, Scanner

_DIFFERENT = 3  # lines of service after one remarkable line: it starts, it listens, it answers
_WITHIN = 32 << 10  # bytes from the first of these in which the others are looked for
_STEP = 128 << 10  # bytes searched at once
_WORD = 6  # bytes by which two lines of service are told apart
_MOST_LOOKED_AT = 40  # lines of service among which these are
_MOST_MARKS = 2_000


class Service:
    """Remembers where service was seen first after something remarkable; nothing is looked for before that.

    Args:
        literals: strings that such lines hold.
        build: makes a scanner.
    """

    def __init__(self, literals: Sequence[str], build: Callable[[Sequence[bytes]], Scanner]) -> None:
        self._literals = literals
        self._build = build
        self._marks: list[tuple[Passage, ...]] = []
        self._anchor = 0  # the last remarkable line of the log's beginning, which is kept in any case
        self.wanting = False  # something remarkable was seen, and no service since

    @cached_property
    def scanner(self) -> Scanner:
        """The scanner for lines of service."""
        return self._build(_scan.spellings(self._literals))

    def look(self, buffer: Buffer, places: Sequence[int], end: int, numbers: Numbers, start: int) -> None:
        """Look for the first service after each place, and first of all for that which an earlier part still wants.

        Args:
            buffer: the log, or a part of it.
            places: where remarkable lines are, in order.
            end: where to stop.
            numbers: counts its lines.
            start: where to begin.
        """
        found = -1
        for place in ([start] if self.wanting else []) + [line_end(buffer, place, end) for place in places]:
            if found > place:
                continue  # the same service comes first after this one too
            found = self._first(buffer, place, end)
            self.wanting = found < 0
            if self.wanting:
                return
            self._marks.append(tuple(self._group(buffer, found, end, numbers)))

    def after(self, passages: Iterable[Passage]) -> list[Passage]:
        """Return the lines of service that come first after some passages."""
        return [line for group in self._needed(passages) for line in group]

    def prune(self, passages: Callable[[], Iterable[Passage]]) -> None:
        """Forget service that stands after nothing which is still kept, if much is remembered."""
        if len(self._marks) > _MOST_MARKS:
            self._marks = self._needed(passages())

    def keep_after(self, line: int) -> None:
        """Keep the first service after a line in any case: the last remarkable one of the log's beginning."""
        self._anchor = line

    def _needed(self, passages: Iterable[Passage]) -> list[tuple[Passage, ...]]:
        firsts = [group[0].line for group in self._marks]
        indexes = {bisect_right(firsts, line) for line in (self._anchor, *(one.line for one in passages))}
        return [self._marks[index] for index in sorted(indexes) if index < len(firsts)]

    def _first(self, buffer: Buffer, place: int, end: int) -> int:
        while place < end:
            # Step by step: where service is frequent it is found in the first, whatever a whole pass would cost.
            until = end if end - place <= _STEP else max(line_start(buffer, place + _STEP), place + 1)
            if until == place + 1:
                until = line_end(buffer, place + _STEP, end)
            found = next(self.scanner.hits(buffer, place, until), None)
            if found is not None:
                return found
            place = until
        return -1

    def _group(self, buffer: Buffer, first: int, end: int, numbers: Numbers) -> Iterator[Passage]:
        words: set[bytes] = set()
        for place in islice(self.scanner.hits(buffer, first, min(end, first + _WITHIN)), _MOST_LOOKED_AT):
            word = bytes(buffer[place : place + _WORD])
            if word not in words:
                words.add(word)
                text = bytes(buffer[line_start(buffer, place) : line_end(buffer, place, len(buffer))])
                yield Passage(numbers.of(place), text, numbers.of(place))
            if len(words) == _DIFFERENT:
                return
