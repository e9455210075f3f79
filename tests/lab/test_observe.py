"""Waiting ends with the first thing that decides, and never later."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic

from incidentlab.lab.observe import watch
from incidentlab.lab.probes import Prober
from incidentlab.lab.recorder import Recorder
from incidentlab.model.events import Event, Happened
from incidentlab.testing import FakeStack, container

Answers = Callable[[str, str], tuple[int, dict[str, str]]]
Serve = Callable[[Answers], AbstractContextManager[str]]

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing answers there


def observed(stack: FakeStack, url: str, within: float) -> tuple[str, list[str], int]:
    told: list[Event] = []
    recorder = Recorder(told.append)
    prober = Prober(url, recorder)
    try:
        outcome = watch(stack, prober, within, recorder).outcome
    finally:
        prober.close()
    return outcome, [event.what for event in told if isinstance(event, Happened)], len(recorder.samples)


def test_a_dead_app_is_a_crash_at_once_whatever_the_deadline() -> None:
    began = monotonic()
    outcome, told, _ = observed(FakeStack(container(exit_code=3), started=True), NOBODY, within=3600)
    assert (outcome, told) == ("crash", ["The app exited with code 3"])
    assert monotonic() - began < 60


def test_an_app_that_was_never_started_is_a_crash_with_the_engines_reason() -> None:
    error = "driver failed programming external connectivity: Error starting userland proxy: bind: address in use"
    never = container(exit_code=128, error=error)
    outcome, told, _ = observed(FakeStack(never, started=True), NOBODY, within=3600)
    assert (outcome, told) == ("crash", ["The app did not start: bind: address in use"])


def test_the_first_healthy_answer_ends_the_wait(serve: Serve) -> None:
    answers = iter([503, 503, 200])
    with serve(lambda _method, _path: (next(answers), {})) as url:
        outcome, _, samples = observed(FakeStack(), url, within=3600)
    assert (outcome, samples) == ("healthy", 3)


def test_an_app_that_answers_badly_until_the_end_is_unhealthy(serve: Serve) -> None:
    with serve(lambda _method, _path: (503, {})) as url:
        outcome, told, _ = observed(FakeStack(), url, within=0.2)
    assert outcome == "unhealthy"
    assert "→ 503" in told[0]


def test_an_app_that_never_answers_is_a_timeout_with_the_reason() -> None:
    outcome, told, _ = observed(FakeStack(), NOBODY, within=0.2)
    assert outcome == "timeout"
    assert "connection refused" in told[0]
