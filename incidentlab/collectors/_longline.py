"""Lines without end: what is kept of them, in bounded memory.

A file may be one line of ten gigabytes: JSON without line ends, a binary dump, a progress bar. Its beginning says what
it is; beyond that only the surroundings of what is remarkable are kept, joined by an ellipsis.
"""

from collections.abc import Iterator

from incidentlab.collectors._search import Search

LONGEST = 16 << 10  # bytes; longer lines are shortened to what the readers of events look at anyway
_GAP = " … ".encode()
_HEAD = 1 << 10  # bytes of a long line's beginning
_BEFORE, _AFTER = 2 << 10, 8 << 10  # bytes around what is remarkable
_ENDLESS = 1 << 20  # bytes without a line end, after which the line is not kept any more
_MOST_EXCERPTS = 4


def excerpt(line: bytes, place: int) -> bytes:
    """Return a long line's beginning and what is around a place in it."""
    begin = max(_HEAD, place - _BEFORE)
    return line[:_HEAD] + (_GAP if begin > _HEAD else b"") + line[begin : max(begin, place) + _AFTER]


class Shortener:
    """Lets a log's bytes through, and of a line without end its first megabyte and a few excerpts.

    Args:
        search: tells what is remarkable; asked only within such a line.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._open = 0  # bytes since the last line end
        self._excerpts = 0
        self._seam = b""  # the end of what was dropped last: a string may lie across

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Take the next bytes of the log; give what is kept of them."""
        if self._open > _ENDLESS:
            end = block.find(b"\n")
            yield from self._drop(block if end < 0 else block[:end])
            if end < 0:
                return
            block = block[end:]
        last = block.rfind(b"\n")
        self._open = self._open + len(block) if last < 0 else len(block) - last - 1
        if last >= 0:
            self._excerpts, self._seam = 0, b""
        yield block

    def _drop(self, piece: bytes) -> Iterator[bytes]:
        text = self._seam + piece
        if self._excerpts < _MOST_EXCERPTS:
            place = next(self._search.every.hits(text, 0, len(text)), None)
            if place is not None:
                self._excerpts += 1
                yield _GAP + text[max(0, place - _BEFORE) : place + _AFTER]
        self._seam = text[-_BEFORE:]
