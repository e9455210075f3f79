"""A log's bytes as UTF-8 text: unpacked where it is compressed, decoded where a system wrote it in UTF-16.

Magic numbers: file(1)'s tables; RFC 1952 (gzip), RFC 8878 (zstd), bzip2 and xz as their own manuals have them.
"""

import codecs
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, BinaryIO

BLOCK = 1 << 20  # bytes read at once
SNIFFED = 64 << 10  # bytes of the beginning by which it is told what a file is


class UnreadableError(Exception):
    """What a file is that is no log, and what to do instead; two parts of a sentence."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


_NO_LOGS = (
    (b"PGDMP", "a dump of a database", "Give the log of pg_restore instead"),
    (b"LPKSHHRH", "a journal of systemd", "Pipe it: journalctl -u NAME | incidentlab diagnose --logs -"),
    (b"SQLite format 3", "a database of SQLite", "Give a log"),
    (b"\x7fELF", "a program", "Give a log"),
    (b"PK\x03\x04", "a zip archive", "Unpack it and give the log that is in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it and give the log that is in it"),
    (b"%PDF-", "a PDF", "Give the log as text"),
    (b"\x89PNG", "a picture", "Give the log as text"),
    (b"\xff\xd8\xff", "a picture", "Give the log as text"),
)  # fmt: skip
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class _Packing:
    """A way to compress: its module, its class that reads it, its error, and the command that prints it."""

    magic: bytes
    module: str
    reader: str
    error: str
    cat: str


_PACKINGS = (
    _Packing(b"\x1f\x8b\x08", "gzip", "GzipFile", "zlib.error", "zcat"),
    _Packing(b"BZh", "bz2", "BZ2File", "", "bzcat"),
    _Packing(b"\xfd7zXZ\x00", "lzma", "LZMAFile", "LZMAError", "xzcat"),
    _Packing(b"\x28\xb5\x2f\xfd", "compression.zstd", "ZstdFile", "ZstdError", "zstdcat"),  # Python 3.14
)


class Text:
    """A stream's text as UTF-8; ``cat`` is the command that prints such a file, known once it was begun.

    Args:
        stream: bytes of any kind, from their beginning.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.cat = "cat"

    def blocks(self) -> Iterator[bytes]:
        """Give the text, a block at a time; NULs, which a truncated log begins with, are left out.

        Raises:
            UnreadableError: it is no text.
            EOFError: it is compressed and ends too early; what came before was given.
            OSError: it cannot be read, or not further.
        """
        head = _read(self._stream, SNIFFED)
        packing = next((one for one in _PACKINGS if head.startswith(one.magic)), None)
        if packing is None:
            yield from _decoded(head, self._stream)
            return
        self.cat = packing.cat
        module, whole = _module(packing), io.BufferedReader(Joined(head, self._stream))
        broken = (zlib.error, getattr(module, packing.error, zlib.error))
        # gzip's first place is a file's name, the others' is the stream itself.
        stream = module.GzipFile(fileobj=whole) if packing.module == "gzip" else getattr(module, packing.reader)(whole)
        try:
            yield from _unpacked(stream)
        except broken as error:
            raise OSError(None, "its compressed data is damaged") from error


def is_plain(head: bytes) -> bool:
    """Whether a stream that begins so is UTF-8 as it is, so that it can be read as it comes."""
    packed = any(head.startswith(one.magic) for one in _PACKINGS)
    return not packed and head[:2] not in _UTF16 and _utf16_without_mark(head) is None


def _module(packing: _Packing) -> Any:
    try:
        return import_module(packing.module)
    except ImportError:
        raise UnreadableError(
            "compressed in a way that this Python cannot unpack",
            f"Unpack it for us: {packing.cat} FILE | incidentlab diagnose --logs -",
        ) from None


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    head = _read(stream, SNIFFED)
    if head[257:262] == b"ustar":
        raise UnreadableError("a tar archive", "Unpack it and give the log that is in it")
    yield from _decoded(head, stream)


def _decoded(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    _refuse_known(head)
    encoding = _UTF16.get(head[:2]) or _utf16_without_mark(head)
    if encoding:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        for block in _blocks(head, stream):
            yield decoder.decode(block).removeprefix("\ufeff").encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
        return
    begun = False
    for block in _blocks(head.removeprefix(codecs.BOM_UTF8), stream):
        kept = block.replace(b"\0", b"") if b"\0" in block else block
        if not begun and kept:
            _refuse_binary(block if kept is block else block.lstrip(b"\0"))
            begun = True
        if kept:
            yield kept
    if not begun and head:
        raise UnreadableError("nothing but NUL bytes", "Give a log")


def _refuse_known(head: bytes) -> None:
    for magic, what, mend in _NO_LOGS:
        if head.startswith(magic):
            raise UnreadableError(what, mend)


def _refuse_binary(head: bytes) -> None:
    sample = head[:SNIFFED]
    # Control characters other than tab, line ends and escape; in a log they are hardly one in a hundred.
    odd = len(sample) - len(sample.translate(None, _ODD))
    broken = sample.decode("utf-8", "replace").count("\ufffd")
    if odd * 10 > len(sample) or (odd and broken * 4 > len(sample)):
        raise UnreadableError("no text but binary data", "Give a log")


_ODD = bytes(code for code in range(32) if code not in (8, 9, 10, 12, 13, 27)) + b"\x7f"


def _utf16_without_mark(head: bytes) -> str | None:
    sample = head[: 4 << 10]
    if len(sample) < 8:
        return None
    low, high = sample[1::2].count(0), sample[::2].count(0)
    half = len(sample) // 2
    if low > half * 0.7 and high < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if high > half * 0.7 and low < half * 0.1 else None


def _blocks(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    if head:
        yield head
    while block := stream.read(BLOCK):
        yield block


def _read(stream: BinaryIO, count: int) -> bytes:
    """Return the first bytes; a pipe gives fewer at once than it has."""
    found = b""
    while len(found) < count and (block := stream.read(count - len(found))):
        found += block
    return found


class Joined(io.RawIOBase):
    """A stream of which the beginning was read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        """Fill the target as far as something is there; 0 at the end."""
        if self._head:
            count = min(len(target), len(self._head))
            target[:count] = self._head[:count]
            self._head = self._head[count:]
            return count
        block = self._rest.read(len(target))
        target[: len(block)] = block
        return len(block)
