"""The runs on one axis of time: phases as bars, what mattered as marks with words, aligned at the app's start."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from incidentlab.model.report import Account
from incidentlab.model.run import Moment, Run
from incidentlab.reports import _measure as measure
from incidentlab.reports._charts import svg
from incidentlab.reports._text import duration, one_line
from incidentlab.reports._words import ending

_ROW, _BAR, _LABEL, _LINE, _FONT = 21.0, 9.0, 20.0, 15.0, 12.0
_HEAD, _GAP, _AXIS = 30.0, 20.0, 40.0
_MODULES = re.compile(r"^(?:[a-z_]\w*\.)+(?=[A-Z]\w*:)")  # of an exception's dotted name
_MOST_MARKS = 8  # of one run; the list beneath the chart has them all
_MOST_BEFORE = 1.5  # a long build may take this many times the room of all that follows the app's start


@dataclass(frozen=True, slots=True)
class _Lane:
    """One run on the axis: ``zero`` is the offset of its app's start."""

    run: Run
    zero: float
    bars: tuple[tuple[str, float, float], ...]  # (phase, first second, last second), from the app's start
    marks: tuple[tuple[float, Moment], ...]


@dataclass(frozen=True, slots=True)
class _Label:
    """Where a mark's words stand; ``level`` counts rows downwards."""

    x: float
    level: int
    lines: tuple[str, ...]
    anchor: str
    moment: Moment


def timeline(accounts: Sequence[Account], width: float, key: str) -> str:
    """Return the drawing, ``width`` pixels wide; empty where no run has a timeline."""
    lanes = [_lane(each) for each in accounts if each.run.timeline]
    if not lanes:
        return ""
    left = 74.0 if width > 500 else 64.0
    scale = svg.Scale(*_window(lanes), left, width - 8)
    y, body = 0.0, list[str]()
    for lane in lanes:
        labels = _labels(lane, scale, width)
        body += _draw(lane, labels, scale, y)
        y += _height(lane, labels)
    back = _axis(scale, y, 9 if width > 500 else 5)
    title = "Timeline of " + " and ".join(f"the {lane.run.variant} run" for lane in lanes)
    return svg.picture(key, (width, y + _AXIS), title, _told(lanes), [*back, *body])


def _lane(account: Account) -> _Lane:
    run = account.run
    zero = measure.app_start(account) or 0.0
    bars = []
    for phase in dict.fromkeys(each.phase for each in run.timeline):
        begin = min(each.offset for each in run.timeline if each.phase == phase)
        if phase in run.timings:
            bars.append((phase, begin - zero, begin - zero + run.timings[phase]))
    marks = [(each.offset - zero, each) for each in run.timeline if each.kind != "info"]
    marks = marks[: _MOST_MARKS // 2] + marks[-_MOST_MARKS // 2 :] if len(marks) > _MOST_MARKS else marks
    return _Lane(run, zero, tuple(bars), tuple(marks))


def _window(lanes: Sequence[_Lane]) -> tuple[float, float]:
    """Show all that follows the app's start, and as much before it as leaves that readable."""
    edges = [edge for lane in lanes for _, *both in lane.bars for edge in both]
    edges += [at for lane in lanes for at, _ in lane.marks]
    last = max([*edges, 0.001])
    return max(min([*edges, 0.0]), -_MOST_BEFORE * last), last


def _labels(lane: _Lane, scale: svg.Scale, width: float) -> list[_Label]:
    """Place each mark's words beside it, in the first row where they meet no others, the latest first."""
    taken: list[list[tuple[float, float]]] = []
    labels = []
    shown = [mark for mark in lane.marks if mark[0] >= scale.low]  # the list beneath the chart has the others
    for at, moment in sorted(shown, key=lambda mark: -mark[0]):
        x = scale(at)
        lines = svg.wrapped(_short(moment), max(x, width - x) - 16, _FONT, rows=3)
        room = max(svg.wide(each, _FONT) for each in lines) + 12
        to_right = x + room <= width
        reach = (x - 8, x + room) if to_right else (x - room, x + 8)
        level = next((n for n, row in enumerate(taken) if all(_apart(reach, each) for each in row)), len(taken))
        taken += [[]] if level == len(taken) else []
        taken[level].append(reach)
        labels.append(_Label(x, level, tuple(lines), "start" if to_right else "end", moment))
    return labels


def _short(moment: Moment) -> str:
    """Leave out what the mark, the row or the list beneath says too: a label has little room."""
    words = _MODULES.sub("", moment.what.removeprefix(measure.LOG_MARK))
    return words.partition(": ")[0] if moment.kind == "good" else words


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] < other[0] or other[1] < one[0]


