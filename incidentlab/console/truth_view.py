"""How the truth table of the alerts looks."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console.theme import Signs
from incidentlab.model.truth import Truth


def line(truth: Truth, signs: Signs) -> Text:
    """Return the one line that tells of a result as it is known."""
    sign, style = (signs.met, "good") if truth.holds else (signs.unmet, "bad")
    what = truth.alert or "false alarms"
    where = f"{truth.scenario} {truth.variant} on {truth.engine}: {what}, "
    return Text.assemble((f"  {sign} ", style), where, (truth.observed, "quiet"), no_wrap=True, overflow="ellipsis")


def view(table: Sequence[Truth], signs: Signs, left_out: Sequence[tuple[str, str, str]] = ()) -> Group:
    """Return the table, then what does not hold, in sentences.

    Args:
        table: its lines.
        signs: of this terminal.
        left_out: (scenario, engine, why) of what was not asked.
    """
    parts: list[RenderableType] = [_table(table, signs), Text()]
    for each in (truth for truth in table if not truth.holds):
        head = f"{each.scenario} {each.variant} on {each.engine}"
        parts.append(Text.assemble((f"{signs.unmet} ", "bad"), (head, "title")))
        parts.append(Padding(Text(f"{each.alert or 'silence'}: {each.observed}", "bad", overflow="fold"), (0, 0, 0, 2)))
        parts += [Text(f"  record: {each.run}", "quiet")] if each.run else []
    if any(each.resolved_after is not None for each in table):
        parts.append(
            Text("resolved: seconds from deploying the fix onto the same database to the alert's end", "quiet")
        )
    parts += [Text(f"judged by {by}", "quiet") for by in dict.fromkeys(each.by for each in table if each.by)]
    for scenario, engine, why in left_out:
        parts.append(Text(f"not asked: {scenario} on {engine}: {why}", "quiet", overflow="fold"))
    held = sum(each.holds for each in table)
    said = f"{held} of {len(table)} hold"
    return Group(*parts, Text(), Text(said, "good" if held == len(table) else "bad"))


def _table(table: Sequence[Truth], signs: Signs) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
    shown.add_column("Scenario", overflow="fold")
    shown.add_column("Engine", no_wrap=True)
    shown.add_column("Variant", overflow="fold")
    shown.add_column("Alert", overflow="fold")
    shown.add_column("", no_wrap=True)
    shown.add_column("after", no_wrap=True, justify="right")
    shown.add_column("within", no_wrap=True, justify="right")
    shown.add_column("resolved", no_wrap=True, justify="right")
    for each in table:
        mark = Text(signs.met, "good") if each.holds else Text(signs.unmet, "bad")
        after = "-" if each.after is None else f"{each.after:.1f} s"
        within = "-" if each.within is None else f"{each.within:g} s"
        alert = Text(each.alert) if each.alert else Text("none, silence", "quiet")
        over = "-" if each.resolved_after is None else f"{each.resolved_after:.1f} s"
        shown.add_row(Text(each.scenario, "command"), each.engine, each.variant, alert, mark, after, within, over)
    return shown
