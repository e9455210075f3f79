"""What steps begin ends with the run, whatever the way out; what fails aside is not lost."""

from functools import partial
from time import monotonic

import pytest

from incidentlab.engines._base import Finished
from incidentlab.errors import StepFailedError
from incidentlab.lab import staging
from incidentlab.lab.recorder import Recorder
from incidentlab.model.events import Happened
from incidentlab.model.step import OccupyPort, RunJob
from incidentlab.testing import FakeStack


def test_steps_are_told_and_done_in_their_order() -> None:
    told: list[object] = []
    stack = FakeStack()
    with staging.staged(stack, Recorder(told.append)) as scene:
        staging.before((OccupyPort(), RunJob(("alembic", "upgrade", "head"))), scene)
        scene.started.set()
        scene.tell("later")
    assert stack.did == ["occupy the port", "alembic upgrade head"]
    happened = [(event.phase, event.what) for event in told if isinstance(event, Happened)]
    assert happened == [
        ("prepare", "Another program listens on the app's port"),
        ("prepare", "Job: alembic upgrade head"),
        ("observe", "later"),
    ]


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_all_is_undone_in_reverse_on_every_way_out(problem: type[BaseException]) -> None:
    undone: list[int] = []

    def live_and_fail() -> None:
        with staging.staged(FakeStack(), Recorder(lambda _: None)) as scene:
            for number in (1, 2):
                scene.undo(partial(undone.append, number))
            raise problem

    with pytest.raises(problem):
        live_and_fail()
    assert undone == [2, 1]


def test_one_thing_that_cannot_be_undone_does_not_keep_the_others() -> None:
    undone: list[int] = []
    with staging.staged(FakeStack(), Recorder(lambda _: None)) as scene:
        scene.undo(lambda: undone.append(1))
        scene.undo(lambda: 1 / 0)
    assert undone == [1]


def test_what_comes_after_the_end_is_undone_at_once_and_begins_nothing() -> None:
    done: list[str] = []
    with staging.staged(FakeStack(), Recorder(lambda _: None)) as scene:
        pass
    scene.undo(lambda: done.append("undone"))
    scene.aside("late", lambda: done.append("begun"))
    assert done == ["undone"]


def test_waiting_steps_end_with_the_run() -> None:
    began = monotonic()
    with staging.staged(FakeStack(), Recorder(lambda _: None)) as scene:
        scene.aside("waits", lambda: scene.pause(3600))
    assert monotonic() - began < 10


def test_what_fails_aside_is_kept_without_secrets() -> None:
    stack = FakeStack(finished=Finished(1, ("no such revision",)))
    with staging.staged(stack, Recorder(lambda _: None)) as scene:
        assert staging.during((RunJob(("alembic", "upgrade", "head")),), scene).wait(10)
        scene.aside("breaks", _fails)
        while len(scene.errors) < 2:
            assert scene.pause(0.01)
    assert isinstance(scene.errors[0], StepFailedError)
    assert "no such revision" in scene.errors[0].why
    assert "***" in scene.errors[1].why
    assert "secret" not in scene.errors[1].why


def _fails() -> None:
    raise ValueError("could not reach postgresql://app:secret@127.0.0.1/app")


def test_steps_in_the_background_are_over_when_they_say_so() -> None:
    with staging.staged(FakeStack(), Recorder(lambda _: None)) as scene:
        assert staging.during((), scene).wait(5)
