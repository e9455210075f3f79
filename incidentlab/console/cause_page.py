"""A cause's page on the terminal; Rich is loaded only where there is one, because `explain` is asked in a hurry."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from incidentlab import causes
from incidentlab.causes import Family
from incidentlab.causes.page import page

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, Group, RenderResult

_SIDE_BY_SIDE = 72  # columns from which a summary stands beside its id


def print_page(cause: str) -> None:
    """Print a cause's page: rendered on a terminal, as Markdown in a pipe.

    Raises:
        UnknownNameError: there is no such cause.
    """
    text = page(causes.get(cause))
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.markdown import Markdown

    from incidentlab.console.output import Output

    Output().show(Markdown(text))


def listing(families: Sequence[Family]) -> "Group":
    """Return all causes, a family at a time, each with its one sentence."""
    from rich.console import Group, RenderableType
    from rich.text import Text

    parts: list[RenderableType] = []
    for family in families:
        if not family.causes:
            continue
        parts += [Text()] if parts else []
        parts += [Text(family.title, "title"), _Rows(family)]
    return Group(*parts)


class _Rows:
    """A family's causes: beside each other where there is room, else beneath."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """Draw them."""
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        if options.max_width < _SIDE_BY_SIDE:
            for each in self._family.causes:
                yield Text(f"  {each.id}", "command")
                yield Padding(Text(each.summary), (0, 0, 0, 4))
            return
        table = Table.grid(padding=(0, 2))
        widest = max(len(name) for name in causes.names())
        table.add_column(no_wrap=True, min_width=widest + 2)
        table.add_column(overflow="fold")
        for each in self._family.causes:
            table.add_row(Text(f"  {each.id}", "command"), Text(each.summary))
        yield table
