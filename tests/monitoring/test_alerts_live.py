"""The alerts that no scenario waits for are seen to arrive and to end too, on a live service that is made to fail.

A rule that only Prometheus' own tool has tried may name a metric that the service exports otherwise, or never.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
import requests

from incidentlab.engines._base import Stack
from incidentlab.monitoring.running import Monitoring
from tests.monitoring.live import observed_app

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PATIENCE = 60.0


@pytest.fixture
def well(tmp_path: Path, fresh_home: Path) -> Iterator[tuple[Monitoring, Stack]]:
    """Give a healthy service that Prometheus has scraped."""
    with observed_app("missing-migrations", "fixed", tmp_path, listen=True) as (running, stack):
        until(lambda: any(each.up for each in running.prometheus.targets()))
        yield running, stack


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s"
        time.sleep(0.1)


@contextmanager
def asking(stack: Stack, path: str) -> Iterator[None]:
    """Ask for a path again and again, whatever comes of it."""
    over = Event()

    def work() -> None:
        with requests.Session() as session:
            while not over.wait(0.1):
                with suppress(requests.RequestException):
                    session.get(stack.app_url + path, timeout=10)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(15)


def arrives(running: Monitoring, name: str) -> None:
    told = [each.told.name for each in running.arrivals.all()]
    found = running.arrivals.wait(lambda seen: any(each.told.name == name for each in seen), PATIENCE)
    assert found, f"{name} did not arrive; instead: {told}"


def ends(running: Monitoring, name: str) -> None:
    def over() -> bool:
        return all(each.resolved_at for each in running.arrivals.all() if each.told.name == name)

    assert running.arrivals.wait(lambda _: over(), PATIENCE), f"{name} goes on"


def test_refused_requests(well: tuple[Monitoring, Stack]) -> None:
    running, stack = well
    with asking(stack, "/nowhere"):
        arrives(running, "TaskManagerClientErrors")
    with asking(stack, "/tasks"):
        ends(running, "TaskManagerClientErrors")
    assert {each.told.name for each in running.arrivals.all()} == {"TaskManagerClientErrors"}


def test_a_database_that_is_gone_and_comes_back(well: tuple[Monitoring, Stack]) -> None:
    running, stack = well
    stack.stop_database()
    arrives(running, "TaskManagerDatabaseUnreachable")
    stack.start_database()
    ends(running, "TaskManagerDatabaseUnreachable")


def test_answers_that_take_long(well: tuple[Monitoring, Stack]) -> None:
    running, stack = well
    with psycopg.connect(stack.owner_url) as session, asking(stack, "/tasks"):
        for _ in range(10):
            session.execute("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")
            time.sleep(4)
            session.rollback()
            time.sleep(0.05)
            if any(each.told.name == "TaskManagerSlow" for each in running.arrivals.all()):
                break
        arrives(running, "TaskManagerSlow")
        ends(running, "TaskManagerSlow")


def test_starts_again_and_again(well: tuple[Monitoring, Stack]) -> None:
    running, stack = well
    for number in range(3):
        stack.deploy(replace(stack.spec, variant=f"fixed-{number}"))
        stack.start_app()
        until(lambda: requests_answered(stack))
        time.sleep(1.5)  # long enough to be scraped with its start time
    arrives(running, "TaskManagerRestarting")


def requests_answered(stack: Stack) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{stack.app_url}/health", timeout=5).ok
    return False
