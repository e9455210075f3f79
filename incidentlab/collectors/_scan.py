"""Which lines of a large log are worth reading: those that hold one of some hundred strings, byte for byte.

Two ways with the same answers. google-re2 compiles all strings into one automaton and passes over a chunk once,
whatever their number; where no wheel of it exists (musl, a Python too new), ``bytes.find`` passes once for each
string. One big alternation in ``re`` tries every string at every byte and is a thousand times slower than either.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Protocol

Buffer = bytes | bytearray


class Scanner(Protocol):
    """Finds the lines of a buffer that hold one of the strings it was made of.

    ``quick`` says whether that costs little more than reading the buffer; where it does not, it pays to search the
    different lines of a log only.
    """

    @property
    def quick(self) -> bool:
        """Whether a pass costs about the same for one string and for hundreds."""
        ...

    def hits(self, buffer: Buffer, start: int, end: int) -> Iterator[int]:
        """Give the place of the leftmost string in each line that holds one, in order; one place a line.

        Args:
            buffer: the log, or a part of it; it must not change its size while places are being asked for.
            start: where to begin, in bytes; what lies before is not seen.
            end: where to stop; a string that goes on behind it is not found.
        """
        ...


def build(wanted: Sequence[bytes]) -> Scanner:
    """Return the quickest scanner there is here for these strings."""
    try:
        return re2_scanner(wanted)
    except ImportError:
        return find_scanner(wanted)


def re2_scanner(wanted: Sequence[bytes]) -> Scanner:
    """Return the scanner that uses google-re2.

    Raises:
        ImportError: it is not installed, or not for this machine.
    """
    # Imported here and not above: most logs are small and are read whole, without any search.
    return import_module("incidentlab.collectors._scan_re2").Re2Scanner(wanted)  # type: ignore[no-any-return]


def find_scanner(wanted: Sequence[bytes]) -> Scanner:
    """Return the scanner that needs nothing but Python."""
    return import_module("incidentlab.collectors._scan_find").FindScanner(wanted)  # type: ignore[no-any-return]


def spellings(literals: Iterable[str]) -> tuple[bytes, ...]:
    r"""Return the strings as bytes, each in the forms in which a log may hold it, each form once.

    Those are UTF-8; Latin-1, in which servers of western languages may write; and JSON's, which has ``\"`` for a quote
    and may have ``\u00e9`` for a letter. A string of several lines counts by its longest one.
    """
    found: dict[bytes, None] = {}
    for literal in literals:
        line = max(literal.splitlines(), key=len, default="")
        if not line:
            continue
        found[line.encode("utf-8", "replace")] = None
        for escaped in (json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1]):
            found[escaped.encode("utf-8", "replace")] = None
        try:
            found[line.encode("latin-1")] = None
        except UnicodeEncodeError:
            continue  # no western language: nobody writes it so
    return tuple(found)
