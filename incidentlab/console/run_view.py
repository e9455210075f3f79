"""How a finished run looks: the lines that matter, the expectations, the verdict and what to do next."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console import next_view
from incidentlab.console.output import panel
from incidentlab.console.theme import Signs
from incidentlab.model.alert import Watch
from incidentlab.model.run import Check, Run


def view(run: Run, signs: Signs, console: Console, kept: Sequence[str] = (), *, again: str | None = "") -> Group:
    """Return all that a person wants to know about a run, most important last, where the eye rests.

    Args:
        run: what to tell of.
        signs: the marks that the terminal can show.
        console: where it is shown.
        kept: how a stack that was left running is reached.
        again: the options of this run that the next one needs too, such as ``--scenario``; ``None``: no next steps.
    """
    parts: list[RenderableType] = [Text()]
    if run.symptoms:
        parts += [captured(run.symptoms, console), Text()]
    parts += [checks(run.checks, signs), Text()]
    if run.watch is not None and run.watch.unjudged:
        parts += [Padding(Text(unjudged(run.watch), "quiet"), (0, 0, 1, 2))]
    parts.append(verdict(run))
    if kept:
        parts += [Text(), Text("  Left running", "title"), *ways_in(kept)]
    if again is not None:
        parts += [Text(), next_view.view(_next(run, again), console.width)]
    return Group(*parts)


def ways_in(kept: Sequence[str]) -> list[Text]:
    """Return how a kept stack is reached, each in one line: an address that was broken could not be copied."""
    return [Text(f"  {line}", no_wrap=True, overflow="ignore") for line in kept]


def captured(symptoms: Sequence[str], console: Console) -> RenderableType:
    """Return the captured log lines in a frame, unchanged."""
    return panel(Text("\n".join(symptoms)), "What the app's log says", "bad", console)


def checks(results: Sequence[Check], signs: Signs) -> Table:
    """Return the expectations as a table: met or not, what was expected, what was seen."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=38)
    table.add_column(overflow="fold")
    for check in results:
        sign = Text(f"  {signs.met}", "good") if check.met else Text(f"  {signs.unmet}", "bad")
        seen = (
            Text(check.observed, "quiet")
            if check.met
            else Text(f"{check.observed} (expected: {check.expected})", "bad")
        )
        table.add_row(sign, Text(check.name), seen)
    return table


def unjudged(watch: Watch) -> str:
    """Return what its monitoring could not see: an alert that nobody waited for was not silent."""
    return f"Not judged: {', '.join(watch.unjudged)}. Only Prometheus can, which is not installed here."


def verdict(run: Run) -> Text:
    """Return the run's verdict in one line."""
    if run.met:
        words = "HEALTHY" if run.outcome == "healthy" else "REPRODUCED"
        style = "verdict.good"
    else:
        words = "NOT HEALTHY" if run.variant != "broken" else "NOT REPRODUCED"
        style = "verdict.bad"
    return Text.assemble((f"  {words}", style), f"  in {run.seconds:.1f} s   ", (f"run {run.id}", "quiet"))


def _next(run: Run, again: str) -> list[tuple[str, str]]:
    if run.met and run.outcome == "healthy":
        return [("incidentlab report", "the account of the break and its fix"), ("incidentlab diagnose", "confirm it")]
    if run.met:
        return [
            ("incidentlab diagnose", "why it broke, with proof"),
            (f"incidentlab run fixed{again}", "prove the fix"),
        ]
    return [
        ("incidentlab diagnose", "what the evidence says"),
        (f"incidentlab runs logs {run.id}", "the whole log"),
    ]
