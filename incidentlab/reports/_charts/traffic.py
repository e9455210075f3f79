"""Requests a second and how many of them failed, with the alerts over them: what the monitoring had to go by."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor

from incidentlab.model.alert import Alert, Watch
from incidentlab.model.report import Account
from incidentlab.model.run import Run
from incidentlab.reports import _measure as measure
from incidentlab.reports._charts import svg
from incidentlab.reports._text import count

_PLOT, _HEAD, _ROW, _GAP, _AXIS, _LEFT = 90.0, 40.0, 34.0, 26.0, 40.0, 38.0
_MOST_BARS = 120  # of one run; a longer one gets wider bars


@dataclass(frozen=True, slots=True)
class _Lane:
    """One observed run: its requests in stretches of equal length, timed from its app's start."""

    run: Run
    watch: Watch
    zero: float
    step: float  # seconds of one stretch
    asked: Counter[int]
    failed: Counter[int]

    @property
    def most(self) -> float:
        """The highest rate, in requests a second."""
        return max(self.asked.values(), default=0) / self.step

    @property
    def turns(self) -> list[tuple[float, str]]:
        """What parts before, during and after, with the second of each; nothing where nothing went wrong."""
        watch = self.watch
        if self.run.outcome == "healthy" or not watch.alerts:
            return []
        fixed = [] if watch.fixed_at is None else [(watch.fixed_at - self.zero, f"{watch.fixed_by} is deployed")]
        return [(watch.onset - self.zero, "the fault begins"), *fixed]


def traffic(accounts: Sequence[Account], width: float, key: str) -> str:
    """Return the drawing, ``width`` pixels wide; empty where no run was observed."""
    lanes = [_lane(each, each.run.watch) for each in accounts if each.run.watch is not None and each.run.samples]
    if not lanes:
        return ""
    edges = [(number + end) * lane.step for lane in lanes for number in lane.asked for end in (0, 1)]
    edges += [at - lane.zero for lane in lanes for alert in lane.watch.alerts for at in _ends(alert)]
    edges += [at for lane in lanes for at, _ in lane.turns]
    across = svg.Scale(min(*edges, 0.0), max(*edges, 0.001), _LEFT, width - 8)
    y, body = 0.0, list[str]()
    for lane in lanes:
        body += _draw(lane, across, y)
        y += _HEAD + _PLOT + 10 + len(lane.watch.alerts) * _ROW + _GAP
    axis = _axis(across, y - _GAP / 2, 9 if width > 500 else 5)
    return svg.picture(key, (width, y + _AXIS), "Requests and alerts", _told(lanes), [*axis, *body])


def _ends(alert: Alert) -> Iterator[float]:
    yield alert.at
    yield from [alert.resolved_at] if alert.resolved_at is not None else []


def _lane(account: Account, watch: Watch) -> _Lane:
    run, zero = account.run, measure.app_start(account) or 0.0
    # Polls before anything listened are the lab's own waiting, no requests that failed.
    early = set(measure.early_polls(measure.own_samples(run)))
    shown = [each for each in run.samples if each not in early]
    times = [each.offset - zero for each in shown]
    span = max(times) - min(times)
    step = next((each for each in (1.0, 2.0, 5.0, 10.0, 30.0) if span / each <= _MOST_BARS), 60.0)
    asked = Counter(floor(at / step) for at in times)
    failed = Counter(floor((each.offset - zero) / step) for each in shown if not measure.served(each))
    return _Lane(run, watch, zero, step, asked, failed)


