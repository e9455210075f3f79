"""How long each request took, and which ones nobody answered, on one axis of time for all runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from incidentlab.model.report import Account
from incidentlab.model.run import Run, Sample
from incidentlab.reports import _measure as measure
from incidentlab.reports._charts import svg
from incidentlab.reports._text import count, quantity

_PLOT, _TOP, _STRIP, _AXIS, _MARGIN = 190.0, 24.0, 34.0, 40.0, 76.0
_MOST_POINTS = 500  # of one run; more of them are told by the slowest of each stretch
_WIDE_RANGE = 25.0  # the slowest answer over the median: beyond this, a linear axis hides the median


@dataclass(frozen=True, slots=True)
class _Row:
    """The requests of one run, timed from its app's start."""

    run: Run
    answers: tuple[tuple[float, Sample], ...]
    silent: tuple[tuple[float, Sample], ...]


def latency(accounts: Sequence[Account], width: float, key: str) -> str:
    """Return the drawing, ``width`` pixels wide; empty where no run has samples."""
    rows = [_row(each) for each in accounts if measure.own_samples(each.run)]
    if not rows:
        return ""
    times = [at for row in rows for at, _ in (*row.answers, *row.silent)]
    across = svg.Scale(min(*times, 0.0), max(*times, 0.001), 38.0, width - _MARGIN)
    values = sorted(each.seconds * 1000 for row in rows for _, each in row.answers)
    plot = _plot(rows, values, across) if values else []
    top = _TOP + _PLOT + 8 if values else 0.0
    strips = [row for row in rows if row.silent]
    body = [part for n, row in enumerate(strips) for part in _strip(row, across, top + n * _STRIP)]
    bottom = top + len(strips) * _STRIP + 6
    axis = _axis(across, bottom, 9 if width > 500 else 5)
    return svg.picture(key, (width, bottom + _AXIS), "Latency of every request", _told(rows), [*axis, *plot, *body])


def _row(account: Account) -> _Row:
    zero = measure.app_start(account) or 0.0
    timed = [
        (each.offset - zero, each) for each in sorted(measure.own_samples(account.run), key=lambda one: one.offset)
    ]
    answers = [each for each in timed if each[1].status is not None]
    silent = [each for each in timed if each[1].status is None]
    return _Row(account.run, tuple(thinned(answers)), tuple(thinned(silent)))


def thinned(timed: Sequence[tuple[float, Sample]]) -> list[tuple[float, Sample]]:
    """Return at most ``_MOST_POINTS`` of the samples: of each stretch the slowest, so that no peak is lost."""
    if len(timed) <= _MOST_POINTS:
        return list(timed)
    edges = [round(n * len(timed) / _MOST_POINTS) for n in range(_MOST_POINTS + 1)]
    stretches = (timed[a:b] for a, b in pairwise(edges))
    return [max(stretch, key=lambda each: each[1].seconds) for stretch in stretches]


def _plot(rows: Sequence[_Row], values: Sequence[float], across: svg.Scale) -> Iterator[str]:
    median = measure.quantile(values, 0.5) or 0.0
    log = values[-1] > _WIDE_RANGE * max(median, 1e-3)
    low = max(values[0], 1e-3) * 0.8 if log else 0.0
    up = svg.Scale(low, max(values[-1] * 1.08, 1e-3), _TOP + _PLOT, _TOP, log)
    for value in svg.log_ticks(up.low, up.high) if log else svg.ticks(0, up.high, 5):
        yield svg.line(across.start, up(value), across.end, up(value), "grid")
        yield svg.text(across.start - 7, up(value) + 4, f"{value:g}", "t-num", "end")
    yield svg.text(0, 12, "milliseconds, log scale" if log else "milliseconds", "t-note")
    for row in rows:
        yield from (_point(row, at, each, across(at), up(each.seconds * 1000)) for at, each in row.answers)
    yield from _levels(rows, across, up)


def _point(row: _Row, at: float, each: Sample, x: float, y: float) -> str:
    told = f"{row.run.variant} {at:+.2f} s: {each.method} {each.path} {each.status}, {each.seconds * 1000:.1f} ms"
    if measure.served(each):
        return svg.dot(x, y, 2.6, f"point {'good' if row.run.outcome == 'healthy' else 'bad'}", told)
    return svg.cross(x, y, 3, "mark bad", told)


def _levels(rows: Sequence[_Row], across: svg.Scale, up: svg.Scale) -> Iterator[str]:
    """Draw median and 95th percentile of the last run that was answered, as the figures name them."""
    last = [row for row in rows if row.answers][-1]
    ordered = measure.latencies(measure.own_samples(last.run))
    median, slow = ((measure.quantile(ordered, share) or 0.0) * 1000 for share in (0.5, 0.95))
    apart = max(14 - (up(median) - up(slow)), 0) / 2  # pixels by which the two labels make way for each other
    for name, value, shift in (("p50", median, apart), ("p95", slow, -apart)):
        yield svg.line(across.start, up(value), across.end, up(value), "level")
        yield svg.text(across.end + 6, up(value) + 4 + shift, f"{name} {quantity(value, 'ms')}", "t-label")


def _strip(row: _Row, across: svg.Scale, top: float) -> Iterator[str]:
    words = f"{row.run.variant}: {_unanswered(row.run)}"
    fits = across.start + svg.wide(words, 12) <= across.end + _MARGIN
    yield svg.text(across.start if fits else 0, top + 12, words, "t-label")
    first = min((each.offset for each in measure.own_samples(row.run) if each.status is not None), default=0.0)
    for at, each in row.silent:
        told = f"{row.run.variant} {at:+.2f} s: {each.method} {each.path}, {each.error or 'no answer'}"
        kind = "early" if each.offset < first else "bad"
        yield svg.cross(across(at), top + 23, 3, f"mark {kind}", told)


def _unanswered(run: Run) -> str:
    """Name the polls before anything listened as what they are; what came after them is the service's record."""
    samples = measure.own_samples(run)
    early = len(measure.early_polls(samples))
    later = len(samples) - early
    silent = sum(each.status is None for each in samples) - early
    if early:
        polls = f"{count(early, 'poll')} before it listened"
        return f"{polls}, {silent:,} of {later:,} later unanswered" if silent else polls
    return f"{silent:,} of {count(later, 'request')} unanswered"


def _axis(across: svg.Scale, bottom: float, most: int) -> Iterator[str]:
    yield svg.line(across.start, bottom, across.end, bottom, "base")
    for value in svg.ticks(across.low, across.high, most):
        yield svg.line(across(value), bottom, across(value), bottom + 4, "base")
        label = svg.seconds(value)
        yield svg.text(
            across(value), bottom + 18, label, "t-axis", "middle" if across(value) < across.end - 12 else "end"
        )
    yield svg.text(across.end, bottom + 36, "seconds after the app was started", "t-note", "end")


def _told(rows: Sequence[_Row]) -> str:
    sentences = []
    for row in rows:
        samples = measure.own_samples(row.run)
        ordered = measure.latencies(samples)
        words = f"{row.run.variant}: {count(len(samples), 'request')}, {_unanswered(row.run)}"
        if ordered:
            median, slow = (quantity((measure.quantile(ordered, q) or 0.0) * 1000, "ms") for q in (0.5, 0.95))
            words += f", half of the answers within {median}, 95 percent within {slow}"
        sentences.append(f"{words}.")
    return " ".join(sentences)
