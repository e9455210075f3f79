"""What every test stands on: a home of its own, so that tests neither see nor touch the user's records."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.primed import clear_primed


def pytest_configure() -> None:
    """Hear the signals that a shell lets its background programs ignore: tests send them, and so do their children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_xdist_auto_num_workers() -> int | None:
    """Run a worker more for every two cores: a third of the tests' time is waiting for databases and alerts."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores + cores // 2, cores + 2)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each worker's records and caches in one folder; caches are shared by its tests, to be quick."""
    home = tmp_path_factory.getbasetemp() / "incidentlab-home"
    monkeypatch.setenv("INCIDENTLAB_HOME", str(home))


@pytest.fixture(scope="session", autouse=True)
def _nothing_primed_is_left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove the images that this worker's homes have primed; they are of no use to anybody else."""
    yield
    if any(each.get_closest_marker("docker") for each in request.session.items):
        clear_primed(tmp_path_factory.getbasetemp())


@pytest.fixture
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give one test a home in which nothing has been run yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("INCIDENTLAB_HOME", str(home))
    return home
