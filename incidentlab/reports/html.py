"""The report as one HTML file: no network, no script, light and dark, for screen, keyboard and paper."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from incidentlab.model.report import Account, Report
from incidentlab.reports import _charts as charts
from incidentlab.reports import _measure as measure
from incidentlab.reports import _text as text
from incidentlab.reports import _view as view
from incidentlab.reports._base import Format
from incidentlab.reports._words import ending

_TEMPLATES = Path(__file__).resolve().parent / "_templates"
_WIDE, _NARROW = 860.0, 336.0  # pixels; the style sheet shows the one that fits
_MOST_LINES = 200  # of one quoted block


def render(report: Report) -> str:
    """Return the report as one HTML document that ends with a line end."""
    story = [each for each in (report.incident, report.resolution) if each] or list(report.others)
    return _template().render(
        report=report,
        story=story,
        status=view.status(report),
        timeline=_both(charts.timeline, story, "timeline"),
        latency=_both(charts.latency, story, "latency"),
        traffic=_both(charts.traffic, story, "traffic"),
        answered=any(each.status is not None for one in story for each in measure.own_samples(one.run)),
        contents=_contents(report),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(view=view)
    environment.filters.update(
        prose=prose,
        line=text.one_line,
        block=block,
        quantity=text.quantity,
        clock=text.clock,
        day=text.day,
        count=text.count,
        ending=ending,
        diff=diff,
    )
    return environment.get_template("report.html.j2")


def _contents(report: Report) -> list[tuple[str, str]]:
    """Return (anchor, words) of the sections that this report has."""
    sections = [
        ("summary", "Summary", True),
        ("timeline", "Timeline", any(run.timeline for run in view.told(report))),
        ("cause", "Root cause", report.incident is not None),
        ("fix", "The fix", bool(report.fix_diff)),
        ("verification", "Verification", bool(view.verified(report))),
        ("alerts", "Alerts", bool(view.watched(report))),
        ("latency", "Requests", any(run.samples for run in view.told(report))),
        ("figures", "Figures", bool(view.measured(report.figures))),
        ("lessons", "Lessons and actions", bool(report.lessons or report.actions)),
        ("record", "Record", True),
    ]
    return [(anchor, words) for anchor, words, there in sections if there]


def _both(chart: charts.Chart, story: list[Account], key: str) -> Markup:
    """Draw for a wide and for a narrow page: text in a picture does not reflow."""
    sizes = (("wide", _WIDE), ("narrow", _NARROW))
    drawn = [(size, chart(story, width, f"{key}-{size}")) for size, width in sizes]
    return Markup("").join(Markup(f'<div class="chart {size}">{picture}</div>') for size, picture in drawn if picture)  # noqa: S704 — the charts escape what they draw


def prose(words: str) -> Markup:
    """Return text with its back-tick pairs as code; everything in it is escaped."""
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if is_code else Markup("{}").format(piece)
        for is_code, piece in text.spans(words)
    )


def block(words: str) -> str:
    """Return a quoted block, line by line fit to be shown; a few very long ones are cut."""
    lines = words.strip("\n").split("\n")
    shown = [text.clip(line) for line in lines[:_MOST_LINES]]
    return "\n".join([*shown, f"… ({len(lines) - _MOST_LINES:,} more lines)"] if lines[_MOST_LINES:] else shown)


def diff(words: str) -> list[tuple[str, str]]:
    """Return (kind, line) of a unified diff; kinds are ``file``, ``hunk``, ``add``, ``del`` and ``same``."""
    kinds = {"+": "add", "-": "del", "@": "hunk"}
    lines = block(words).split("\n")
    head = {0, 1} if lines[0].startswith("---") else set()
    return [("file" if n in head else kinds.get(line[:1], "same"), line) for n, line in enumerate(lines)]


FORMAT = Format("html", ".html", render)
