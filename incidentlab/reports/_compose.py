"""From stored runs to a report: which run is the incident, which one proves its fix, and what follows."""

from collections.abc import Sequence
from datetime import datetime
from difflib import unified_diff

from incidentlab.errors import UsageError
from incidentlab.model.report import Account, Report
from incidentlab.reports import _words as words
from incidentlab.reports._figures import figures
from incidentlab.reports._impact import impact


def compose(accounts: Sequence[Account], *, written_at: datetime, prevent: Sequence[str] = ()) -> Report:
    """Make one report of one or more runs; pure, so the same runs give the same report.

    Args:
        accounts: the runs, in any order; they may be of several scenarios, of which the latest incident's is told.
        written_at: the report's date.
        prevent: what keeps the cause from coming back, from its page in the catalogue; becomes the actions.

    Raises:
        UsageError: no run was given.
    """
    if not accounts:
        raise UsageError(
            "There is no run to report on.",
            mend=("Make one: incidentlab run broken", "Then: incidentlab report"),
        )
    in_order = sorted(accounts, key=lambda each: (each.run.started_at, each.run.id))
    incident = _incident(in_order)
    resolution = _resolution(in_order, incident)
    told = [each for each in (incident, resolution) if each is not None]
    return Report(
        title=words.title(incident, resolution, in_order[-1]),
        scenario=(told[0] if told else in_order[-1]).run.scenario,
        summary=words.summary(incident, resolution, in_order[-1]),
        impact=impact(incident, resolution),
        incident=incident,
        resolution=resolution,
        figures=figures(in_order, incident, resolution),
        fix_diff=_fix(incident, resolution),
        lessons=words.lessons(incident, resolution),
        actions=words.actions(incident, resolution, prevent),
        written_at=written_at,
        others=tuple(each for each in in_order if each not in told),
    )


def _incident(in_order: Sequence[Account]) -> Account | None:
    """Take the latest run in which something was wrong, whether that was the aim or not."""
    wrong = [each for each in in_order if each.diagnosis.verdict == "incident" or each.run.outcome != "healthy"]
    return wrong[-1] if wrong else None


def _resolution(in_order: Sequence[Account], incident: Account | None) -> Account | None:
    """Take the latest proved healthy run of the incident's scenario; one after the incident goes first."""
    good = [
        each
        for each in in_order
        if each.run.outcome == "healthy" and each.run.met and each.diagnosis.verdict != "incident"
    ]
    if incident is None:
        return good[-1] if good else None
    same = [each for each in good if each.run.scenario == incident.run.scenario]
    # The order is by start, so the last one is after the incident wherever any of them is.
    return same[-1] if same else None


def _fix(incident: Account | None, resolution: Account | None) -> str:
    """Return what differs between the two Dockerfiles; where no run shows it, the diff that the finding proposes."""
    if incident is None:
        return ""
    if resolution is not None:
        diff = dockerfile_diff(incident, resolution)
        if diff:
            return diff
    mends = (mend for finding in incident.diagnosis.findings for mend in finding.mend)
    return next((mend.text.strip("\n") for mend in mends if mend.kind == "diff"), "")


def dockerfile_diff(before: Account, after: Account) -> str:
    """Return the unified diff of the Dockerfiles of two runs; empty where one is unknown or nothing differs."""
    if not before.run.dockerfile or not after.run.dockerfile:
        return ""
    return "\n".join(
        unified_diff(
            before.run.dockerfile.splitlines(),
            after.run.dockerfile.splitlines(),
            f"a/{before.run.dockerfile_name or 'Dockerfile'}",
            f"b/{after.run.dockerfile_name or 'Dockerfile'}",
            lineterm="",
        )
    )
