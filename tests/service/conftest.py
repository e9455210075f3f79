"""A real PostgreSQL for the service's tests: one server per worker, one new database per test module."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "service")]

from taskmanager.config import Settings, parse_database_url  # noqa: E402  (found by the line above)
from taskmanager.database import Database  # noqa: E402
from tests.service.harness import Client, free_port, migrate, new_database, serve, throwaway_server  # noqa: E402


@pytest.fixture(scope="session")
def server_url() -> Iterator[URL]:
    """A PostgreSQL server where databases may be created.

    INCIDENTLAB_TEST_DATABASE_URL names one by any of its databases; without it a throwaway one is started.
    """
    given = os.environ.get("INCIDENTLAB_TEST_DATABASE_URL")
    if given:
        yield parse_database_url(given)
    else:
        with throwaway_server() as url:
            yield url


@pytest.fixture(scope="module")
def database_url(server_url: URL) -> Iterator[URL]:
    """The module's database, empty at first."""
    with new_database(server_url) as url:
        yield url


@pytest.fixture
def empty_database_url(server_url: URL) -> Iterator[URL]:
    """A database for one test alone, never migrated."""
    with new_database(server_url) as url:
        yield url


@pytest.fixture
def database(empty_database_url: URL) -> Iterator[Database]:
    """The way to a database for one test alone, never migrated."""
    made = Database(Settings(empty_database_url))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(database_url: URL) -> Iterator[Client]:
    """The service on the module's database, at head."""
    migrate(database_url)
    with serve(database_url) as running:
        yield running


@pytest.fixture
def start_uvicorn() -> Iterator[Callable[[URL], "subprocess.Popen[str]"]]:
    """Starts `uvicorn main:app` as an image does, on a free port; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(url: URL) -> "subprocess.Popen[str]":
        address = url.render_as_string(hide_password=False)
        environment = os.environ | {"DATABASE_URL": address, "PYTHONPATH": str(ROOT / "service")}
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "main:app", "--port", str(free_port())],
            env=environment,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
