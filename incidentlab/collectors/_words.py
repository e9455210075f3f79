"""A set of strings to look for, with a bound: what is found too often is counted instead of looked at."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple

from incidentlab.collectors._context import line_end, line_start
from incidentlab.collectors._scan import Buffer, Scanner

Build = Callable[[Sequence[bytes]], Scanner]

_MOST = 256  # lines that are looked at, before the strings found most often are counted only
_OFTEN = 16  # of these lines
_START = 2  # bytes by which the string at a place is looked up
_SETS = 12  # scanners for what is left of the strings; a log has few such sets


class Hit(NamedTuple):
    """Where a string was found, which one, and how many more of it were passed over before."""

    place: int
    word: bytes
    passed: int = 0


class Words:
    """Finds strings of a set in text, and says which one is where.

    Args:
        words: the strings.
        build: makes a scanner of them.
    """

    def __init__(self, words: Sequence[bytes], build: Build) -> None:
        self._words = tuple(words)
        self._scanner = lru_cache(_SETS)(build)

    @property
    def scanner(self) -> Scanner:
        """The scanner for all of them."""
        return self._scanner(self._words)

    @cached_property
    def _by_start(self) -> dict[bytes, list[bytes]]:
        found: dict[bytes, list[bytes]] = {}
        for word in sorted(self._words, key=len, reverse=True):
            found.setdefault(word[:_START], []).append(word)
        return found

    def at(self, text: Buffer, place: int) -> bytes:
        """Return the longest string that stands at a place, or nothing."""
        candidates = self._by_start.get(bytes(text[place : place + _START]), [])
        return next((word for word in candidates if text.startswith(word, place)), b"")

    def bounded(self, text: bytes) -> Iterator[Hit]:
        """Give the leftmost string of each line that holds one, in a bounded number.

        After some hundred lines those strings are given up which most of them held: of each, its last place is given
        once more, with the number of those passed over. So a text in which every line is found costs hardly more than
        one in which none is, and a rare string in it is still found.
        """
        words, start = self._words, 0
        given_up: list[bytes] = []
        while words:
            places = list(islice(self._scanner(words).hits(text, start, len(text)), _MOST))
            found = [Hit(place, self.at(text, place)) for place in places]
            yield from found
            if len(found) < _MOST:
                return
            start = line_end(text, places[-1], len(text))
            counts = Counter(hit.word for hit in found)
            often = [word for word, count in counts.most_common() if count >= _OFTEN]
            for word in often:
                yield from _rest(text, start, word, [hit.place for hit in found if hit.word == word], given_up)
            given_up += often
            words = tuple(word for word in words if word not in often)


def _rest(text: bytes, start: int, word: bytes, before: Sequence[int], given_up: Sequence[bytes]) -> Iterator[Hit]:
    """Give the last place of a string that is given up, and how many there are from ``start`` on."""
    last = text.rfind(word, start)
    if last < 0:
        return
    lines = [text[line_start(text, place) : line_end(text, place, len(text))] for place in before]
    # Lines which hold one that was given up earlier have been counted by that.
    counted = any(other in line for line in lines for other in given_up)
    yield Hit(last, word, 0 if counted else text.count(word, start) - 1)
