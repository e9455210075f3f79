"""The service as a process, started as an image starts it."""

import signal
import subprocess
from collections.abc import Callable

import pytest
import requests
from sqlalchemy import URL

from tests.service.harness import PATIENCE, free_port, migrate, wait_until

Start = Callable[[URL], "subprocess.Popen[str]"]


def end_of(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, output


def test_an_unmigrated_database_ends_it_as_in_the_incident(start_uvicorn: Start, empty_database_url: URL) -> None:
    code, output = end_of(start_uvicorn(empty_database_url))
    assert code == 3
    lines = output.rstrip().splitlines()
    assert lines[-1] == "ERROR:    Application startup failed. Exiting."
    error = 'sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist'
    assert error in lines
    assert "FROM tasks]" in lines
    assert lines.index(error) > lines.index("ERROR:    Traceback (most recent call last):")


def test_a_database_that_does_not_answer_ends_it_too_without_the_password(start_uvicorn: Start) -> None:
    url = URL.create("postgresql+psycopg", "somebody", "s3cret", "127.0.0.1", free_port(), "nothing")
    code, output = end_of(start_uvicorn(url))
    assert code == 3
    assert "sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed" in output
    assert "s3cret" not in output


def test_an_address_of_no_use_ends_it_with_one_sentence(start_uvicorn: Start) -> None:
    code, output = end_of(start_uvicorn(URL.create("mysql", "somebody", "s3cret", "db")))
    assert code == 3
    assert "ConfigurationError: DATABASE_URL does not name a PostgreSQL database" in output
    assert "s3cret" not in output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(
    start_uvicorn: Start, empty_database_url: URL, number: signal.Signals
) -> None:
    migrate(empty_database_url)
    process = start_uvicorn(empty_database_url)
    port = str(process.args[-1]) if isinstance(process.args, list) else ""

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/health", timeout=PATIENCE).status_code == 200
        except requests.ConnectionError:
            return False

    wait_until(answers, alive=lambda: process.poll() is None)
    process.send_signal(number)
    code, output = end_of(process)
    # uvicorn shuts down, then lets the signal end the process, as a shell expects; after Ctrl-C, older ones say 1.
    assert code in ((0, -number) if number is signal.SIGTERM else (0, -number, 1))
    assert "Serving 0 tasks" in output
    assert "Application shutdown complete." in output
    assert "Traceback" not in output.partition("Application shutdown complete.")[0]
