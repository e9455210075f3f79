"""When a follower of a log speaks: soon after something remarkable, and not before its lines are all there."""

import codecs
import io
import select
from collections.abc import Callable, Iterator
from time import monotonic
from typing import BinaryIO, cast

from incidentlab.collectors._digest import Digest, Sizes
from incidentlab.collectors._longline import Shortener
from incidentlab.collectors._packed import BLOCK, Joined, Text, UnreadableError, is_plain
from incidentlab.collectors._unread import why_unread

FOLLOWED = Sizes(whole=128 << 10, head=32 << 10, tail=32 << 10)

_QUIET = 0.3  # seconds without a line, after which a traceback is taken to be complete
_LONGEST = 1.0  # seconds until something is said where it never becomes quiet
_SHARE = 10  # at most one part in so many of the time is spent on speaking
_LONGEST_LINE = 64 << 10  # bytes of an unfinished line that are kept for the search


class Pace:
    """Feeds a digest from a stream and says when it is time to look at it.

    Args:
        digest: what takes the log.
        unread: is given a sentence, where the stream could not be read to its end.
    """

    def __init__(self, digest: Digest, unread: list[str]) -> None:
        self._unread = unread
        self._digest = digest
        self._shortener = Shortener(digest.search)
        self._unfinished = b""
        self._since: float | None = None  # when something remarkable was said that was not spoken of
        self._not_before = 0.0
        self._afraid = False  # something remarkable was said, and no service since

    def spoken(self, cost: float) -> None:
        """Note that it was looked at, and how many seconds that took."""
        self._not_before = monotonic() + cost * _SHARE

    def moments(self, stream: BinaryIO) -> Iterator[None]:
        """Take the stream, and stop whenever it is time; the last time is its end."""
        try:
            for block in _as_it_comes(stream, self._patience):
                if block:
                    self._take(block)
                if self._is_time(quiet=not block):
                    self._since = None
                    yield
        except (OSError, EOFError, UnreadableError) as error:
            self._unread.append(why_unread("The standard input", error))
        yield

    def _patience(self) -> float | None:
        """Return how many seconds of quiet are worth waking up for; ``None`` where there is nothing to say."""
        return None if self._since is None else max(_QUIET, self._not_before - monotonic())

    def _is_time(self, *, quiet: bool) -> bool:
        if self._since is None or monotonic() < self._not_before:
            return False
        return quiet or monotonic() - self._since > _LONGEST

    def _take(self, block: bytes) -> None:
        for kept in self._shortener.feed(block.replace(b"\0", b"")):
            self._digest.add(kept)
            text = self._unfinished + kept
            end = text.rfind(b"\n") + 1
            self._unfinished = text[end:][-_LONGEST_LINE:]
            if end and self._is_remarkable(text[:end]):
                self._since = self._since or monotonic()

    def _is_remarkable(self, text: bytes) -> bool:
        hit = next(self._digest.search.every.hits(text, 0, len(text)), None)
        if hit is None and not self._afraid:
            return False
        service = next(self._digest.service.scanner.hits(text, hit or 0, len(text)), None)
        relieved = self._afraid and service is not None
        self._afraid = service is None
        return hit is not None or relieved


def _as_it_comes(stream: BinaryIO, patience: Callable[[], float | None]) -> Iterator[bytes]:
    """Give the stream's bytes as they come, and nothing whenever it was quiet for as long as is worth waking up for."""
    first = _read(stream)
    if not is_plain(first):
        yield from Text(cast(BinaryIO, Joined(first, stream))).blocks()
        return
    block = first.removeprefix(codecs.BOM_UTF8)
    while first:
        if block:
            yield block
        while not _ready(stream, patience()):
            yield b""
        block = first = _read(stream)


def _read(stream: BinaryIO) -> bytes:
    # As much as is there, and nothing left in a buffer, where no poll would see it.
    return stream.read1(BLOCK) if isinstance(stream, io.BufferedIOBase) else stream.read(BLOCK)


def _ready(stream: BinaryIO, seconds: float | None) -> bool:
    try:
        descriptor = stream.fileno()
    except (OSError, AttributeError):
        return True  # no file of the system: it never waits
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(None if seconds is None else seconds * 1000))
