"""The measured figures before and after the fix; each says how it was measured."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from incidentlab.model.report import Account, Figure
from incidentlab.model.run import Sample
from incidentlab.reports import _measure as measure
from incidentlab.reports._text import duration


def figures(accounts: Sequence[Account], incident: Account | None, resolution: Account | None) -> tuple[Figure, ...]:
    """Return all figures in the order in which a report shows them; ``None`` is what was not measured."""
    return (
        Figure(
            "Time to start",
            "s",
            measure.seconds_to_good_answer(incident) if incident else None,
            measure.seconds_to_good_answer(resolution) if resolution else None,
            "from the app's start to its first healthy answer",
        ),
        *(_broken(incident, resolution) if incident else ()),
        _deployments(accounts, incident, resolution),
        *_service(incident, resolution),
    )


def _broken(incident: Account, resolution: Account | None) -> Iterator[Figure]:
    """Tell how long it took to see the break and to mend it; without a break there is nothing of the kind."""
    yield Figure("Time to detect", "s", _time_to_detect(incident), None, _how_detected(incident))
    yield from _alerted(incident)
    yield Figure(
        "Time to resolve",
        "s",
        None,
        _time_to_resolve(incident, resolution),
        "from the break seen in this lab to the first healthy answer of the fixed run, "
        "by the clock: mostly the time between two commands",
    )


def _service(incident: Account | None, resolution: Account | None) -> tuple[Figure, ...]:
    before = measure.own_samples(incident.run) if incident else ()
    after = measure.own_samples(resolution.run) if resolution else ()

    def figure(name: str, unit: str, of: Callable[[Sequence[Sample]], float | None], meaning: str) -> Figure:
        return Figure(name, unit, of(before), of(after), meaning)

    return (
        figure(
            "Availability once started",
            "%",
            lambda samples: measure.availability(measure.once_started(samples)),
            "requests answered with 2xx, 3xx or 4xx of all from the first 2xx answer on",
        ),
        figure(
            "Availability over the run",
            "%",
            measure.availability,
            "the same, of all requests of the run: polls sent before it listened count as not served",
        ),
        figure("Median latency", "ms", partial(_latency, 0.5), "half of the answered requests took no longer"),
        figure("95th percentile", "ms", partial(_latency, 0.95), "95 of 100 answered requests took no longer"),
    )


def _latency(share: float, samples: Sequence[Sample]) -> float | None:
    seconds = measure.quantile(measure.latencies(samples), share)
    return None if seconds is None else seconds * 1000


def _time_to_detect(account: Account) -> float | None:
    start, bad = measure.app_start(account), measure.first_bad_sign(account)
    return None if start is None or bad is None else max(bad - start, 0.0)


def _alerted(incident: Account) -> tuple[Figure, ...]:
    """Tell when the first alert arrived, and how long it went on; only of a run that was observed."""
    watch = incident.run.watch
    if watch is None or not watch.alerts:
        return ()
    first = min(watch.alerts, key=lambda each: each.at)
    told = f"from the fault to the alert {first.name}, judged by {watch.by}"
    figures = [Figure("Time to alert", "s", first.detected_after, None, told)]
    if watch.resolved_after is not None:
        meaning = f"from deploying {watch.fixed_by} onto the same database to the end of the last alert"
        figures.append(Figure("Time to all-clear", "s", None, watch.resolved_after, meaning))
    return tuple(figures)


def _how_detected(account: Account) -> str:
    """Say what was detected: the first error line may well come before the exit, and both are told."""
    ended = measure.seconds_to_exit(account)
    found = _time_to_detect(account)
    if found is None or ended is None:
        return "from the app's start to the first bad sign: an error in its log, a failed state or its exit"
    line = measure.first_error_line(account)
    sign = "error line" if line is not None and line == measure.first_bad_sign(account) else "bad sign"
    return f"from the app's start to the first {sign}: {duration(found)} after the start, exit {duration(ended)}"


def _time_to_resolve(incident: Account, resolution: Account | None) -> float | None:
    """Nothing was resolved by a run that came first."""
    if resolution is None:
        return None
    bad, good = measure.first_bad_sign(incident), measure.first_good_answer(resolution.run)
    if bad is None or good is None:
        return None
    seconds = (measure.at(resolution.run, good) - measure.at(incident.run, bad)).total_seconds()
    return seconds if seconds >= 0 else None


def _deployments(accounts: Sequence[Account], incident: Account | None, resolution: Account | None) -> Figure:
    before, told_before = _success(accounts, incident)
    after, told_after = _success(accounts, resolution)
    told = ", ".join(filter(None, (told_before, told_after)))
    meaning = "runs that ended healthy and met every expectation, of all runs given"
    return Figure("Successful deployments", "%", before, after, f"{meaning}: {told}" if told else meaning)


def _success(accounts: Sequence[Account], example: Account | None) -> tuple[float | None, str]:
    """Return the share of good runs among those of the example's scenario and variant, and the counts in words."""
    if example is None:
        return None, ""
    kind = example.run.scenario, example.run.variant
    runs = [each.run for each in accounts if (each.run.scenario, each.run.variant) == kind]
    good = sum(run.met and run.outcome == "healthy" for run in runs)
    return 100.0 * good / len(runs), f"{example.run.variant} {good} of {len(runs)}"
