"""A migration beside the app: nobody waits for it, and it never gets its lock in the run's last moment."""

from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import pytest

from incidentlab import catalogue
from incidentlab.engines._base import Finished
from incidentlab.errors import StepFailedError
from incidentlab.lab import staging
from incidentlab.lab.recorder import Recorder
from incidentlab.model.step import HoldLock, Upgrade
from incidentlab.steps._base import Scene
from incidentlab.testing import FakeStack
from tests.engines.harness import Bench, engine_named, until
from tests.steps.test_steps import value

_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE tasks%'"
_REVISION = "SELECT version_num FROM alembic_version"


def test_it_ends_with_the_run_before_the_lock_that_it_waits_for_is_let_go(tmp_path: Path) -> None:
    scenario = catalogue.find("migration-blocked-by-lock")
    bench, told, bad = Bench(engine_named("local"), tmp_path), [""], [""]
    request = replace(bench.request(""), spec=scenario.stack(scenario.variants["broken"]))
    with bench.start(request) as stack:
        scene = Scene(stack, told.append, bad.append)
        held = HoldLock("tasks", name="monthly-report")
        staging.before((*scenario.steps(scenario.variants["broken"])[0], held, Upgrade("head", beside=True)), scene)
        until(lambda: value(stack.admin_url, _WAITS) == 1)
        assert scene.at_work
        scene.close()
        until(lambda: not scene.at_work, 0.5)
        # Its session is still there for the server; it finds nobody at its other end when it has the table.
        until(lambda: value(stack.admin_url, _WAITS) == 0)
        assert value(stack.database_url, _REVISION) == "7ad2f6408bc1"
    bench.assert_nothing_left()
    assert (bad, scene.errors) == ([""], [])
    assert told[-1] == "alembic upgrade head, beside the app"


def test_its_end_is_told() -> None:
    told: list[str] = []
    scene = Scene(FakeStack(), told.append, told.append)
    staging.before((Upgrade("head", beside=True),), scene)
    until(lambda: not scene.at_work)
    scene.close()
    assert told == ["alembic upgrade head, beside the app", "alembic upgrade head has come to its end"]


def test_one_that_fails_is_not_lost() -> None:
    stack = FakeStack(finished=Finished(1, ("no such revision",)))
    with staging.staged(stack, Recorder(lambda _: None)) as scene:
        staging.before((Upgrade("head", beside=True),), scene)
        until(lambda: not scene.at_work)
        until(lambda: scene.errors)
    assert isinstance(scene.errors[0], StepFailedError)
    assert "no such revision" in scene.errors[0].why


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_it_is_over_ahead_of_what_was_there_before_it_on_every_way_out(problem: type[BaseException]) -> None:
    at_work: list[bool] = []

    def live_and_fail() -> None:
        with staging.staged(FakeStack(hangs=True), Recorder(lambda _: None)) as scene:
            scene.undo(lambda: at_work.append(scene.at_work))
            staging.before((Upgrade("head", beside=True),), scene)
            assert scene.at_work
            raise problem

    with pytest.raises(problem):
        live_and_fail()
    assert at_work == [False]


def test_what_comes_after_the_end_begins_nothing() -> None:
    begun = Flag()
    with staging.staged(FakeStack(), Recorder(lambda _: None)) as scene:
        pass
    scene.beside("late", begun.set)
    assert (begun.is_set(), scene.at_work) == (False, False)
