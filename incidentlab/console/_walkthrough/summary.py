"""The walkthrough in one look: broken beside fixed, and where to go from there."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from incidentlab.console.theme import Signs
from incidentlab.model.run import Run

_BESIDE = 24  # columns that names and blanks take beside the two runs


def view(broken: Run, fixed: Run, signs: Signs, width: int = 80) -> Group:
    """Return the two runs side by side; seconds without those spent waiting for a person.

    Where ``width`` does not hold the ids of their records beside each other, these stand beneath: an id is never cut.
    """
    both = (broken, fixed)
    beside = _BESIDE + sum(len(run.id) for run in both) <= width
    table = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
    for name in ("", broken.variant, fixed.variant):
        table.add_column(name, no_wrap=True)
    rows = {
        "outcome": [_outcome(run, signs, in_full=beside) for run in both],
        "start to outcome": [Text(f"{run.timings.get('outcome', 0.0):.2f} s") for run in both],
        "whole run": [Text(f"{run.seconds:.2f} s") for run in both],
        "expectations met": [_met(run, signs) for run in both],
    }
    if beside:
        rows["record"] = [Text(run.id, "command") for run in both]
    for name, cells in rows.items():
        table.add_row(Text(f"  {name}" if beside else name, "quiet"), *cells)
    below = () if beside else both
    return Group(table, *(_whole(("record  ", "quiet"), (run.id, "command")) for run in below))


def _whole(*pieces: tuple[str, str]) -> Text:
    return Text.assemble(*pieces, no_wrap=True, overflow="ignore")


def _outcome(run: Run, signs: Signs, *, in_full: bool) -> Text:
    healthy = run.outcome == "healthy"
    code = f", exit code {run.exit_code}" if in_full and run.exit_code is not None else ""
    sign = signs.met if healthy else signs.unmet
    return Text(f"{sign} {run.outcome}{code}", "good" if healthy else "bad")


def _met(run: Run, signs: Signs) -> Text:
    met = sum(check.met for check in run.checks)
    sign = signs.met if run.met else signs.unmet
    return Text(f"{sign} {met} of {len(run.checks)}", "good" if run.met else "bad")
