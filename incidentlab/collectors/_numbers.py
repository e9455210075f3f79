"""Line numbers of places in a part of a log, counted as they are asked for and never twice over the same bytes."""

from bisect import bisect_right

from incidentlab.collectors._scan import Buffer


class Numbers:
    """Knows the number of the line at ``start`` of a buffer and counts on from the nearest place already known."""

    def __init__(self, buffer: Buffer, start: int, line: int) -> None:
        self._buffer = buffer
        self._places = [start]
        self._lines = [line]

    def of(self, place: int) -> int:
        """Return the number of the line that a place, not before ``start``, is in."""
        at = bisect_right(self._places, place)
        known, line = self._places[at - 1], self._lines[at - 1]
        if known != place:
            line += self._buffer.count(b"\n", known, place)
            self._places.insert(at, place)
            self._lines.insert(at, line)
        return line
