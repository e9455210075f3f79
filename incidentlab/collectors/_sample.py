"""What is kept of a log too large to keep: of each shape of line the first few and the last few, the rest counted."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from incidentlab.collectors import _shape

FEW = 3  # at the beginning, and again at the end
_MOST_SHAPES = 160  # of the causes' own strings; a quarter of it of the generic ones
_MOST_ALIKE = 24  # shapes that differ by the names in quotes alone
_MOST_KNOWN = 4_000  # fine shapes whose key is remembered
_BEYOND = b"~~"  # begins the keys of shapes beyond the bound; of these one at the beginning and one at the end is kept
_MOST_BYTES = 24 << 20  # of all that is kept; then surroundings are left out


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines of the log: ``first_line`` counts from 1, ``line`` is the one for whose sake it is kept."""

    first_line: int
    text: bytes
    line: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A shape within a part of the log: the places of its first and its last line there, and how many there are."""

    key: bytes
    first: int
    last: int
    count: int = 1


Take = Callable[[int, bool], Passage]


class Tell(Protocol):
    """Says what is remarkable about a line."""

    def word(self, line: bytes, place: int) -> bytes:
        """Return the string that was found at a place."""
        ...

    def is_named(self, line: bytes) -> bool:
        """Whether a cause looks for a string of the line."""
        ...


@dataclass(slots=True)
class _Kept:
    first: list[Passage] = field(default_factory=list)
    last: deque[Passage] = field(default_factory=deque)
    left_out: int = 0


class Sample:
    """Collects passages by shape within fixed bounds of number and size."""

    def __init__(self) -> None:
        self._kept: dict[bytes, _Kept] = {}
        self._known: dict[bytes, bytes] = {}  # fine shape → the key it counts under
        self._alike: dict[bytes, int] = {}
        self._keys: set[bytes] = set()
        self._shapes = {True: 0, False: 0}  # by whether a cause looks for them
        self._bytes = 0

    def key(self, shape: bytes, line: bytes, place: int, tell: Tell) -> bytes:
        """Return the key that a fine shape counts under.

        Args:
            shape: the fine shape of the line.
            line: the line itself, and
            place: where in it something was found.
            tell: what was found; asked for shapes beyond the bound, which are told apart by it alone.
        """
        known = self._known.get(shape)
        if known is not None:
            return known
        rough = _shape.coarse(shape)
        alike = self._alike.get(rough, 0)
        key = shape if alike < _MOST_ALIKE else b"~" + rough
        if key not in self._keys:
            full = self._shapes[True] >= _MOST_SHAPES
            named = not full and tell.is_named(line)
            if full or self._shapes[named] >= (_MOST_SHAPES if named else _MOST_SHAPES // 4):
                return _BEYOND + tell.word(line, place)
            self._shapes[named] += 1
            self._keys.add(key)
        if len(self._known) < _MOST_KNOWN:
            self._known[shape] = key
            self._alike[rough] = alike + 1
        return key

    def add(self, seen: Seen, take: Take) -> None:
        """Keep the lines of one shape in one part of the log as far as they are its first or, so far, its last ones.

        Args:
            seen: where they are.
            take: cuts the passage at a place out of the log; its second argument says whether with its surroundings.
        """
        kept = self._kept.setdefault(seen.key, _Kept())
        beyond = seen.key.startswith(_BEYOND)
        few = 1 if beyond else FEW
        kept.left_out += seen.count - (1 if seen.first == seen.last else 2)
        for place in dict.fromkeys((seen.first, seen.last)):
            passage = take(place, (not beyond or not kept.first) and self._bytes < _MOST_BYTES)
            self._bytes += len(passage.text)
            if len(kept.first) < few:
                kept.first.append(passage)
                continue
            kept.last.append(passage)
            if len(kept.last) > few:
                self._bytes -= len(kept.last.popleft().text)
                kept.left_out += 1

    def passages(self) -> Iterator[Passage]:
        """Give all that is kept, in no order."""
        for kept in self._kept.values():
            yield from kept.first
            yield from kept.last

    def left_out(self) -> dict[int, int]:
        """Return line → how many of its shape were left out after it."""
        return {kept.first[-1].line: kept.left_out for kept in self._kept.values() if kept.left_out and kept.first}
