"""The search with nothing but Python: ``bytes.find`` for each string, and none for those that cannot be there."""

from collections.abc import Iterator, Sequence

from incidentlab.collectors._scan import Buffer


class FindScanner:
    """Finds lines by a pass for each string; strings of other alphabets cost nothing in a log that is ASCII."""

    quick = False

    def __init__(self, wanted: Sequence[bytes]) -> None:
        self._plain = [one for one in wanted if one.isascii() and b"\\" not in one]
        self._escaped = [one for one in wanted if one.isascii() and b"\\" in one]  # JSON's spellings
        self._foreign = [one for one in wanted if not one.isascii()]

    def hits(self, buffer: Buffer, start: int, end: int) -> Iterator[int]:
        """Give the place of the leftmost string in each line that holds one."""
        part = buffer[start:end]
        by_line: dict[int, int] = {}
        for literal in self._possible(part):
            at = part.find(literal)
            while at >= 0:
                line = part.rfind(b"\n", 0, at)
                by_line[line] = min(at, by_line.get(line, at))
                following = part.find(b"\n", at)
                at = part.find(literal, following) if following >= 0 else -1
        for line in sorted(by_line):
            yield start + by_line[line]

    def _possible(self, part: Buffer) -> Iterator[bytes]:
        yield from self._plain
        if b"\\" in part:
            yield from self._escaped
        if not part.isascii():
            yield from self._foreign
