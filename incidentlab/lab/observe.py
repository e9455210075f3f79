"""Waits for what becomes of the app: it dies, or it answers healthy; whichever happens first ends the wait."""

from dataclasses import dataclass
from time import monotonic

from incidentlab.engines._base import Stack
from incidentlab.lab.probes import HEALTH_PATH, Prober
from incidentlab.model.events import Happened, Tell
from incidentlab.model.run import RunOutcome

_PROBE_EVERY = 0.025  # seconds between two questions; also how soon an exit is seen, at the latest
_PROBE_TIMEOUT = 2.0  # seconds; a hanging app must not eat the whole deadline with one question


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of the app, and how many seconds after its start."""

    outcome: RunOutcome
    seconds: float


def watch(stack: Stack, prober: Prober, within: float, tell: Tell) -> Observation:
    """Watch the app from its start to its outcome.

    Args:
        stack: its app has just been started.
        prober: asks the app for its health.
        within: seconds after which waiting ends with ``unhealthy`` (it answers, but not well) or ``timeout``.
        tell: is told of the exit or of the first healthy answer, at that moment.
    """
    began = monotonic()
    while True:
        if stack.wait_app_exit(_PROBE_EVERY):
            state = stack.app()
            tell(Happened(f"The app exited with code {state.exit_code}", kind="bad"))
            return Observation("crash", monotonic() - began)
        left = within - (monotonic() - began)
        if left <= 0:
            return _out_of_time(prober, within, tell)
        answer = prober.ask("GET", HEALTH_PATH, timeout=min(_PROBE_TIMEOUT, max(left, 0.1)))
        if answer.status == 200:
            tell(Happened(f"First healthy answer: GET {HEALTH_PATH} → 200", kind="good"))
            return Observation("healthy", monotonic() - began)


def _out_of_time(prober: Prober, within: float, tell: Tell) -> Observation:
    last = prober.last
    if last is not None and last.status is not None:
        tell(Happened(f"Not healthy after {within:g} s: GET {HEALTH_PATH} → {last.status}", kind="bad"))
        return Observation("unhealthy", within)
    reason = last.error if last else "never asked"
    tell(Happened(f"No answer after {within:g} s: {reason}", kind="bad"))
    return Observation("timeout", within)
