"""What every readable format shows, picked out of a report once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from incidentlab.model.alert import Alert, Watch
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.report import Account, Figure, Report
from incidentlab.model.run import Check, Run

_HEADLINES = ("Successful deployments", "Availability once started", "Time to detect", "Time to start")


@dataclass(frozen=True, slots=True)
class Status:
    """Where the incident stands; ``tone`` is what a colour may add to the words, in which back-ticks mark code."""

    words: str
    tone: Literal["good", "bad", "open"]


def status(report: Report) -> Status:
    """Return the one thing that a reader wants to know first."""
    if report.incident is not None:
        return _proof(report.incident.run, report.resolution.run if report.resolution else None)
    if report.resolution is not None:
        return Status("Healthy: no incident", "good")
    return Status("Not as expected", "open")


def _proof(broken: Run, fixed: Run | None) -> Status:
    """A run that came before the incident has not resolved it, whatever it proved."""
    if fixed is None:
        return Status("Open: no fix proved yet", "bad")
    if fixed.started_at < broken.started_at:
        return Status(f"Fix proved earlier, by run `{fixed.id}`", "good")
    return Status("Fix proved", "good")


def accounts(report: Report) -> list[Account]:
    """Return all runs of the report: the incident, its resolution, the others."""
    told = [each for each in (report.incident, report.resolution) if each is not None]
    return [*told, *report.others]


def told(report: Report) -> list[Run]:
    """Return the runs that carry the story; where there are none, the others."""
    runs = [each.run for each in (report.incident, report.resolution) if each is not None]
    return runs or [each.run for each in report.others]


def measured(figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures of which at least one side was measured."""
    return [each for each in figures if each.before is not None or each.after is not None]


def unmeasured(figures: Sequence[Figure]) -> list[str]:
    """Return the names of the figures that no run measured, in lower case."""
    return [each.name.lower() for each in figures if each.before is None and each.after is None]


def sides(figures: Sequence[Figure]) -> list[tuple[str, str]]:
    """Return (heading, attribute) of the columns that hold a figure; one alone needs no name of its own."""
    before = [("Before", "before")] if any(each.before is not None for each in figures) else []
    after = [("After", "after")] if any(each.after is not None for each in figures) else []
    both = [*before, *after]
    return both if len(both) > 1 else [("Value", attribute) for _, attribute in both]


def versions(run: Run) -> dict[str, str]:
    """Return what was used besides the engine, of which more is said beside it."""
    return {name: version for name, version in run.versions.items() if name != "engine"}


def headlines(figures: Sequence[Figure]) -> list[Figure]:
    """Return the few figures which a reader takes away."""
    known = {each.name: each for each in measured(figures)}
    return [known[name] for name in _HEADLINES if name in known]


def findings(report: Report) -> tuple[Finding, ...]:
    """Return what was found wrong, root causes first."""
    return report.incident.diagnosis.findings if report.incident else ()


def ruled_out(report: Report) -> tuple[RuledOut, ...]:
    """Return the causes that were considered and do not hold."""
    return report.incident.diagnosis.ruled_out if report.incident else ()


def symptoms(finding: Finding) -> Iterator[tuple[int, Finding]]:
    """Return (depth, finding) of all that a root cause explains."""
    for each in finding.explains:
        yield 1, each
        yield from ((depth + 1, below) for depth, below in symptoms(each))


def verified(report: Report) -> list[tuple[Run, tuple[Check, ...]]]:
    """Return the runs whose checks prove something: the fix, and every run that was not as expected."""
    runs = [report.resolution.run] if report.resolution else []
    runs += [each.run for each in accounts(report) if not each.run.met]
    return [(run, run.checks) for run in runs]


def watched(report: Report) -> list[tuple[Run, Watch]]:
    """Return the told runs that their monitoring has observed."""
    return [(run, run.watch) for run in told(report) if run.watch is not None]


def alert_rows(watch: Watch) -> list[tuple[str, str, str, str]]:
    """Return (alert, when it arrived, when it was over, what it said) of each alert, or one row of silence."""
    rows = [
        (
            each.name,
            f"{each.detected_after:.1f} s",
            _resolved(watch, each),
            each.summary,
        )
        for each in watch.alerts
    ]
    return rows or [("none", "-", "-", f"silent for {watch.seconds:.1f} s")]


def _resolved(watch: Watch, alert: Alert) -> str:
    if alert.resolved_at is None:
        return "still firing"
    if watch.fixed_at is not None and alert.resolved_at >= watch.fixed_at:
        return f"{alert.resolved_at - watch.fixed_at:.1f} s after {watch.fixed_by}"
    return f"{alert.resolved_at - watch.onset:.1f} s after the fault"


def captured(run: Run) -> str:
    """Return the captured lines that matter as one block of text."""
    return "\n".join(run.symptoms)


def commands(report: Report) -> list[str]:
    """Return the commands that show all of this again."""
    runs = told(report)
    lines = [f"incidentlab run {run.variant} --scenario {run.scenario} --engine {run.engine}" for run in runs]
    return [*dict.fromkeys(lines), f"incidentlab diagnose {runs[0].id}"] if runs else lines
