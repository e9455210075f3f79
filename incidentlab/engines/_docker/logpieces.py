"""Pieces of a container's log as the engine sends them → lines: put together, timed, in the order of both streams."""

import re
import struct
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import chain
from typing import Literal

from incidentlab.engines._docker.facts import moment
from incidentlab.logtext import LineBuffer, bound_line, clean_line
from incidentlab.model.events import LogLine, now
from incidentlab.redact import Redactor

Stream = Literal["stdout", "stderr"]

MOST_BYTES = 32 * 1024 * 1024  # of one log that are kept, the last ones
_HEADER = struct.Struct(">BxxxL")  # the engine's frames: which stream, how many bytes
_FROM_ENGINE = 3  # a frame that the engine itself writes, to say that it cannot go on
_PIECE = 16 * 1024  # in which the engine keeps a longer line (moby, daemon/logger/copier.go)
# Lines that go on with what the same stream said before: of tracebacks, of SQLAlchemy's and PostgreSQL's messages.
_CONTINUED = re.compile(
    r"\s|$|\^|\[SQL|\[parameters|\(Background on|LINE \d|(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY):"
    r"|During handling of the above|The above exception was|Traceback \(most recent"
)
_PAUSE = timedelta(milliseconds=200)  # after which a stream says something new
_LONGEST_BLOCK = 500  # lines
_LONGEST_LINE = 1 << 20  # bytes of a terminal's line that are waited for; far more than is kept of it
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) ")


class Taking:
    """The last pieces of a log, within bounds; ``broken`` says why it does not go to its end."""

    def __init__(self) -> None:
        self.pieces: deque[tuple[Stream, bytes]] = deque()
        self._size = 0
        self.is_cut = False
        self.broken = ""

    def add(self, stream: Stream, piece: bytes) -> None:
        """Take a piece; the oldest go where there are too many."""
        self.pieces.append((stream, piece))
        self._size += len(piece)
        while self._size > MOST_BYTES and len(self.pieces) > 1:
            self._drop()

    def keep_last(self, count: int | None) -> None:
        """Let all go but the last ``count`` pieces."""
        while count is not None and len(self.pieces) > count:
            self._drop()

    def _drop(self) -> None:
        self._size -= len(self.pieces.popleft()[1])
        self.is_cut = True


def frames(chunks: Iterable[bytes], taking: Taking) -> Iterator[tuple[Stream, bytes]]:
    """Cut the engine's answer into its frames; one in which the engine itself speaks is taken note of."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        at = 0
        while len(rest) - at >= _HEADER.size:
            kind, length = _HEADER.unpack_from(rest, at)
            end = at + _HEADER.size + length
            if len(rest) < end:
                break
            payload = bytes(rest[at + _HEADER.size : end])
            at = end
            if kind == _FROM_ENGINE:
                taking.broken = f"The engine says: {clean_line(payload.decode('utf-8', 'replace').strip())}."
            else:
                yield ("stderr" if kind == 2 else "stdout"), payload
        del rest[:at]


def lines_of_terminal(chunks: Iterable[bytes]) -> Iterator[tuple[Stream, bytes]]:
    """Cut the raw output of a terminal into lines; the engine has put a time before each piece of a long one."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        *whole, last = bytes(rest).split(b"\n")
        rest = bytearray(last[:_LONGEST_LINE])
        for line in whole:
            yield "stdout", _joined(line) + b"\n"
    if rest:
        yield "stdout", _joined(bytes(rest))


def _joined(line: bytes) -> bytes:
    stamp = _STAMP.match(line)
    if stamp is None or len(line) <= stamp.end() + _PIECE:
        return line
    parts, at = [line[: stamp.end() + _PIECE]], stamp.end() + _PIECE
    while at < len(line):
        inner = _STAMP.match(line, at)
        at = inner.end() if inner else at
        parts.append(line[at : at + _PIECE])
        at += _PIECE
    return b"".join(parts)


def in_order(pieces: Iterable[tuple[Stream, bytes]], secrets: Sequence[str]) -> tuple[LogLine, ...]:
    """Put pieces together into lines, cleaned and redacted, those of both streams in the order of their times."""
    streams: dict[Stream, list[tuple[datetime, str]]] = {"stdout": [], "stderr": []}
    buffers = {"stdout": LineBuffer(), "stderr": LineBuffer()}
    began: dict[Stream, datetime] = {}
    at = now()
    for stream, piece in pieces:
        # Each piece has its own time in front, also where it is only the next one of a long line.
        at, payload = _timed(piece, at)
        for text in buffers[stream].feed(payload):
            streams[stream].append((began.pop(stream, at), text))
        if not payload.endswith(b"\n"):
            began.setdefault(stream, at)
    for stream, found in streams.items():
        found += [(began.get(stream, at), text) for text in buffers[stream].flush()]
    # Merged, not sorted: the order within a stream holds also where a clock was set back. Whole blocks, as the engine
    # reads the two streams at its own pace: a line of the other must not come to stand within a traceback.
    told = [_of(stream, found, Redactor(secrets)) for stream, found in streams.items()]
    blocks: Iterable[list[LogLine]] = merge(*[_blocks(lines) for lines in told], key=lambda block: block[0].at)
    return tuple(replace(line, number=number) for number, line in enumerate(chain.from_iterable(blocks), 1))


def _blocks(lines: Iterable[LogLine]) -> Iterator[list[LogLine]]:
    block: list[LogLine] = []
    for line in lines:
        if block and not _goes_on(block, line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _goes_on(block: list[LogLine], line: LogLine) -> bool:
    """Whether a line belongs to what the same stream said before it: a traceback's next line, PostgreSQL's DETAIL."""
    if line.at - block[-1].at > _PAUSE or len(block) >= _LONGEST_BLOCK:
        return False
    return bool(_CONTINUED.match(line.text)) or block[-1].text[:1].isspace()


def _of(stream: Stream, found: Iterable[tuple[datetime, str]], redactor: Redactor) -> Iterator[LogLine]:
    for at, text in found:
        yield LogLine("app", 0, bound_line(redactor.text(clean_line(text))), stream, at)


def _timed(piece: bytes, otherwise: datetime) -> tuple[datetime, bytes]:
    stamp, _, rest = piece.partition(b" ")
    at = moment(stamp.decode("ascii", "replace"))
    return (otherwise, piece) if at is None else (at, rest)
