"""Where a part of a log has remarkable lines, by shape: quickly where there are few, and also where all are.

Few, and a quick scanner: its places, one by one. Many: the lines without their digits are put into one table, which the
interpreter does at some hundred megabytes a second, and only the different ones are searched. Strings that have a digit
in them cannot be found that way and are looked for in the lines themselves.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from incidentlab.collectors import _scan, _shape
from incidentlab.collectors._context import line_end, line_start
from incidentlab.collectors._remarkable import GENERIC
from incidentlab.collectors._sample import Sample, Seen
from incidentlab.collectors._scan import Buffer, Scanner
from incidentlab.collectors._words import Build, Words

_FEW = 400  # hits in one part, up to which they are taken one by one


class Search:
    """Looks for the strings of causes and the generic ones.

    Args:
        literals: the strings by which causes recognise messages.
        build: makes a scanner.
    """

    def __init__(self, literals: Sequence[str], build: Build) -> None:
        self._build = build
        self._named_words = _scan.spellings(literals)
        self._words = tuple(dict.fromkeys((*self._named_words, *_scan.spellings(GENERIC))))
        self._crowded = False  # the part before had many hits; so has this one, most likely

    @property
    def every(self) -> Scanner:
        """The scanner for all strings."""
        return self._every_word.scanner

    @cached_property
    def _every_word(self) -> Words:
        return Words(self._words, self._build)

    @cached_property
    def _named(self) -> Scanner:
        return self._build(self._named_words)

    @cached_property
    def _words_with_digit(self) -> Words:
        return Words([word for word in self._words if _shape.has_digit(word)], self._build)

    @cached_property
    def _words_without_digit(self) -> Words:
        return Words([word for word in self._words if not _shape.has_digit(word)], self._build)

    def word(self, line: bytes, place: int) -> bytes:
        """Return the string that stands at a place in a line."""
        return self._every_word.at(line, place)

    def is_named(self, line: bytes) -> bool:
        """Whether a line holds a string that a cause looks for."""
        return next(self._named.hits(line, 0, len(line)), None) is not None

    def seen(self, buffer: Buffer, start: int, end: int, sample: Sample) -> list[Seen]:
        """Return the shapes of remarkable lines in a part of the log, by their last place.

        Args:
            buffer: holds the log's part.
            start: where the part begins: where a line does.
            end: where it ends: after a line end, or at the log's end.
            sample: knows which shapes count as one.
        """
        few = None if self._crowded or not self.every.quick else self._one_by_one(buffer, start, end)
        found = self._by_table(buffer, start, end) if few is None else few
        merged: dict[bytes, Seen] = {}
        for first, last, count in found:
            at = line_start(buffer, first)
            line = bytes(buffer[at : line_end(buffer, first, end)])
            key = sample.key(_shape.fine(line, first - at), line, first - at, self)
            old = merged.get(key)
            merged[key] = Seen(
                key, min(first, old.first if old else first), max(last, old.last if old else last),
                count + (old.count if old else 0),
            )  # fmt: skip
        return sorted(merged.values(), key=lambda one: one.last)

    def _one_by_one(self, buffer: Buffer, start: int, end: int) -> list[tuple[int, int, int]] | None:
        found: list[tuple[int, int, int]] = []
        for place in self.every.hits(buffer, start, end):
            if len(found) == _FEW:
                self._crowded = True
                return None
            found.append((place, place, 1))
        return found

    def _by_table(self, buffer: Buffer, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Give (a place in the first line, one in the last, how many lines) of each shape that has a hit."""
        part = bytes(buffer[start:end]).removesuffix(b"\n")
        lines = part.split(b"\n")
        bones = _shape.skeleton(part).split(b"\n")
        number = len(lines)
        first = dict(zip(reversed(bones), range(number - 1, -1, -1), strict=True))
        last = dict(zip(bones, range(number), strict=True))
        counts = Counter(bones)
        different = list(last)
        joined = b"\n".join(different)
        line_ends, ends = list(accumulate(map(len, lines))), list(accumulate(map(len, different)))
        hits = 0
        for hit in self._words_without_digit.bounded(joined):
            bone = different[_line_of(hit.place, ends)]
            one, other = first[bone], last[bone]
            hits += counts[bone]
            yield (
                start + _begin(one, line_ends) + max(lines[one].find(hit.word), 0),
                start + _begin(other, line_ends) + max(lines[other].find(hit.word), 0),
                counts[bone] + hit.passed,
            )
        for hit in self._words_with_digit.bounded(part):
            hits += 1
            yield start + hit.place, start + hit.place, 1 + hit.passed
        self._crowded = hits > _FEW


def _begin(index: int, ends: Sequence[int]) -> int:
    """Return where a line begins; ``ends`` has where each would end if there were no line ends between them."""
    return ends[index - 1] + index if index else 0


def _line_of(place: int, ends: Sequence[int]) -> int:
    return bisect_left(range(len(ends)), place, key=lambda index: ends[index] + index)
