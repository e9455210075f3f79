"""Ctrl-C at any moment leaves no thread at work."""

import os
import signal
import threading
from threading import Event

import pytest

from incidentlab.engines._local.jobs import both, to_its_end


def test_both_give_their_results() -> None:
    assert both(lambda: 1, lambda: "two") == (1, "two")


def test_one_that_fails_stops_the_other_and_is_raised_after_its_end() -> None:
    stop, ended = Event(), Event()

    def patient() -> None:
        assert stop.wait(30)
        ended.set()

    def failing() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        both(failing, patient, stop=stop)
    assert ended.is_set()


def test_ctrl_c_waits_for_what_has_begun() -> None:
    stop, ended = Event(), Event()

    def patient() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(30)
        os.kill(os.getpid(), signal.SIGINT)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        both(patient, lambda: None, stop=stop)
    assert ended.is_set()


def test_ctrl_c_in_the_middle_of_starting_a_thread_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment in which a thread is there and its starter does not know it yet."""
    done = []
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        monkeypatch.setattr(threading.Thread, "start", start)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    begun = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        both(lambda: done.append("first"), lambda: done.append("second"))
    assert done in ([], ["first"])
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        to_its_end(lambda: done.append("removed"))
    assert done[-1] == "removed"
    assert done.count("removed") == 1
    assert threading.active_count() <= begun + 1  # one may be on its way out of an empty run


def test_what_goes_wrong_in_the_end_is_said() -> None:
    def failing() -> None:
        raise ValueError("left behind")

    with pytest.raises(ValueError, match="left behind"):
        to_its_end(failing)
