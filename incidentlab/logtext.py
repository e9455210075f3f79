"""Log output into lines that are safe to keep, print and compare."""

import re
from collections.abc import Iterator

LINE_LIMIT = 64 * 1024  # characters of one line that are kept
# Read on past the limit by this much, so that a secret that lies across it can still be seen whole and masked.
_MARGIN = 4096

_CONTROL = re.compile(
    r"\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\|$)"  # OSC: titles and links
    r"|\x1b[PX^_][^\x1b]{0,4096}(?:\x1b\\|$)"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]{0,256}[ -/]{0,16}[@-~]?"  # CSI: colours, cursor
    r"|\x1b[ -/]{0,16}[0-~]?"  # other escapes
    # C0 but the tab, C1, line separators, and marks that turn the direction of what is shown
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean_line(text: str) -> str:
    """Return a line without terminal control sequences, control characters and line ends; tabs stay."""
    return _CONTROL.sub("", text)


def bound_line(text: str) -> str:
    """Return a line cut at ``LINE_LIMIT`` characters, with a note of what was cut; short lines stay as they are."""
    if len(text) <= LINE_LIMIT:
        return text
    return f"{text[:LINE_LIMIT]} … [{len(text) - LINE_LIMIT} or more characters cut]"


class LineBuffer:
    """Puts pieces of a byte stream together into lines; memory stays bounded however long a line is.

    Bytes that are no UTF-8 become U+FFFD. Lines come without their end, not yet cleaned and at most slightly
    longer than ``LINE_LIMIT``: clean, redact, then :func:`bound_line`.
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        """Take the next bytes; give the lines that they complete."""
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._add(piece)
            yield self._take()
        self._add(rest)

    def flush(self) -> Iterator[str]:
        """Give what stands at the end without a line end."""
        if self._rest:
            yield self._take()

    def _add(self, piece: bytes) -> None:
        room = 4 * (LINE_LIMIT + _MARGIN) - len(self._rest)
        self._rest += piece[: max(room, 0)]

    def _take(self) -> str:
        line = self._rest.decode("utf-8", "replace").removesuffix("\r")[: LINE_LIMIT + _MARGIN]
        self._rest.clear()
        return line
