"""A log through stdin: read to its end, or, where a pipe stays open, until a cause is certain."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import RawIOBase
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO, cast

from incidentlab.errors import UsageError
from incidentlab.lab._inquiry.answer import Answer, Failure, Outcome, Tell
from incidentlab.lab._inquiry.naming import counted
from incidentlab.model.asked import Asked
from incidentlab.model.evidence import Evidence, LogEvent

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

NAME = "stdin"
_GLANCE = 0.1  # seconds
# A pipe that says nothing for this long has said all it has to say for now.
_QUIET = 0.7
# A program's log that never rests: what has been certain for this long will not be withdrawn by the next line.
_HELD = 3.0
# Faster than this a file or an archive comes through the pipe, not a living program; it is read to its end.
_BULK = 4_000_000  # bytes a second
# How gzip, bzip2, xz and Zstandard begin (RFC 1952, RFC 8878, the formats' own pages).
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")

Judge = Callable[[Sequence[LogEvent]], bool]


class Tap(RawIOBase):
    """A stream that counts what flows through it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = os.dup(descriptor)
        self.bytes = 0
        self.lines = 0
        self.last = monotonic()
        self._packed = False
        self._partial = False

    def close(self) -> None:
        """Let go of the descriptor, which is our own copy."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def fileno(self) -> int:
        """Return the descriptor that is read."""
        return self._descriptor

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what there is, and wait where there is nothing."""
        piece = os.read(self._descriptor, len(memoryview(buffer)))
        memoryview(buffer)[: len(piece)] = piece
        self._packed = piece.startswith(_PACKED) if not self.bytes else self._packed
        self.bytes += len(piece)
        self.lines += piece.count(b"\n")
        if piece:
            self._partial = not piece.endswith(b"\n")
            self.last = monotonic()
        return len(piece)

    @property
    def amount(self) -> str:
        """Return in words how much has come: lines, a last one without an end too, or bytes of what is compressed."""
        if self._packed:
            return f"{counted(self.bytes, 'byte')}, compressed"
        return counted(self.lines + self._partial, "line")


def stays_open(descriptor: int) -> bool:
    """Whether something may come through it later: a pipe or a socket, and no file.

    Raises:
        UsageError: it is a keyboard.
    """
    if os.isatty(descriptor):
        raise UsageError(
            "stdin is the keyboard; there is no log to read.",
            mend=("Lead a log into it: docker logs --follow app 2>&1 | incidentlab diagnose --logs -",),
        )
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def read(certain: Judge, tell: Tell, *, to_the_end: bool = False) -> Outcome:
    """Read the log that comes through stdin.

    Args:
        certain: whether the events so far make a cause certain.
        tell: hears how far it is.
        to_the_end: whether it is read to its end, whatever is certain.
    """
    try:
        descriptor = sys.stdin.fileno()
        follow = stays_open(descriptor) and not to_the_end
        return _followed(Tap(descriptor), certain, tell) if follow else _read(tell)
    except Exception as error:
        return Failure("log", NAME, error)


def _read(tell: Tell) -> Answer:
    from incidentlab.causes import literals
    from incidentlab.collectors import logfile

    tell("Reading stdin to its end")
    reading = logfile.read("-", literals=literals(), source=NAME)
    return _answer(reading.events, counted(reading.lines, "line") if reading.lines else "", reading.unread)


def _followed(tap: Tap, certain: Judge, tell: Tell) -> Answer:
    watch = _Watch(tap, certain)
    how = ""
    try:
        for words in watch.words():
            tell(words)
        how = "" if watch.ended else "; it goes on, and was left because the cause is certain"
    except KeyboardInterrupt:
        if not tap.bytes:
            raise
        # Who has seen enough wants to know what it says, and may not have it a second time.
        how = "; it goes on, and was left when you stopped it"
    return _answer(watch.heard, f"{tap.amount}{how}" if tap.bytes else "", watch.unread)


def _answer(events: Iterable[LogEvent], amount: str, unread: Iterable[str]) -> Answer:
    said = tuple(unread)
    if not amount:
        said = (*said, "Nothing came through stdin. `docker logs` writes a program's errors to stderr: add 2>&1.")
    asked = Asked("log", NAME, amount or "nothing", read=bool(amount))
    return Answer(asked, Evidence(logs=tuple(events), unread=said))


class _Watch:
    """Hears a stream's events as they come, and says when enough is known."""

    def __init__(self, tap: Tap, certain: Judge) -> None:
        self.heard: tuple[LogEvent, ...] = ()
        self.unread: list[str] = []
        self.ended = False
        self._tap, self._certain = tap, certain
        self._batches: SimpleQueue[tuple[LogEvent, ...] | Exception | None] = SimpleQueue()
        self._judged = True  # whether what was heard last has been judged
        self._since: float | None = None  # since when a cause is certain
        self._rates = [(monotonic(), 0)]

    def words(self) -> Iterator[str]:
        """Read until the end, or until it is certain; give now and then a few words on how far it is."""
        # A daemon on a raw descriptor: it may wait in a read when the program ends, and holds no lock then.
        Thread(target=self._pump, name="stdin", daemon=True).start()
        while not (self.ended or self._enough()):
            self._take()
            sure = "a cause is certain" if self._since else "no cause is certain yet"
            yield f"Reading stdin: {self._tap.amount}, {sure}; Ctrl-C judges what came"

    def _pump(self) -> None:
        from incidentlab.causes import literals
        from incidentlab.collectors import logfile

        try:
            stream = cast("BinaryIO", self._tap)
            for batch in logfile.follow(stream, literals=literals(), source=NAME, unread=self.unread):
                self._batches.put(batch)
            self._batches.put(None)
        except Exception as error:
            self._batches.put(error)

    def _take(self) -> None:
        try:
            batch = self._batches.get(timeout=_GLANCE)
        except Empty:
            return
        if batch is None:
            self.ended = True
        elif isinstance(batch, Exception):
            raise batch
        else:  # all events so far
            self.heard, self._judged = batch, False

    def _enough(self) -> bool:
        """Whether a cause is certain and will stay so: the pipe rests, or it has been certain for a while."""
        now = monotonic()
        if self._is_bulk(now) or not self._batches.empty():
            return False
        if not self._judged:
            self._judged = True
            self._since = (self._since or now) if self._certain(self.heard) else None
        if self._since is None:
            return False
        return now - self._tap.last >= _QUIET or now - self._since >= _HELD

    def _is_bulk(self, now: float) -> bool:
        """Whether more comes in a second than a living program says."""
        self._rates.append((now, self._tap.bytes))
        while now - self._rates[0][0] > 1.0:
            del self._rates[0]
        return self._tap.bytes - self._rates[0][1] > _BULK
