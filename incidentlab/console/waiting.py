"""What is being waited for, as one calm line on a terminal; nothing at all in a pipe."""

from time import monotonic
from types import TracebackType

from incidentlab.console.output import Output
from incidentlab.logtext import clean_line

_FIRST = 0.8  # seconds before anything is said: most waits are shorter
_BETWEEN = 0.5  # seconds between two lines, so that it can be read


class Waiting:
    """A line on stderr that replaces itself and is gone at the end. Use it as a context manager."""

    def __init__(self, output: Output) -> None:
        console = output.err
        self._file = console.file
        self._width = console.width
        # Colour that was asked for makes Rich speak of a terminal; only a real one can be drawn on again.
        self._shown = console.file.isatty() and not console.is_dumb_terminal and not output.quiet
        self._next = monotonic() + _FIRST
        self._drawn = False

    def __enter__(self) -> "Waiting":
        """Begin; nothing is shown yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away, before the result or an error is printed."""
        if self._drawn:
            self._write("\r\x1b[2K")

    def tell(self, text: str) -> None:
        """Show what is being waited for; never raises."""
        now = monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + _BETWEEN
        self._drawn = True
        self._write(f"\r\x1b[2K{clean_line(text)[: self._width - 1]}")

    def _write(self, text: str) -> None:
        try:
            self._file.write(text)
            self._file.flush()
        except (OSError, ValueError):  # the terminal is gone, which changes nothing else
            self._shown = False
