"""Where everything that people read comes out: results on stdout, progress and errors on stderr."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, Literal, TextIO

from rich.box import ASCII, ROUNDED
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from incidentlab.console.theme import THEME, Signs
from incidentlab.errors import IncidentlabError, StorageError

Colour = Literal["auto", "always", "never"]
_WIDEST = 120  # columns; longer lines of prose are hard to read


class Output:
    """Two consoles and how much to say on them.

    Args:
        colour: ``auto`` honours NO_COLOR, then FORCE_COLOR, then whether it is a terminal.
        quiet: say nothing but results and errors.
        verbose: 1 shows more of what is going on, 2 every log line.
    """

    def __init__(self, colour: Colour = "auto", *, quiet: bool = False, verbose: int = 0) -> None:
        self.quiet = quiet
        self.verbose = verbose
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")  # a log may hold what this encoding cannot say
        self.out = _console(colour, stderr=False)
        self.err = _console(colour, stderr=True)
        self.signs = Signs(self.out.encoding)

    def show(self, *parts: RenderableType) -> None:
        """Print a result on stdout."""
        if self.out.is_terminal:
            self.out.print(Group(*parts), crop=False)
            return
        # Rich fills lines with blanks up to the width of tables and frames; in a file they would only be in the way.
        with self.out.capture() as captured:
            self.out.print(Group(*parts), crop=False)
        _write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))

    def data(self, text: str) -> None:
        """Print text on stdout exactly as it is: no markup, no wrapping."""
        _write(text if text.endswith("\n") else text + "\n")

    def json(self, document: Mapping[str, Any]) -> None:
        """Print one JSON document on stdout."""
        self.data(json.dumps(document, indent=2, ensure_ascii=False, default=str))

    def say(self, *parts: RenderableType) -> None:
        """Print a notice on stderr, unless it has to be quiet."""
        if not self.quiet:
            self._tell(*parts)

    def error(self, error: IncidentlabError) -> None:
        """Print what happened, why, and what to do, as one panel on stderr."""
        parts: list[RenderableType] = [Text(error.what, style="strong")]
        if error.why:
            parts += [Text(), Text(error.why)]
        if error.mend:
            parts += [Text(), Text("What to do", style="title")]
            parts.append(points(error.mend, self.signs))
        self._tell(panel(Group(*parts), error.title, "bad", self.err))

    def _tell(self, *parts: RenderableType) -> None:
        """Print on stderr; where the terminal or the pipe has gone away, nobody is told, and nothing else changes."""
        try:
            self.err.print(*parts, sep="\n")
        except OSError:
            _drop(sys.stderr)


def stdout_refuses(error: OSError) -> StorageError:
    """Return the error for a stdout that takes no more; what is still waiting for it is dropped."""
    _drop(sys.stdout)
    return StorageError(
        "The result could not be written to stdout.",
        why=f"{error.strerror}.",
        mend=["Make room where stdout leads to, then give the command again."],
    )


def _drop(stream: TextIO) -> None:
    """Let a stream that refuses lead nowhere, or Python would complain once more while it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Fall silent; Rich itself would end the program, and a run with it, and close stdout on the way."""
        self.quiet = True


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
    except BrokenPipeError:  # the reader has had enough, which is no error
        raise
    except OSError as error:
        raise stdout_refuses(error) from None


def points(items: Sequence[str], signs: Signs, style: str = "", indent: int = 1) -> Table:
    """Return items with a point each; one that takes more lines stays beside its point."""
    table = Table.grid(padding=(0, 1))
    for item in items:
        table.add_row(Text(f"{'':{indent}}{signs.point}", style), Text(item, style, overflow="fold"))
    return table


def panel(content: RenderableType, title: str, style: str, console: Console) -> Panel:
    """Return a panel in the project's own look; without drawn corners where the encoding lacks them."""
    box = ROUNDED if console.encoding.lower().startswith("utf") else ASCII
    return Panel(
        content, title=Text(title, style=style), title_align="left", border_style=style, box=box, padding=(0, 1)
    )


def command(text: str) -> Text:
    """Return a command as people see it; never broken over lines, so that it can be copied."""
    return Text(text, style="command", no_wrap=True, overflow="ignore")


def _console(colour: Colour, *, stderr: bool) -> Console:
    no_colour = colour == "never" or (colour == "auto" and bool(os.environ.get("NO_COLOR")))
    console = _Console(
        stderr=stderr,
        theme=THEME,
        no_color=no_colour,
        color_system=None if no_colour else "auto",  # NO_COLOR alone would keep bold
        force_terminal=True if colour == "always" else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    if console.width > _WIDEST:
        console.width = _WIDEST
    return console
