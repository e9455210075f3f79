"""Waits for what becomes of the app: it dies, or it answers healthy; whichever happens first ends the wait."""

from collections.abc import Sequence
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


def watch(
    stack: Stack, prober: Prober, within: float, tell: Tell, *, others: Sequence[Prober] = (), steady: float = 0.0
) -> Observation:
    """Watch the app from its start to its outcome.

    Args:
        stack: its app has just been started.
        prober: asks the app for its health.
        within: seconds after which waiting ends with ``unhealthy`` (it answers, but not well) or ``timeout``.
        tell: is told of the exit or of the first healthy answer, at that moment.
        others: ask the app's other replicas; it is healthy when all of them are, and has crashed when one has.
        steady: seconds of bad answers on end that are enough for ``unhealthy``; 0 to wait until ``within`` is over.
    """
    began = monotonic()
    bad_since: float | None = None
    while True:
        if stack.wait_app_exit(_PROBE_EVERY):
            tell(Happened(_exit(stack), kind="bad"))
            return Observation("crash", monotonic() - began)
        left = within - (monotonic() - began)
        if left <= 0:
            return _out_of_time(prober, within, tell)
        answer = prober.ask("GET", HEALTH_PATH, timeout=min(_PROBE_TIMEOUT, max(left, 0.1)))
        bad_since = None if answer.status in (None, 200) else bad_since or monotonic()
        if bad_since and steady and monotonic() - bad_since >= steady:
            tell(Happened(f"Answers badly for {steady:g} s: GET {HEALTH_PATH} → {answer.status}", kind="bad"))
            return Observation("unhealthy", monotonic() - began)
        if answer.status == 200 and all(_is_healthy(each, within - (monotonic() - began)) for each in others):
            tell(Happened(f"First healthy answer: GET {HEALTH_PATH} → 200", kind="good"))
            return Observation("healthy", monotonic() - began)


def again(stack: Stack, prober: Prober, before: Observation, tell: Tell) -> Observation:
    """Look once more at an app that has answered, after something has happened to it."""
    if stack.wait_app_exit(0):
        tell(Happened(_exit(stack), kind="bad"))
        return Observation("crash", before.seconds)
    status = prober.ask("GET", HEALTH_PATH, timeout=_PROBE_TIMEOUT).status
    if status != 200 and before.outcome == "healthy":
        tell(Happened(f"Not healthy any more: GET {HEALTH_PATH} → {status or 'no answer'}", kind="bad"))
    return Observation("healthy" if status == 200 else "unhealthy", before.seconds)


def _is_healthy(prober: Prober, left: float) -> bool:
    return prober.ask("GET", HEALTH_PATH, timeout=min(_PROBE_TIMEOUT, max(left, 0.1))).status == 200


def _exit(stack: Stack) -> str:
    """Say which replica has exited, and how; the number of an only one is not worth a word."""
    states = [stack.app(replica) for replica in range(1, len(stack.app_urls) + 1)]
    gone = next((index for index, state in enumerate(states) if state.status != "running"), 0)
    who = "The app" if len(states) == 1 else f"Replica {gone + 1} of the app"
    state = states[gone]
    if state.error and state.started_at is None:  # the last two parts tell; those before them name the engine's insides
        return f"{who} did not start: {': '.join(state.error.split(': ')[-2:])}"
    return f"{who} exited with code {state.exit_code}"


def _out_of_time(prober: Prober, within: float, tell: Tell) -> Observation:
    last = prober.last
    if last is not None and last.status is not None:
        tell(Happened(f"Not healthy after {within:g} s: GET {HEALTH_PATH} → {last.status}", kind="bad"))
        return Observation("unhealthy", within)
    reason = last.error if last else "never asked"
    tell(Happened(f"No answer after {within:g} s: {reason}", kind="bad"))
    return Observation("timeout", within)