def _levels(labels: Sequence[_Label]) -> list[float]:
    """Return where each row of labels begins, and last where the rows end."""
    tops = [0.0]
    for level in range(max((each.level + 1 for each in labels), default=0)):
        lines = max(len(each.lines) for each in labels if each.level == level)
        tops.append(tops[-1] + lines * _LINE + _LABEL - _LINE)
    return tops


def _height(lane: _Lane, labels: Sequence[_Label]) -> float:
    return _HEAD + len(lane.bars) * _ROW + _levels(labels)[-1] + _GAP


def _draw(lane: _Lane, labels: Sequence[_Label], scale: svg.Scale, top: float) -> Iterator[str]:
    yield svg.heading(0, top + 16, lane.run.variant, ending(lane.run))
    first = top + _HEAD
    marks = [first + len(lane.bars) * _ROW + level + 9 for level in _levels(labels)]
    for each in labels:
        yield svg.line(each.x, first - 4, each.x, marks[each.level] - 6, f"lead {each.moment.kind}")
    for row, (phase, begin, end) in enumerate(lane.bars):
        yield from _bar(phase, begin, end, scale, first + row * _ROW)
    for each in labels:
        yield from _mark(each, marks[each.level])


def _mark(label: _Label, y: float) -> Iterator[str]:
    told = f"{label.moment.offset:.3f} s: {label.moment.what}"
    mark = svg.cross if label.moment.kind == "bad" else svg.dot
    yield mark(label.x, y, 4, f"mark {label.moment.kind}", told)
    x = label.x + (9 if label.anchor == "start" else -9)
    for number, words in enumerate(label.lines):
        yield svg.text(x, y + 4 + number * _LINE, words, "t-label", label.anchor)


def _bar(phase: str, begin: float, end: float, scale: svg.Scale, y: float) -> Iterator[str]:
    x, far = scale(begin), scale(end)
    cut = begin < scale.low - 1e-6
    length = ("◂ " if cut else "") + duration(end - begin)
    yield svg.text(0, y + _BAR + 1, phase, "t-axis")
    yield svg.bar(x, y + 1, far - x, _BAR, f"bar p-{phase if phase.isalpha() else 'other'}", f"{phase}: {length}")
    fits = far + svg.wide(length, 11) + 10 < scale.end
    yield svg.text(far + 6 if fits else x - 6, y + _BAR + 1, length, "t-num", "start" if fits else "end")


def _axis(scale: svg.Scale, bottom: float, most: int) -> Iterator[str]:
    for value in svg.ticks(scale.low, scale.high, most):
        x = scale(value)
        yield svg.line(x, _HEAD - 6, x, bottom - 8, "zero" if value == 0 else "grid")
        label = "app start" if value == 0 else svg.seconds(value, signed=True)
        yield svg.text(x, bottom + 8, label, "t-axis", "middle" if x < scale.end - 12 else "end")
    words = "seconds before and after the app was started"
    yield svg.text(scale.end, bottom + 28, words, "t-note", "end")


def _told(lanes: Sequence[_Lane]) -> str:
    sentences = []
    for lane in lanes:
        events = "; ".join(f"{at:+.2f} s {one_line(moment.what, 160)}" for at, moment in lane.marks)
        sentences.append(f"{lane.run.variant}: {ending(lane.run)}. {events}.")
    return "Seconds count from the app's start. " + " ".join(sentences)
