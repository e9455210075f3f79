"""A log of any length, a piece at a time → its beginning, its end, and between them what is worth reading.

A log up to about a megabyte is kept whole. Of a larger one the beginning and the end are, and between them the
surroundings of remarkable lines, and after each of those the first lines which say that a program serves: a scary line
that is followed by service is no incident.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from incidentlab.collectors import _context, _scan
from incidentlab.collectors._context import line_end, line_start
from incidentlab.collectors._longline import LONGEST, excerpt
from incidentlab.collectors._numbers import Numbers
from incidentlab.collectors._sample import Passage, Sample
from incidentlab.collectors._search import Search
from incidentlab.collectors._serving import Service
from incidentlab.collectors._words import Build


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is kept whole, in bytes: of a small log all, of a large one its beginning and its end."""

    whole: int = 1 << 20
    head: int = 128 << 10
    tail: int = 256 << 10


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that follow each other without a gap; ``first_line`` counts from 1."""

    first_line: int
    lines: tuple[bytes, ...]


class Digest:
    """Takes a log as it comes; whatever its length, some ten megabytes are kept.

    Args:
        literals: the strings by which causes recognise messages.
        service: those by which a program is known to serve.
        sizes: how much is kept whole.
        build: makes a scanner; tests give another one.
    """

    def __init__(
        self, literals: Sequence[str], service: Sequence[str], sizes: Sizes | None = None, build: Build = _scan.build
    ) -> None:
        self._sizes = sizes or Sizes()
        self.search = Search(literals, build)
        self.service = Service(service, build)
        self._buffer = bytearray()  # what stands before the lines not yet searched, and these
        self._next = 0  # where in the buffer these begin
        self._line = 1  # the number of the first of them
        self._head: tuple[bytes, ...] | None = None  # the first lines, once the log has proved to be a large one
        self._sample = Sample()

    def add(self, block: bytes) -> None:
        """Take the next bytes; they may end within a line."""
        self._buffer += block
        if len(self._buffer) - self._next > self._sizes.whole + self._sizes.tail:
            self._settle()

    def finish(self) -> None:
        """The log is over: of a large one, keep no more than its end whole."""
        if len(self._buffer) - self._next > (self._sizes.whole if self._head is None else self._sizes.tail):
            self._settle()

    @property
    def lines(self) -> int:
        """How many lines there were so far."""
        rest = self._buffer.count(b"\n", self._next)
        return self._line - 1 + rest + (not self._buffer.endswith(b"\n") and len(self._buffer) > self._next)

    def left_out(self) -> dict[int, int]:
        """Return line → how many of its shape were left out after it."""
        return self._sample.left_out()

    def pieces(self) -> Iterator[Piece]:
        """Give what is worth reading of the log so far, in its order."""
        kept: dict[int, bytes] = {}
        passages = list(self._sample.passages())
        for passage in (*passages, *self.service.after(passages)):
            kept.update(enumerate(passage.text.split(b"\n"), passage.first_line))
        kept.update(enumerate(self._head or (), 1))
        if len(self._buffer) > self._next:
            end = bytes(self._buffer[self._next :]).removesuffix(b"\n")
            kept.update(enumerate(end.split(b"\n"), self._line))
        return _runs(kept)

    def _settle(self) -> None:
        """Search all but the log's end so far, keep what is remarkable, and let go of the rest."""
        end = line_start(self._buffer, len(self._buffer) - self._sizes.tail)
        if end <= self._next:
            return
        if self._head is None:
            self._keep_head(end)
        if end > self._next:
            self._keep_remarkable(end)
            self._pass(end)
        low = line_start(self._buffer, max(0, end - _context.MOST_BEFORE))
        del self._buffer[:low]
        self._next = end - low

    def _pass(self, end: int) -> None:
        self._line += self._buffer.count(b"\n", self._next, end)
        self._next = end

    def _keep_head(self, most: int) -> None:
        """Keep the first lines; of what is remarkable in them only what comes after it is still of interest."""
        end = line_start(self._buffer, min(self._sizes.head, most))
        self._head = tuple(bytes(self._buffer[:end]).split(b"\n")[:-1])
        seen = self.search.seen(self._buffer, 0, end, Sample())
        if seen:
            numbers = Numbers(self._buffer, 0, 1)
            self.service.keep_after(numbers.of(seen[-1].last))
            self.service.look(self._buffer, [seen[-1].last], end, numbers, 0)
        self._pass(end)

    def _keep_remarkable(self, end: int) -> None:
        seen = self.search.seen(self._buffer, self._next, end, self._sample)
        places = sorted({place for one in seen for place in (one.first, one.last)})
        numbers = Numbers(self._buffer, self._next, self._line)

        def take(place: int, whole: bool) -> Passage:
            return self._passage(place, numbers.of(place), whole)

        for one in seen:
            self._sample.add(one, take)
        self.service.look(self._buffer, places, end, numbers, self._next)
        self.service.prune(self._sample.passages)

    def _passage(self, place: int, number: int, whole: bool) -> Passage:
        begin, end = line, last = line_start(self._buffer, place), line_end(self._buffer, place, len(self._buffer))
        if last - line > LONGEST:
            return Passage(number, excerpt(bytes(self._buffer[line:last]), place - line), number)
        if whole:
            begin, end = _context.span(self._buffer, line, 0, len(self._buffer))
        before = self._buffer.count(b"\n", begin, line)
        return Passage(number - before, bytes(self._buffer[begin:end]), number)


def _runs(kept: dict[int, bytes]) -> Iterator[Piece]:
    run: list[bytes] = []
    first = 0
    for number in sorted(kept):
        if number != first + len(run):
            if run:
                yield Piece(first, tuple(run))
            run, first = [], number
        run.append(kept[number])
    if run:
        yield Piece(first, tuple(run))
