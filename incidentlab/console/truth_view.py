"""How the truth table of the alerts looks."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from incidentlab.console.theme import Signs
from incidentlab.model.truth import Truth


def line(truth: Truth, signs: Signs) -> Text:
    """Return the one line that tells of a result as it is known."""
    sign, style = (signs.met, "good") if truth.holds else (signs.unmet, "bad")
    what = truth.alert or ("not tried" if truth.error else "false alarms")
    where = f"{truth.scenario} {truth.variant} on {truth.engine}: {what}, "
    return Text.assemble((f"  {sign} ", style), where, (truth.observed, "quiet"), no_wrap=True, overflow="ellipsis")


def view(table: Sequence[Truth], signs: Signs, left_out: Sequence[tuple[str, str, str]] = ()) -> Group:
    """Return the table, then what does not hold, in sentences.

    Args:
        table: its lines.
        signs: of this terminal.
        left_out: (scenario, engine, why) of what was not asked.
    """
    parts: list[RenderableType] = [*_rows(table, signs), Text()]
    for (scenario, engine, said), found in groupby((each for each in table if not each.holds), _failure):
        alike = list(found)
        head = f"{scenario} {', '.join(dict.fromkeys(each.variant for each in alike))} on {engine}"
        parts.append(Text.assemble((f"{signs.unmet} ", "bad"), (head, "title")))
        parts.append(Padding(Text(said, "bad", overflow="fold"), (0, 0, 0, 2)))
        parts += [Text(f"  record: {run}", "quiet") for run in dict.fromkeys(each.run for each in alike if each.run)]
    if any(each.resolved_after is not None for each in table):
        parts.append(Text("resolved: from deploying the fix onto the same database to the alert's end", "quiet"))
    parts += [Text(f"judged by {by}", "quiet") for by in dict.fromkeys(each.by for each in table if each.by)]
    for scenario, engine, why in left_out:
        parts.append(Text(f"not asked: {scenario} on {engine}: {why}", "quiet", overflow="fold"))
    held = sum(each.holds for each in table)
    said = f"{held} of {len(table)} hold"
    return Group(*parts, Text(), Text(said, "good" if held == len(table) else "bad"))


def _failure(truth: Truth) -> tuple[str, str, str]:
    """Return what failures have to share to be told once: the same reason would stand there for every variant."""
    what = truth.alert or ("not tried" if truth.error else "silence")
    return truth.scenario, truth.engine, f"{what}: {truth.observed}"


def _rows(table: Sequence[Truth], signs: Signs) -> Iterator[Text]:
    """Give the table's lines; a scenario's name stands once, above its own, so that all fits into 80 columns."""
    yield Text(f"  {'Variant':<20} {'Alert':<28}    {'after':>7} {'most':>6} {'resolved':>8}", "title")
    above = ("", "")
    for each in table:
        if (each.scenario, each.engine) != above:
            above = (each.scenario, each.engine)
            yield Text.assemble((each.scenario, "command"), (f" on {each.engine}", "quiet"))
        sign, style = (signs.met, "good") if each.holds else (signs.unmet, "bad")
        after, most, over = (_seconds(value) for value in (each.after, each.within, each.resolved_after))
        what = each.alert or ("not tried" if each.error else "none: silence")
        said = f"  {each.variant:<20} {what:<28}  "
        yield Text.assemble(said, (sign, style), f" {after:>7} {most:>6} {over:>8}", no_wrap=True, overflow="fold")


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
