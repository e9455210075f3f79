"""The search with google-re2: all strings as one automaton, one pass.

Sources: re2's README and re2.h for the options. With its standard 8 MiB the automaton of some hundred strings is thrown
away and built anew all the time on a hostile log, and the search is thirty times slower; so it may have more. It takes
what a log makes it need and no more.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from incidentlab.collectors._scan import Buffer

_re2: Any = import_module("re2")  # comes without types

_MOST_MEMORY = 32 << 20  # bytes of an automaton


class Re2Scanner:
    """Finds lines by one pass over the buffer, however many strings there are."""

    quick = True

    def __init__(self, wanted: Sequence[bytes]) -> None:
        self._pattern: Any = None
        if wanted:
            options = _re2.Options()
            options.encoding = options.Encoding.LATIN1  # bytes are bytes; broken UTF-8 is found like any other
            options.max_mem = _MOST_MEMORY
            options.log_errors = False
            # The rest of the line belongs to the match, so that a line is found once.
            alternation = b"|".join(_re2.escape(literal) for literal in wanted)
            self._pattern = _re2.compile(b"(?:" + alternation + b")[^\\n]*", options)

    def hits(self, buffer: Buffer, start: int, end: int) -> Iterator[int]:
        """Give the place of the leftmost string in each line that holds one."""
        if self._pattern is not None:
            for match in self._pattern.finditer(buffer, start, end):
                yield match.start()
