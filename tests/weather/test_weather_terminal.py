"""Where the output goes and where the files lie: pipes that close, narrow and dumb terminals, C locale, odd paths."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.weather.conftest import Build
from tests.weather.station import ORDINARY, Station, until

ODD = "a place, with späces"


@pytest.fixture
def local(build: Build) -> Station:
    return build("local")


@pytest.mark.parametrize(
    "env",
    [
        {"TERM": "dumb"},
        {"NO_COLOR": "1", "FORCE_COLOR": "1"},
        {"COLUMNS": "40"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "latin-1"},
    ],
    ids=["dumb", "no colour", "narrow", "ascii", "latin"],
)
def test_output_suits_the_terminal(local: Station, env: dict[str, str]) -> None:
    done = local.run(local.variant("broken", "-vv"), env=env)
    assert done.code == 0, done.err
    assert "REPRODUCED" in done.out
    assert "Traceback" not in done.err
    assert "\x1b" not in done.out + done.err
    if "COLUMNS" in env:
        # A command is never cut or broken, so that it can be copied; all else keeps to the width.
        assert max(len(line) for line in done.out.splitlines() if not line.startswith("  incidentlab ")) <= 40, done.out
    for words in (["diagnose"], ["report"], ["runs", "show"], ["runs", "list"], ["scenarios", "list"], ["doctor"]):
        after = local.run(words, env=env)
        assert (after.code, "Traceback" in after.err) == (0, False), after.err
    wrong = local.run(local.variant("nothing", "--json"), env=env)
    wrong.assert_panel(2, "scenarios show")
    local.assert_nothing_left()


def test_ascii_output_is_ascii(local: Station) -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = local.run(local.variant("broken", "-v"), env=env)
    assert done.code == 0, done.err
    assert (done.out + done.err).isascii()


@pytest.mark.parametrize("words", ["scenarios show missing-migrations", "explain", "run broken --json"])
def test_reader_that_leaves_early_is_no_error(local: Station, words: str) -> None:
    given = local.variant("broken", "--json") if words.startswith("run") else words.split()
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = local.run(given, stdout=writing)
    finally:
        os.close(writing)
    assert (done.code, "Traceback" in done.err, "Exception ignored" in done.err) == (0, False, False), done.err
    local.assert_nothing_left()


def test_listener_that_leaves_early_changes_nothing_of_the_result(local: Station) -> None:
    """``2> >(head -1)``: the run goes on, its result is whole, and a wrong word keeps its code."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = local.run(local.variant("broken", "-vv", "--json"), stderr=writing)
        wrong = local.run(local.variant("nothing"), stderr=writing)
    finally:
        os.close(writing)
    assert (done.code, done.json["met"], wrong.code) == (0, True, 2)
    local.assert_nothing_left()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(local: Station, closed: str) -> None:
    words = [sys.executable, "-m", "incidentlab", *local.variant("broken", "--json")]
    shell = ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *words]
    done = subprocess.run(shell, env=local.env(), cwd=local.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ('"met": true' in done.stdout) == (">&-" not in closed.replace("2>&-", ""))
    assert "Traceback" not in done.stderr
    local.assert_nothing_left()


@pytest.mark.timeout(300)
def test_terminal_that_is_closed_ends_the_run(station: Station) -> None:
    """The terminal's end is a SIGHUP, and from then on nothing can be written to it."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "incidentlab", *station.variant("hung", "-v")]
    process = subprocess.Popen(
        ["setsid", "--ctty", *command],
        env={**station.env(), "TERM": "xterm"}, stdin=slave, stdout=slave, stderr=slave, cwd=station.folder,
    )  # fmt: skip
    os.close(slave)
    said = b""
    while b"Start the app" not in said:
        said += os.read(master, 1 << 12)
    assert station.left()
    os.close(master)
    assert process.wait(120) == 130
    until(lambda: not station.left(), timeout=30)


@pytest.mark.timeout(300)
def test_home_and_folder_with_blanks_and_accents(build: Build, station: Station) -> None:
    odd = build(station.engine, name=ODD)
    assert ODD in str(odd.home)
    done = odd.run(odd.variant("fixed", "--json"))
    assert (done.code, done.json["met"]) == (0, True), done.err
    assert odd.run(["diagnose", "--json"]).json["findings"] == []
    assert odd.run(["report", "-o", "réport 1.html"]).code == 0
    odd.assert_nothing_left()


def test_folder_that_has_been_removed_under_us(local: Station) -> None:
    gone = local.folder / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && exec "$@"'
    words = [sys.executable, "-P", "-m", "incidentlab", *local.variant("broken", "--json")]
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *words], env=local.env(), cwd=gone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("variant", ["broken", "fixed"])
def test_ordinary_user(build: Build, variant: str) -> None:
    station = build("local", user=ORDINARY)
    done = station.run(station.variant(variant, "--json"))
    assert (done.code, done.json["met"]) == (0, True), done.err
    station.assert_nothing_left()
    assert {path.owner() for path in station.home.rglob("*")} == {"nobody"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.timeout(300)
def test_stack_of_an_ordinary_user_is_kept_and_cleaned(build: Build) -> None:
    station = build("local", user=ORDINARY)
    done = station.run(station.variant("fixed", "--keep", "always", "--json"))
    assert done.code == 0, done.err
    url = _app_of(station)
    assert url
    assert station.run(["clean", done.json["run"]]).code == 0
    station.assert_nothing_left()


def _app_of(station: Station) -> str:
    """Ask the kept app by its port, which its command names."""
    import urllib.request

    words = next(each for each in station.processes() if "app.py" in each).split()
    with urllib.request.urlopen(f"http://127.0.0.1:{words[-1]}/health", timeout=10) as answer:
        assert answer.status == 200
    return words[-1]


def test_interrupt_before_anything_has_begun(local: Station) -> None:
    """While Python still imports us; ``-v`` of Python itself tells when."""
    going = local.start(local.variant("fixed"), env={"PYTHONVERBOSE": "1"})
    assert going.until("import 'incidentlab.cli'")
    going.send(signal.SIGINT)
    done = going.finish()
    assert done.code == 130, done.err[-2000:]
    assert "Traceback" not in done.err
    local.assert_nothing_left()


def test_path_in_the_user_s_own_shell_is_enough(local: Station) -> None:
    """A relative home, a relative scenario."""
    where = {"INCIDENTLAB_HOME": "home"}
    done = local.run(["run", "broken", "--scenario", f"./{local.id}", "--engine", "local", "--json"], env=where)
    assert done.code == 0, done.err
    assert Path(done.json["record"]).parent == local.home / "state" / "runs"
    local.assert_nothing_left()
