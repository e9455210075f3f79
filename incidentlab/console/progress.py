"""Shows a run while it happens: one line a phase, alive on a terminal, plain in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from incidentlab.console.output import Output
from incidentlab.model.events import Event, Happened, LogLine, Phase, PhaseEnded, PhaseProgress, PhaseStarted

_TITLE_WIDTH = 32
_NARROW = 60  # columns below which a detail gets a line of its own
_REST = 14  # columns that sign, seconds and blanks take beside a title
_LOG_STYLE = {"app": "quiet", "database": "quiet"}


class Progress:
    """Takes what a run tells and prints it. Use it as a context manager, and its :meth:`tell` as the ear.

    Args:
        output: says how much to tell.
        console: where; stderr by default.
    """

    def __init__(self, output: Output, console: Console | None = None) -> None:
        self._output = output
        self._console = console or output.err
        self._deaf = False
        self._running: dict[Phase, tuple[str, str]] = {}
        self._last: dict[Phase, Happened] = {}
        self._live: Live | None = None
        self._rows = 0
        self.muted = False  # whether only what runs now is shown, and nothing of it stays

    def __enter__(self) -> "Progress":
        """Begin to show."""
        self._wake()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; what is finished stays on the screen."""
        self._sleep()

    @property
    def deaf(self) -> bool:
        """Whether nobody reads any more: the pipe or the terminal has gone away."""
        return self._deaf

    def take_rows(self) -> int:
        """Return how many rows were printed since the last time this was asked."""
        rows, self._rows = self._rows, 0
        return rows

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Leave the screen to others inside this context."""
        self._sleep()
        try:
            yield
        finally:
            self._wake()

    def tell(self, event: Event) -> None:
        """Take one event of the run; never raises.

        It is called from an engine's threads and while a stack is being removed: a reader that went away must not
        keep anything from being removed.
        """
        self._safely(lambda: self._take(event))

    def note(self, text: str) -> None:
        """Print a line that stays, beneath the phases that have ended; never raises."""
        self._safely(lambda: self._say(Text(f"    {text}", style="quiet")))

    def _wake(self) -> None:
        # A new one each time: a Live that was stopped remembers how many lines it has to erase. Colour that was asked
        # for makes Rich speak of a terminal; only a real one can be drawn on again and again.
        drawable = self._console.file.isatty() and not self._console.is_dumb_terminal
        if drawable and not self._output.quiet:
            live = Live(console=self._console, transient=True, refresh_per_second=12, get_renderable=self._frame)
            self._safely(live.start)
            self._live = live

    def _sleep(self) -> None:
        if self._live is not None:
            with suppress(OSError, SystemExit):
                self._live.stop()
            self._live = None

    def _safely(self, action: Callable[[], None]) -> None:
        if self._deaf:
            return
        try:
            action()
        except (OSError, SystemExit):  # Rich turns a broken pipe into SystemExit
            self._deaf = True

    def _say(self, line: Text) -> None:
        if not self._output.quiet and not self.muted:
            # Into a file or a pipe goes the whole of it: nobody could make that window wider.
            wide = self._console.is_terminal
            self._console.print(line, no_wrap=True, overflow="ellipsis" if wide else "ignore", crop=wide)
            self._rows += 1

    def _take(self, event: Event) -> None:
        match event:
            case PhaseStarted():
                self._running[event.phase] = (event.title, "")
            case PhaseProgress():
                self._progress(event)
            case Happened():
                self._last[event.phase] = event
            case PhaseEnded():
                self._ended(event)
            case LogLine():
                self._log(event)

    def _progress(self, event: PhaseProgress) -> None:
        if event.phase in self._running:
            self._running[event.phase] = (self._running[event.phase][0], event.text)
        if self._output.verbose:
            self._say(Text(f"    {event.text}", style="quiet"))

    def _ended(self, event: PhaseEnded) -> None:
        title, _ = self._running.pop(event.phase, (event.phase, ""))
        happened = self._last.pop(event.phase, None)
        bad = not event.ok or (happened is not None and happened.kind == "bad")
        sign = self._output.signs.unmet if bad else self._output.signs.met
        detail = event.detail or (happened.what if happened else "")
        style = "bad" if bad else "quiet"
        line = Text.assemble(
            (f"  {sign} ", "bad" if bad else "good"), self._titled(title), (f"{event.seconds:6.2f} s", "quiet")
        )
        if detail and self._console.width < _NARROW:
            self._say(line)
            self._say(Text(f"    {detail}", style))
        else:
            self._say(line.append(f"   {detail}", style) if detail else line)

    def _log(self, line: LogLine) -> None:
        if self._output.verbose > 1 and not self.muted:
            text = f"    {line.source:<8} {line.text}"
            self._console.print(Text(text, style=_LOG_STYLE[line.source]))
            self._rows += -(-len(text) // self._console.width)

    def _titled(self, title: str) -> str:
        """Return a title as wide as the seconds after it leave room for: a time is never cut."""
        width = max(1, min(_TITLE_WIDTH, self._console.width - _REST))
        if len(title) > width:
            title = title[:width] if self._console.options.ascii_only else f"{title[: width - 1]}\u2026"
        return f"{title:<{width}} "

    def _frame(self) -> Table:
        """Return the phases that are running now, each with its spinner; drawn again several times a second."""
        table = Table.grid(padding=(0, 1))
        for title, text in tuple(self._running.values()):  # others write while this is drawn
            label = Text(f"{title:<{_TITLE_WIDTH}}")
            progress = Text(text, style="quiet", no_wrap=True, overflow="ellipsis")
            table.add_row(" ", Spinner("dots", style="command"), label, progress)
        return table
