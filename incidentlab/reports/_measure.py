"""What one run measured, from its real timestamps and samples; offsets are seconds since the run began."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from incidentlab.model.evidence import ContainerFacts
from incidentlab.model.report import Account
from incidentlab.model.run import Moment, Run, Sample

LOG_MARK = "The app's log: "  # how a run's timeline begins what it quotes from the log
_APP = "container:app"
_WHILE_APP_LIVES = ("app", "observe", "verify")
_CLOCK_SLACK = 1.0  # seconds; an engine on another machine may run by another clock


def app_container(account: Account) -> ContainerFacts | None:
    """Return the app's container as it was found, if it was."""
    return next((each for each in account.evidence.containers if each.id == _APP), None)


def app_start(account: Account) -> float | None:
    """Return when the app was started: where the run's own clock began, else as the engine or the timeline says it.

    One clock tells one number: the seconds to the outcome, which a run prints, count from the same moment.
    """
    watched = _began(account.run, "observe") if "outcome" in account.run.timings else None
    if watched is not None:
        return watched
    container = app_container(account)
    said = _within(account.run, container.started_at if container else None)
    if said is not None:
        return said
    return _began(account.run, "app")


def seconds_to_exit(account: Account) -> float | None:
    """Return the seconds from the app's start to its exit, the same that the run printed where it did."""
    run = account.run
    if run.outcome == "crash" and "outcome" in run.timings:
        return run.timings["outcome"]
    start, ended = app_start(account), app_exit(account)
    return None if start is None or ended is None else max(ended - start, 0.0)


def seconds_to_good_answer(account: Account) -> float | None:
    """Return the seconds from the app's start to its first healthy answer, the same that the run printed."""
    run = account.run
    start, good = app_start(account), first_good_answer(run)
    if start is None or good is None:
        return None
    return run.timings["outcome"] if run.outcome == "healthy" and "outcome" in run.timings else max(good - start, 0.0)


def app_exit(account: Account) -> float | None:
    """Return when the app exited by the engine's clock, if it did before the run let go of it."""
    container = app_container(account)
    if container is None or container.status != "exited":
        return None
    return _within(account.run, container.finished_at)


def first_bad_sign(account: Account) -> float | None:
    """Return when one could first know that it was broken: an error in the app's log, a bad moment, the exit."""
    return _first(account, [*_error_lines(account), *_other_signs(account)])


def first_error_line(account: Account) -> float | None:
    """Return when the first error line stood in the app's log."""
    return _first(account, _error_lines(account))


def first_good_answer(run: Run) -> float | None:
    """Return when this variant answered its first request with success (2xx)."""
    return min((each.offset + each.seconds for each in own_samples(run) if _succeeded(each)), default=None)


def own_samples(run: Run) -> tuple[Sample, ...]:
    """Return the requests sent to this variant; once a fix was deployed onto its database, they are the fix's."""
    until = run.watch.fixed_at if run.watch else None
    return run.samples if until is None else tuple(each for each in run.samples if each.offset < until)


def once_started(samples: Sequence[Sample]) -> list[Sample]:
    """Return the requests from the first one that was answered with success."""
    first = min((each.offset for each in samples if _succeeded(each)), default=None)
    return [] if first is None else [each for each in samples if each.offset >= first]


def early_polls(samples: Sequence[Sample]) -> list[Sample]:
    """Return the requests sent before anything listened; empty where nothing ever answered, which is a failure."""
    first = min((each.offset for each in samples if each.status is not None), default=None)
    return [] if first is None else [each for each in samples if each.offset < first]


def served(sample: Sample) -> bool:
    """Return whether a request was served: a 4xx tells a client its mistake, a 5xx or silence is a failure."""
    return sample.status is not None and sample.status < 500


def availability(samples: Sequence[Sample]) -> float | None:
    """Return the percentage of requests that were served; ``None`` where none was sent."""
    if not samples:
        return None
    return 100.0 * sum(map(served, samples)) / len(samples)


def latencies(samples: Sequence[Sample]) -> list[float]:
    """Return the seconds of all requests that were answered, quickest first."""
    return sorted(each.seconds for each in samples if each.status is not None)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least ``share`` of all values do not exceed (nearest rank)."""
    if not ordered:
        return None
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def silence(run: Run) -> tuple[Sample, ...]:
    """Return the longest row of requests of which none was served; empty where every one was."""
    in_order = sorted(run.samples, key=lambda each: each.offset)
    rows = [tuple(row) for ok, row in groupby(in_order, key=served) if not ok]
    return max(rows, key=len, default=())


def at(run: Run, offset: float) -> datetime:
    """Return the moment of an offset."""
    return run.started_at + timedelta(seconds=offset)


def _succeeded(sample: Sample) -> bool:
    return sample.status is not None and 200 <= sample.status < 300


def _first(account: Account, offsets: Iterable[float]) -> float | None:
    """Take the first that is not of the time before the app was asked for."""
    starts = (_began(account.run, "app"), app_start(account))
    begin = min((each for each in starts if each is not None), default=0.0)
    return min((each for each in offsets if each >= begin), default=None)


def _began(run: Run, phase: str) -> float | None:
    return min((each.offset for each in run.timeline if each.phase == phase), default=None)


def _error_lines(account: Account) -> Iterator[float]:
    run = account.run
    yield from (m.offset for m in run.timeline if _is_bad(m) and m.what.startswith(LOG_MARK))
    for event in account.evidence.logs:
        offset = _within(run, event.at)
        if event.source == "app" and event.severity in ("error", "fatal") and offset is not None:
            yield offset


def _other_signs(account: Account) -> Iterator[float]:
    yield from (m.offset for m in account.run.timeline if _is_bad(m))
    ended = app_exit(account)
    if ended is not None:
        yield ended


def _is_bad(moment: Moment) -> bool:
    return moment.kind == "bad" and moment.phase in _WHILE_APP_LIVES


def _within(run: Run, moment: datetime | None) -> float | None:
    """Return a moment as an offset, or ``None`` where the two clocks disagree too much to believe it."""
    if moment is None:
        return None
    offset = (moment - run.started_at).total_seconds()
    length = (run.ended_at - run.started_at).total_seconds()
    return max(offset, 0.0) if -_CLOCK_SLACK <= offset <= length + _CLOCK_SLACK else None
