"""How the records of runs look: a list, and a page for each."""

from collections.abc import Sequence
from datetime import timedelta, timezone

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from incidentlab.console import run_view
from incidentlab.console.output import points
from incidentlab.console.theme import Signs
from incidentlab.model.run import Moment, Run, RunEntry


class Listing:
    """Runs as a table with as many columns as the width allows; nothing in it is ever shortened.

    Ids and outcomes are always there. The other columns go in the order engine, scenario, variant, seconds, time.
    """

    def __init__(self, entries: Sequence[RunEntry], signs: Signs) -> None:
        offset = entries[0].started_at.astimezone().utcoffset() if entries else None
        zone = timezone(offset or timedelta())  # the ids count in UTC, so the distance to it is named
        self._columns = [
            ("Run", [Text(each.id, "command") for each in entries]),
            ("Outcome", [_outcome(each, signs) for each in entries]),
            (f"When ({zone})", [Text(f"{each.started_at.astimezone(zone):%Y-%m-%d %H:%M}") for each in entries]),
            ("Seconds", [Text(f"{each.seconds:.1f}") for each in entries]),
            ("Variant", [Text(each.variant) for each in entries]),
            ("Scenario", [Text(each.scenario) for each in entries]),
            ("Engine", [Text(each.engine, "quiet") for each in entries]),
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns for which there is room."""
        table = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
        chosen, needed = self._fitting(options.max_width)
        for name, _ in chosen:
            table.add_column(name, no_wrap=True, justify="right" if name == "Seconds" else "left")
        for row in zip(*(cells for _, cells in chosen), strict=True):
            table.add_row(*row)
        yield from console.render(table, options.update(width=max(needed, options.max_width)))

    def _fitting(self, width: int) -> tuple[list[tuple[str, list[Text]]], int]:
        """Return the columns that fit, in their order, and how wide they are together."""
        chosen, needed = [], 0
        for number, (name, cells) in enumerate(self._columns):
            wide = max(cell_len(name), *(each.cell_len for each in cells), 0) + (2 if number else 0)
            if number > 1 and needed + wide > width:
                break
            chosen.append((name, cells))
            needed += wide
        return chosen, needed


def listing(entries: Sequence[RunEntry], signs: Signs) -> Listing:
    """Return a table of runs, with local times."""
    return Listing(entries, signs)


def _outcome(entry: RunEntry, signs: Signs) -> Text:
    sign, style = (signs.met, "good") if entry.met else (signs.unmet, "bad")
    return Text.assemble((f"{sign} ", style), entry.outcome, (", kept" if entry.kept else "", "warn"))


def page(run: Run, folder: str, signs: Signs, console: Console) -> Group:
    """Return a run's page: what it was, its timeline, its expectations, its verdict."""
    parts: list[RenderableType] = [
        _facts(run, folder),
        Text(),
        Text("Timeline", "title"),
        _timeline(run.timeline, signs),
    ]
    if run.notes:
        parts += [Text(), Text("How the engine carried it out", "title")]
        parts.append(points(run.notes, signs, "quiet", indent=2))
    parts.append(run_view.view(run, signs, console, again=None))
    return Group(*parts)


def _facts(run: Run, folder: str) -> Table:
    table = Table.grid(padding=(0, 2))
    rows = (
        ("run", run.id),
        ("scenario", f"{run.scenario}, {run.variant}"),
        ("engine", f"{run.engine}: {run.engine_detail}"),
        ("started", f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())),
        ("record", folder),
        *([("kept", f"its stack was left running; remove it: incidentlab clean {run.id}")] if run.kept else []),
    )
    for name, value in rows:
        table.add_row(Text(name, "quiet"), Text(value, overflow="fold"))
    return table


def _timeline(moments: Sequence[Moment], signs: Signs) -> Table:
    table = Table.grid(padding=(0, 2))
    marks = {"good": Text(signs.met, "good"), "bad": Text(signs.unmet, "bad"), "info": Text(signs.dot, "quiet")}
    for moment in moments:
        table.add_row(
            Text(f"  {moment.offset:7.3f} s", "quiet"), marks[moment.kind], Text(moment.what, overflow="fold")
        )
    return table
