"""The first signal stops the run; none may stop the removal."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from incidentlab.lab.interruption import Interruption


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """An interrupted program ignores what comes later; the one that runs the tests must not."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_raises_once_and_never_again(number: signal.Signals) -> None:
    with Interruption().installed():
        with pytest.raises(KeyboardInterrupt):
            send(number)
        send(signal.SIGINT)
        send(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_removal_waits_for_its_end(number: signal.Signals) -> None:
    removed = []

    @contextmanager
    def stack() -> Iterator[str]:
        yield "stack"
        send(number)
        removed.append("all")

    with (
        Interruption().installed() as interruption,
        pytest.raises(KeyboardInterrupt),
        interruption.leaving_shielded(stack()),
    ):
        pass
    assert removed == ["all"]


def test_what_is_entered_shielded_is_left_even_where_the_signal_came_while_entering() -> None:
    steps = []

    @contextmanager
    def note() -> Iterator[None]:
        send(signal.SIGTERM)
        steps.append("written")
        yield
        steps.append("used")

    @contextmanager
    def removed() -> Iterator[None]:
        try:
            with note():
                yield
        finally:
            steps.append("removed")

    with Interruption().installed() as interruption, pytest.raises(KeyboardInterrupt), interruption.shielded(removed()):
        steps.append("begun")
    assert steps == ["written", "removed"]


def test_after_an_interruption_the_last_words_are_not_cut_off() -> None:
    with pytest.raises(KeyboardInterrupt), Interruption().installed():
        send(signal.SIGTERM)
    send(signal.SIGINT)
    send(signal.SIGTERM)


def test_an_error_inside_stays_the_error_that_is_seen() -> None:
    @contextmanager
    def stack() -> Iterator[None]:
        try:
            yield
        finally:
            send(signal.SIGINT)

    with (
        Interruption().installed() as interruption,
        pytest.raises((ValueError, KeyboardInterrupt)) as caught,
        interruption.leaving_shielded(stack()),
    ):
        raise ValueError("inside")
    assert isinstance(caught.value, ValueError) or isinstance(caught.value.__context__, ValueError)


def test_the_earlier_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with Interruption().installed():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
