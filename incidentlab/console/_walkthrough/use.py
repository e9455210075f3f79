"""How the use of an app looks: each request with its status and latency, then the steady window in one line."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console import run_view
from incidentlab.console.theme import Signs
from incidentlab.model.run import Run, Sample
from incidentlab.model.scenario import ExpectedAnswer

_NARROW = 60  # columns below which a status has no words
_REQUEST = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ")


def view(run: Run, expected: Sequence[ExpectedAnswer], signs: Signs, width: int = 80) -> Group:
    """Return the requests of the scenario, the window after them, and the checks that no request shows."""
    samples = proof(run)
    parts: list[RenderableType] = [requests(samples[: len(expected)], expected, signs, width)]
    window = samples[len(expected) :]
    if window:
        parts += [Text(), Padding(Text(f"Then {latencies(window)}.", "quiet"), (0, 2))]
    rest = [check for check in run.checks if not _REQUEST.match(check.name)]
    return Group(*parts, Text(), run_view.checks(rest, signs))


def proof(run: Run) -> tuple[Sample, ...]:
    """Return the requests by which the run proved the app; empty where it did not come to that."""
    began = next((moment.offset for moment in run.timeline if moment.phase == "verify"), None)
    return () if began is None else tuple(each for each in run.samples if each.offset >= began)


def requests(samples: Sequence[Sample], expected: Sequence[ExpectedAnswer], signs: Signs, width: int = 80) -> Table:
    """Return one line a request: as expected or not, its status, in words where there is room, and its latency."""
    table = Table.grid(padding=(0, 2))
    for column in ("left", "left", "left", "right"):
        table.add_column(justify="right" if column == "right" else "left", no_wrap=column == "right")
    for sample, wanted in zip(samples, expected, strict=False):
        met = sample.status == wanted.status
        sign = Text(f"  {signs.met if met else signs.unmet}", "good" if met else "bad")
        status = _status(sample) if width >= _NARROW else str(sample.status or sample.error)
        said = status if met else f"{status} (expected: {wanted.status})"
        request = Text.assemble((f"{sample.method:<6} ", "strong"), _path(sample.path))
        table.add_row(sign, request, Text(said, "" if met else "bad"), Text(f"{sample.seconds * 1000:.1f} ms", "quiet"))
    return table


def latencies(samples: Sequence[Sample]) -> str:
    """Return number, rate and latency of the requests of a window; percentiles by nearest rank."""
    seconds = sorted(each.seconds for each in samples)
    length = samples[-1].offset - samples[0].offset + samples[-1].seconds
    middle, high = seconds[(len(seconds) - 1) // 2], seconds[-(-len(seconds) * 95 // 100) - 1]
    return (
        f"{len(samples)} requests in {length:.1f} s: half within {middle * 1000:.1f} ms, "
        f"95 % within {high * 1000:.1f} ms, slowest {seconds[-1] * 1000:.1f} ms"
    )


def _status(sample: Sample) -> str:
    if sample.status is None:
        return sample.error
    try:
        return f"{sample.status} {HTTPStatus(sample.status).phrase}"
    except ValueError:
        return str(sample.status)


def _path(path: str) -> str:
    return urlsplit(path).path or "(nothing was created)"
