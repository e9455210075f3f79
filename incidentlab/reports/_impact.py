"""What the break did to the service, in sentences of measured facts."""

from collections.abc import Iterator

from incidentlab.model.report import Account
from incidentlab.model.run import Run
from incidentlab.reports import _measure as measure
from incidentlab.reports._text import clock, count, duration, quantity


def impact(incident: Account | None, resolution: Account | None) -> tuple[str, ...]:
    """Return what the break did to the service, one measured fact a line."""
    return tuple(_impact(incident, resolution)) if incident is not None else ()


def _impact(incident: Account, resolution: Account | None) -> Iterator[str]:
    run, row = incident.run, measure.silence(incident.run)
    if row:
        first, last = measure.at(run, row[0].offset), measure.at(run, row[-1].offset)
        length = duration(row[-1].offset - row[0].offset)
        yield (
            f"No request was served between {clock(first)} and {clock(last)} UTC ({length}, "
            f"{count(len(row), 'request')} in a row)."
        )
    yield from _exit(incident)
    yield from _availability(run)
    if resolution is not None:
        yield from _availability(resolution.run)
    else:
        yield "It is still open: no run has shown the service healthy again."
    yield "This is a reproduction: the requests were the lab's own, and nobody else was served by this deployment."


def _exit(incident: Account) -> Iterator[str]:
    seconds, line = measure.seconds_to_exit(incident), measure.first_error_line(incident)
    if seconds is None:
        return
    after = max(line - (measure.app_start(incident) or 0.0), 0.0) if line is not None else None
    error = f"; the first error line came {duration(after)} after the start" if after is not None else ""
    yield f"The app exited {duration(seconds)} after its start, with code {incident.run.exit_code}{error}."


def _availability(run: Run) -> Iterator[str]:
    """Polls sent before anything listened tell how long a start takes, not how available a service is."""
    samples = measure.own_samples(run)
    started, early = measure.once_started(samples), measure.early_polls(samples)
    counted, since = (started, " once started") if started else (samples, " over the run")
    share = measure.availability(counted)
    if share is not None:
        served = f"{sum(map(measure.served, counted)):,} of {len(counted):,} requests served"
        polls = f"; {count(len(early), 'poll')} came before it listened" if started and early else ""
        yield f"Availability of `{run.variant}`{since}: {quantity(share, '%')} ({served}{polls})."
