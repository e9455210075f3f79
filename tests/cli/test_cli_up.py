"""The whole lab comes up, tells how it is from another process, and goes without a trace; bad weather included."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from incidentlab.lab.choose import engines
from tests.cli.test_cli_run import Done, run
from tests.monitoring.material import require_images, require_programs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # one waits for another
BOTH = ["local", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture(params=BOTH)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    require_programs() if name == "local" else require_images()
    return name


@pytest.fixture
def home(fresh_home: Path) -> Iterator[Path]:
    """A home of its own, one lab at a time: they all ask for the ports that people know. What still stands goes."""
    with (Path(tempfile.gettempdir()) / "incidentlab-tests-of-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield fresh_home
        run(fresh_home, "down")
        assert_nothing_left()


def assert_nothing_left() -> None:
    assert [each for engine in engines().values() for each in engine.leftovers(frozenset()) if each.run] == []


def up(home: Path, engine: str, variant: str = "fixed", *words: str) -> Any:
    done = run(home, "up", variant, "--engine", engine, "--json", *words)
    assert done.code == 0, done.err
    return done.json


def parts_of(done: Done) -> dict[str, Any]:
    return {each["part"]: each for each in done.json["places"]}


def test_up_status_open_down(engine: str, home: Path) -> None:
    lab = up(home, engine, "fixed", "--with", "monitoring")
    assert (lab["outcome"], lab["as_expected"], lab["engine"]) == ("healthy", True, engine)
    assert {"app", "database", "prometheus", "alertmanager"} <= set(lab["places"])
    assert all("127.0.0.1" in url for url in lab["places"].values())
    with urllib.request.urlopen(f"{lab['places']['app']}/tasks", timeout=10) as answer:
        assert answer.status == 200
    with psycopg.connect(lab["database_url"]) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)

    seen = run(home, "status", "--json")
    assert seen.code == 0, seen.out
    assert parts_of(seen)["prometheus"]["said"] == "ready; 1 of 1 targets up"
    assert parts_of(seen)["database"]["well"]
    password = urlsplit(lab["database_url"]).password
    assert password
    assert password not in seen.out
    assert password not in (home / "state" / "lab.json").read_text("utf-8")

    assert lab["places"]["prometheus"] in run(home, "open").out.splitlines()
    assert run(home, "open", "prometheus").out.strip() == lab["places"]["prometheus"]
    assert run(home, "open", "kibana").code == 2

    again = run(home, "up", "broken", "--engine", engine)
    assert again.code == 5
    assert "incidentlab down" in again.err

    assert run(home, "down").code == 0
    assert_nothing_left()
    assert run(home, "status").code == 2
    assert "nothing to remove" in run(home, "down").out
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(lab["places"]["prometheus"], timeout=5)


def test_broken_stands_with_its_alert_and_is_told_as_not_well(engine: str, home: Path) -> None:
    lab = up(home, engine, "broken", "--with", "monitoring")
    assert (lab["outcome"], lab["as_expected"]) == ("crash", True)
    seen = run(home, "status", "--json")
    for _ in range(100):
        if "TaskManagerDown" in parts_of(seen)["alertmanager"]["said"]:
            break
        seen = run(home, "status", "--json")
    assert "firing: TaskManagerDown" in parts_of(seen)["alertmanager"]["said"]
    assert seen.code == 1
    assert not parts_of(seen)["app"]["well"]
    assert parts_of(seen)["prometheus"]["said"] == "ready; 0 of 1 targets up"


def test_taken_ports_are_left_alone_and_others_serve(engine: str, home: Path) -> None:
    with ExitStack() as held:
        for port in (8000, 9090):
            with suppress(OSError):  # somebody else's already, which is as good
                held.enter_context(socket.create_server(("127.0.0.1", port)))
        lab = up(home, engine, "fixed", "--with", "monitoring")
        assert not lab["places"]["app"].endswith(":8000")
        assert not lab["places"]["prometheus"].endswith(":9090")
        assert parts_of(run(home, "status", "--json"))["app"]["well"]


def test_without_prometheus_nothing_is_left_and_the_mend_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTLAB_PROMETHEUS_BIN", "/nonexistent/prometheus")
    require_programs()
    done = run(home, "up", "fixed", "--engine", "local", "--with", "monitoring")
    assert done.code == 4
    assert "INCIDENTLAB_PROMETHEUS_BIN=/nonexistent/prometheus is no program" in " ".join(done.err.split())
    assert "apt-get install" in done.err
    assert_nothing_left()
    assert run(home, "status").code == 2


def test_without_monitoring_app_and_database_stand_alone(home: Path) -> None:
    lab = up(home, "local")
    assert set(lab["places"]) == {"app", "database"}
    assert run(home, "status").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_nothing(home: Path, engine: str, number: signal.Signals) -> None:
    process = begun(home, "up", "fixed", "--engine", engine, "--with", "monitoring")
    with process:
        heard_until(process, "Watch what becomes of it")
        process.send_signal(number)
        assert process.stdout is not None
        process.stdout.read()
        assert process.wait(60) == 130
    assert_nothing_left()
    assert run(home, "status").code == 2


def test_what_a_killed_up_has_left_is_found_and_removed(home: Path, engine: str) -> None:
    process = begun(home, "up", "fixed", "--engine", engine, "--with", "monitoring")
    with process:
        heard_until(process, "Watch what becomes of it")
        process.kill()
    left = [each for one in engines().values() for each in one.leftovers(frozenset()) if each.run]
    assert left
    assert run(home, "clean").code == 0
    assert_nothing_left()


def begun(home: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "incidentlab", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "INCIDENTLAB_HOME": str(home)},
    )


def heard_until(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    pytest.fail(f"it ended before it said {words!r}")