def _draw(lane: _Lane, across: svg.Scale, top: float) -> Iterator[str]:
    by = f"judged by {lane.watch.by}"  # which the table's caption has too
    fits = svg.wide(f"{lane.run.variant} {by}", 13) < across.end
    yield svg.heading(0, top + 14, lane.run.variant, by if fits else "")
    up = svg.Scale(0.0, max(lane.most * 1.05, 1.0), top + _HEAD + _PLOT, top + _HEAD)
    for value in svg.ticks(0, up.high, 4):
        yield svg.line(across.start, up(value), across.end, up(value), "grid")
        yield svg.text(across.start - 7, up(value) + 4, f"{value:g}", "t-num", "end")
    for number, asked in sorted(lane.asked.items()):
        yield from _bars(lane, number, asked, across, up)
    yield from _turns(lane, across, top + _HEAD)
    for row, alert in enumerate(lane.watch.alerts):
        yield from _alert(lane, alert, across, top + _HEAD + _PLOT + 10 + row * _ROW)


def _bars(lane: _Lane, number: int, asked: int, across: svg.Scale, up: svg.Scale) -> Iterator[str]:
    begin, bad = number * lane.step, lane.failed[number]
    x, wide = across(begin), across(begin + lane.step) - across(begin) - 1
    told = f"{lane.run.variant} {begin:+g} s: {asked / lane.step:g} requests a second, {bad} of {asked} failed"
    good = (asked - bad) / lane.step
    yield svg.bar(x, up(good), wide, up(0) - up(good), "bar p-verify", told) if good else ""
    if bad:
        yield svg.bar(x, up(asked / lane.step), wide, up(good) - up(asked / lane.step), "bar failed", told)


def _turns(lane: _Lane, across: svg.Scale, top: float) -> Iterator[str]:
    """Draw each turn as a line through the plot, its words above; those that would run into the next are left out."""
    free = across.end
    for at, words in reversed(lane.turns):
        x, wide = across(at), svg.wide(words, 12)
        yield svg.line(x, top - 4, x, top + _PLOT, "level")
        begin = min(x, across.end - wide)
        if begin + wide <= free:
            yield svg.text(begin, top - 8, words, "t-note")
            free = begin - 10


def _alert(lane: _Lane, alert: Alert, across: svg.Scale, y: float) -> Iterator[str]:
    """Draw an alert as a line from its arrival to its end, its words above it and within the drawing."""
    begin = across(alert.at - lane.zero)
    over = alert.resolved_at
    end = across(over - lane.zero) if over is not None else across.end
    words = f"{alert.name}, {alert.detected_after:.1f} s after the fault" + (", resolved" if over is not None else "")
    said = words if svg.wide(words, 12) <= across.end else f"{alert.name}, {alert.detected_after:.1f} s"
    yield svg.text(max(min(begin, across.end - svg.wide(said, 12)), 0.0), y + 10, said, "t-label")
    yield svg.line(begin, y + 21, max(end, begin + 2), y + 21, "lead bad")
    yield svg.cross(begin, y + 21, 4, "mark bad", words)
    yield from [svg.dot(end, y + 21, 4, "mark good", f"{alert.name} is resolved")] if over is not None else []


def _axis(across: svg.Scale, bottom: float, most: int) -> Iterator[str]:
    yield svg.line(across.start, bottom, across.end, bottom, "base")
    for value in svg.ticks(across.low, across.high, most):
        yield svg.line(across(value), bottom, across(value), bottom + 4, "base")
        anchor = "middle" if across(value) < across.end - 12 else "end"
        yield svg.text(across(value), bottom + 18, svg.seconds(value), "t-axis", anchor)
    yield svg.text(across.end, bottom + 36, "requests a second, seconds since the app's start", "t-note", "end")


def _told(lanes: Sequence[_Lane]) -> str:
    sentences = []
    for lane in lanes:
        bad = sum(lane.failed.values())
        words = f"{lane.run.variant}: {count(lane.asked.total(), 'request')}, {bad:,} failed"
        alerts = [f"{each.name} arrived {each.detected_after:.1f} s after the fault" for each in lane.watch.alerts]
        sentences.append(f"{words}; {'; '.join(alerts) or 'no alert arrived'}.")
    return " ".join(sentences)
