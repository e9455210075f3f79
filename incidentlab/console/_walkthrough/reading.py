"""How a failure's log is read: the lines that matter, each with what one learns from it."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console._walkthrough.texts import NO_ERRORS, READINGS
from incidentlab.console.theme import Signs
from incidentlab.model.evidence import LogEvent


def last_error(events: Sequence[LogEvent]) -> LogEvent | None:
    """Return the app's last error that has lines worth showing; one with an exception before one without."""
    errors = [
        each for each in events if each.source == "app" and each.severity in ("error", "fatal") and each.key_lines
    ]
    raised = [each for each in errors if each.exception]
    return next(reversed(raised or errors), None)


def view(event: LogEvent | None, signs: Signs) -> Group:
    """Return the lines of an error that matter, with their numbers in the log, and how many were left out."""
    if event is None:
        return Group(Text(NO_ERRORS))
    parts: list[RenderableType] = []
    for number, line in event.key_lines:
        parts.append(_line(number, line, signs))
    whole, shown = event.last_line - event.first_line + 1, len(event.key_lines)
    if whole > shown:
        some = "This is one" if shown == 1 else f"These are {shown}"
        rest = f"{some} of the {whole} lines of the traceback; the others only say by which way the program"
        parts += [Text(), Padding(Text(f"{rest} came there.", "quiet"), (0, 2))]
    return Group(*parts)


def reading_of(line: str) -> str:
    """Return what one learns from a line of an error; empty where it says so itself."""
    text = line.strip()
    return next((reading for sign, reading in READINGS if text.startswith(sign) or _names(text, sign)), "")


def _names(text: str, sign: str) -> bool:
    """Tell an exception's own line, as in ``module.SomeError: message``."""
    return sign == "Error" and text.partition(":")[0].endswith(("Error", "Exception"))


def _line(number: int, line: str, signs: Signs) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=5, justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    reading = reading_of(line)
    table.add_row(Text(str(number), "quiet"), Text(line, "warn"))
    if reading:
        table.add_row("", Text(f"{signs.arrow} {reading}", "quiet"))
    return table
