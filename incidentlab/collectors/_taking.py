"""A log's bytes into its digest, and in a sentence each what kept some of them from being read."""

import os
from pathlib import Path
from typing import BinaryIO, cast

from incidentlab.collectors._digest import Digest
from incidentlab.collectors._longline import Shortener
from incidentlab.collectors._opening import opened
from incidentlab.collectors._packed import Text, UnreadableError
from incidentlab.collectors._unread import why_unread


class _UpTo:
    """The first bytes of a file: what is written to it while it is read belongs to the next reading."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream = stream
        self.left = most

    def read(self, count: int) -> bytes:
        block = self._stream.read(min(count, self.left))
        self.left -= len(block)
        return block


class Taking:
    """Reads one log into a digest.

    Args:
        name: as the user wrote it.
        digest: what takes the text.
    """

    def __init__(self, name: str, digest: Digest) -> None:
        self.name = name
        self.digest = digest
        self.size = 0  # bytes of text so far
        self.unread: list[str] = []
        self.cat = "cat"  # the command that prints such a file
        self._shortener = Shortener(digest.search)

    @property
    def _shown(self) -> str:
        return "The standard input" if self.name == "-" else self.name

    def open(self, path: Path) -> None:
        """Read a file.

        Raises:
            UsageError: it is not there or is a folder. Whatever else is wrong goes into ``unread``.
        """
        try:
            with opened(path) as stream:
                # 0 also where the system does not know: a pipe, a file of /proc.
                length = os.fstat(stream.fileno()).st_size
                part = _UpTo(stream, length) if length else None
                self.take(cast(BinaryIO, part) if part else stream)
                if part and part.left and not self.unread:
                    self.unread.append(
                        f"{self._shown} became shorter while it was read: {length - part.left:,} of {length:,} bytes "
                        "were read. Read it again; a log that was rotated goes on under another name."
                    )
        except (OSError, UnreadableError) as error:
            self._failed(error)

    def take(self, stream: BinaryIO) -> None:
        """Read a stream to its end, or as far as it can be read."""
        text = Text(stream)
        try:
            for block in text.blocks():
                self.size += len(block)
                for kept in self._shortener.feed(block):
                    self.digest.add(kept)
        except (OSError, EOFError, UnreadableError) as error:
            self._failed(error)
        else:
            if not self.size:
                self.unread.append(f"{self._shown} is empty.")
        self.cat = text.cat

    def _failed(self, error: Exception) -> None:
        self.unread.append(why_unread(self._shown, error, self.size))
