"""The report as GitHub-flavoured Markdown, safe against whatever a log line holds."""

import re
from collections.abc import Iterable, Iterator

from incidentlab.model.diagnosis import Finding
from incidentlab.model.report import Report
from incidentlab.reports import _markdown as md
from incidentlab.reports import _view as view
from incidentlab.reports._base import Format
from incidentlab.reports._text import clean, clock, day, duration, quantity
from incidentlab.reports._words import ending


def render(report: Report) -> str:
    """Return the report as one Markdown document that ends with a line end."""
    parts = [_head(report), *_sections(report), _colophon(report)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _head(report: Report) -> str:
    runs = ", ".join(f"{md.code(run.id)} ({run.variant}, {run.engine})" for run in view.told(report))
    facts = [f"**Status:** {md.prose(view.status(report).words)}", f"**Scenario:** {md.code(report.scenario)}"]
    return f"# {md.prose(report.title)}\n\n" + "  \n".join([*facts, f"**Runs:** {runs}"])


def _sections(report: Report) -> Iterator[str]:
    yield _section("Summary", md.prose(report.summary), _figures(report))
    yield _section("Impact", md.bullets(report.impact))
    yield _section("Timeline", *_timelines(report))
    yield _section("Root cause", *_causes(report))
    yield _section("The fix", md.fenced(report.fix_diff, "diff"))
    yield _section("Verification", *_verification(report))
    yield _section("Alerts", *_alerts(report))
    yield _section("Lessons", md.bullets(report.lessons))
    yield _section("Actions", md.bullets(report.actions, mark="- [ ]"))
    yield _section("Other runs", _others(report))
    yield _section("See it yourself", md.fenced("\n".join(view.commands(report)), "sh"))


def _section(title: str, *parts: str) -> str:
    body = [part for part in parts if part]
    return "\n\n".join([f"## {title}", *body]) if body else ""


def _figures(report: Report) -> str:
    sides = view.sides(report.figures)
    rows = [
        (each.name, *(quantity(getattr(each, side), each.unit) for _, side in sides), each.meaning)
        for each in view.measured(report.figures)
    ]
    if not rows:
        return ""
    missing = view.unmeasured(report.figures)
    note = f"\n\nNot measured: {', '.join(missing)}." if missing else ""
    head = ("Figure", *(heading for heading, _ in sides), "How it was measured")
    return md.table(head, rows, align=f"l{'r' * len(sides)}l") + note


def _timelines(report: Report) -> Iterator[str]:
    for run in view.told(report):
        marks = {"bad": "✕ ", "good": "✓ ", "info": ""}
        rows = [(f"{m.offset:+.3f} s", clock(m.at), m.phase, marks[m.kind] + m.what) for m in run.timeline]
        yield f"**{md.prose(run.variant)}**, {day(run.started_at)}, {ending(run)}:"
        yield md.table(("Offset", "UTC", "Phase", "What happened"), rows, align="rlll") if rows else ""


def _causes(report: Report) -> Iterator[str]:
    for finding in view.findings(report):
        yield f"### {md.prose(finding.title)}"
        yield f"{md.code(finding.cause)}, {finding.confidence}. {md.prose(finding.summary)}"
        yield "\n\n".join(_chain(finding))
        yield md.bullets(
            f"It explains: {below.title} (`{below.cause}`). {below.summary}" for _, below in view.symptoms(finding)
        )
        yield md.bullets(f"To be surer: {each}" for each in finding.missing)
    if report.incident is not None:
        captured = md.fenced(view.captured(report.incident.run), "text")
        yield f"The lines that matter, as captured:\n\n{captured}" if captured else ""
    yield md.bullets(f"Ruled out: {each.title}. {each.why}" for each in view.ruled_out(report))


def _chain(finding: Finding) -> Iterator[str]:
    for number, link in enumerate(finding.evidence, 1):
        where = link.source + (f", line {link.line}" if link.line else "")
        parts = [f"{number}. **{md.prose(link.claim)}**  \n{md.prose(where)}"]
        parts += [md.fenced(link.quote, "text")] if link.quote else []
        parts += [md.fenced(link.command, "sh")] if link.command else []
        yield re.sub(r"\n(?=.)", "\n   ", "\n\n".join(parts))


def _verification(report: Report) -> Iterator[str]:
    for run, checks in view.verified(report):
        rows = [("✓ met" if c.met else "✕ not met", c.name, c.expected, c.observed) for c in checks]
        yield f"{md.code(run.id)} ({md.prose(run.variant)}) {ending(run)}:"
        yield md.table(("Result", "Check", "Expected", "Observed"), rows, align="llll") if rows else ""


def _alerts(report: Report) -> Iterator[str]:
    for run, watch in view.watched(report):
        left = f" Not judged: {', '.join(map(md.code, watch.unjudged))}." if watch.unjudged else ""
        yield f"{md.code(run.id)} ({md.prose(run.variant)}), judged by {md.prose(watch.by)}.{left}"
        head = ("Alert", "After the fault", "Resolved", "What it said")
        yield md.table(head, view.alert_rows(watch), align="lrrl")


def _others(report: Report) -> str:
    rows: Iterable[tuple[str, ...]] = [
        (
            each.run.id,
            each.run.variant,
            each.run.engine,
            ending(each.run),
            duration((each.run.ended_at - each.run.started_at).total_seconds()),
        )
        for each in report.others
    ]
    return md.table(("Run", "Variant", "Engine", "Outcome", "Took"), rows, align="llllr") if report.others else ""


def _colophon(report: Report) -> str:
    lines = [f"Written {day(report.written_at)}; every figure was measured in the runs named above."]
    for run in view.told(report):
        versions = ", ".join(f"{name} {value}" for name, value in view.versions(run).items())
        lines.append(md.prose(f"{run.variant}: {run.engine_detail}; {versions}"))
        lines += [md.prose(f"{run.variant}: {note}") for note in run.notes]
    return "---\n\n" + "  \n".join(clean(line) for line in lines)


FORMAT = Format("markdown", ".md", render)
