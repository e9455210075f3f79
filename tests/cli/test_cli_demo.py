"""The walkthrough for real: in a pipe and on a terminal, left at each step in each way; nothing stays behind."""

import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from select import select
from typing import Any

import psutil
import pytest

from incidentlab import catalogue, places
from incidentlab.cli.app import run_words
from incidentlab.lab.choose import engines
from incidentlab.model.scenario import Scenario

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ENGINES = [pytest.param("local"), pytest.param("docker", marks=pytest.mark.docker)]
TITLES = (
    "The problem",
    "Building the broken image",
    "The failure",
    "Reading the logs",
    "Correcting the Dockerfile",
    "Testing the solution",
    "Functional validation",
    "Good practices",
)
PATIENCE = 120.0  # seconds for one step on a busy machine
# The controlling terminal is what a closed window sends its signal by.
ON_A_TERMINAL = "import fcntl, runpy, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); runpy.run_module('incidentlab', run_name='__main__', alter_sys=True)"  # noqa: E501


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Return an engine that can serve here, or skip with the reason; where it is required, fail with it."""
    name = str(request.param)
    scenario = catalogue.find("missing-migrations")
    usability = engines()[name].usable(scenario.stack(scenario.variants["broken"]))
    if not usability.usable:
        said = f"the {name} engine cannot be used: {usability.why}"
        required = os.environ.get("INCIDENTLAB_REQUIRE") == name or name == "local"
        (pytest.fail if required else pytest.skip)(said)
    return name


@dataclass
class Terminal:
    """A demo on a pseudo-terminal, and the person before it."""

    process: "subprocess.Popen[bytes]"
    master: int
    slave: int
    seen: str = ""

    def expect(self, text: str) -> str:
        """Read until the text was written after all that was expected before; return what came with it."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} was not written; last: {self.seen[-800:]}"
            assert self._read(), f"it ended without {text!r}; last: {self.seen[-1500:]}"
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def press(self, keys: str) -> None:
        """Press keys as soon as one is waited for; what is pressed before is thrown away."""
        deadline = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.slave)[3] & termios.ICANON:
            assert time.monotonic() < deadline, "no key was waited for"
            time.sleep(0.01)
        self.press_now(keys)

    def press_now(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> tuple[int, str]:
        """Read to the end; return the exit code and what was still written."""
        while self._read():
            pass
        return self.process.wait(PATIENCE), self.seen

    def at_step(self, number: int) -> None:
        """Go on until the step was shown and the next key is waited for."""
        for step in range(1, number + 1):
            self.expect(f"Step {step} of 8")
            self.expect("q: leave")
            if step < number:
                self.press(" " if step % 2 else "\r")

    def _read(self) -> bool:
        ready, _, _ = select([self.master], [], [], 1.0)
        if not ready:
            return self.process.poll() is None
        try:
            piece = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += piece.decode(errors="replace")
        return bool(piece)


@contextmanager
def demo_on_a_terminal(*words: str, rows: int = 80) -> Iterator[Terminal]:
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (rows, 80))
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, "demo", *words],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        # The size that pytest's workers hand on is not that of this terminal.
        env={
            **{name: value for name, value in os.environ.items() if name not in ("LINES", "COLUMNS")},
            "TERM": "xterm",
        },
    )
    terminal = Terminal(process, master, slave)
    try:
        yield terminal
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)
        for descriptor in {terminal.master, terminal.slave} - {-1}:
            os.close(descriptor)


@dataclass(frozen=True)
class Living:
    """A run in progress: its id and its scratch folder."""

    run: str
    scratch: Path


def living() -> Living:
    notes = list((places.state() / "active").glob("*.json"))
    assert len(notes) == 1
    content = json.loads(notes[0].read_text())
    return Living(content["run"], Path(content["scratch"]))


def traces(engine: str, run: Living) -> list[str]:
    """List what is there of a run, by other means than the ones that remove it."""
    found = [str(path) for path in (run.scratch,) if path.exists()]
    found += [f"{each.pid} {each.info['cmdline']}" for each in psutil.process_iter(["cmdline"]) if _of(each, run)]
    if engine == "docker":
        found += _docker_objects({"label": f"dev.incidentlab.run={run.run}"})
    return found


def _of(process: psutil.Process, run: Living) -> bool:
    # The demo itself holds neither; a zombie has no command line any more.
    return any(str(run.scratch) in word or run.run in word for word in process.info["cmdline"] or ())


def _docker_objects(filters: dict[str, str]) -> list[str]:
    import docker

    client: Any = docker.from_env()
    try:
        objects = [each["Id"] for each in client.api.containers(all=True, filters=filters)]
        objects += [each["Id"] for each in client.api.networks(filters=filters)]
        return objects + [each["Name"] for each in client.api.volumes(filters=filters)["Volumes"] or []]
    finally:
        client.close()


def nobody_is_running_anything() -> None:
    assert list((places.state() / "active").glob("*")) == []


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_in_a_pipe_all_eight_steps_flow_through_on_stdout(engine: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "incidentlab", "demo", "--no-pause", "--engine", engine],
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    places_of = [result.stdout.index(f"Step {n} of 8 · {title}") for n, title in enumerate(TITLES, 1)]
    assert places_of == sorted(places_of)
    parts = [result.stdout[a:b] for a, b in zip(places_of, [*places_of[1:], None], strict=True)]
    for part, evidence in zip(
        parts,
        (
            '→ 22 CMD ["uvicorn"',
            "Starting PostgreSQL",
            "The app exited with code 3",
            "migrations-not-applied (certain)",
            '+CMD ["sh", "-c", "alembic upgrade head && exec',
            "migration 7ad2f6408bc1 applied",
            "201 Created",
            "not met    ssl = off",
        ),
        strict=True,
    ):
        assert evidence in part
    assert "ALL AS EXPECTED" in parts[-1]
    assert result.stderr == ""
    assert "Enter:" not in result.stdout
    assert "\x1b" not in result.stdout
    # Code is never broken over lines, nor what a phase came to, which a pipe gets whole.
    whole = re.compile(r"CMD \[|  [✓✗] .* s   ")
    prose = [line for line in result.stdout.splitlines() if not whole.search(line)]
    assert max(map(len, prose)) <= 80
    nobody_is_running_anything()


@pytest.mark.parametrize(
    ("engine", "step"),
    [
        *(("local", number) for number in range(1, 8)),
        *(pytest.param("docker", number, marks=pytest.mark.docker) for number in (2, 6, 7)),
    ],
    indirect=["engine"],
)
def test_one_can_leave_after_each_step_and_nothing_stays(engine: str, step: int) -> None:
    with demo_on_a_terminal("--engine", engine) as terminal:
        before = termios.tcgetattr(terminal.slave)
        terminal.at_step(step)
        run = living() if step in (2, 6) else None  # here the stack lives while one reads
        if run is not None:
            assert len(traces(engine, run)) > 1
        terminal.press("q")
        said = terminal.expect("Nothing that was started is left.")
        assert f"You left after step {step} of 8 · {TITLES[step - 1]}." in said
        terminal.expect("incidentlab demo")
        os.close(terminal.slave)
        terminal.slave = -1
        code, _ = terminal.end()
        assert code == 0
    nobody_is_running_anything()
    assert before[3] & termios.ECHO
    if run is not None:
        assert traces(engine, run) == []


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(lambda terminal: terminal.press("\x03"), id="ctrl-c"),
        pytest.param(lambda terminal: terminal.process.send_signal(signal.SIGTERM), id="sigterm"),
    ],
)
def test_an_interruption_at_a_pause_ends_with_130_and_nothing_stays(
    engine: str, stop: Callable[[Terminal], None]
) -> None:
    with demo_on_a_terminal("--engine", engine) as terminal:
        before = termios.tcgetattr(terminal.slave)
        terminal.at_step(2)
        run = living()
        assert len(traces(engine, run)) > 1
        stop(terminal)
        terminal.expect("interrupted at step 2")
        assert terminal.process.wait(PATIENCE) == 130
        assert termios.tcgetattr(terminal.slave)[:4] == before[:4]
    nobody_is_running_anything()
    assert traces(engine, run) == []


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_closed_window_leaves_nothing(engine: str) -> None:
    with demo_on_a_terminal("--engine", engine) as terminal:
        terminal.at_step(2)
        run = living()
        assert len(traces(engine, run)) > 1
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.master = terminal.slave = -1
        terminal.process.wait(PATIENCE)
    nobody_is_running_anything()
    assert traces(engine, run) == []


@pytest.mark.parametrize("engine", ["local"], indirect=True)
def test_other_keys_do_nothing_and_keys_pressed_too_early_are_not_taken_for_an_answer(engine: str) -> None:
    with demo_on_a_terminal("--engine", engine) as terminal:
        terminal.expect("Step 1 of 8")
        terminal.expect("q: leave")
        for keys in ("x", "\x1b[C", "é", "1"):
            terminal.press(keys)
            time.sleep(0.1)  # as a person does; together they would be one key
        terminal.press(" ")
        shown = terminal.expect("Step 2 of 8")
        assert "q: leave" not in shown  # it was asked once
        terminal.press_now("qqq")  # while it builds
        assert "qqq" not in terminal.expect("q: leave")
        terminal.press(" ")
        terminal.expect("Step 3 of 8")
        terminal.expect("q: leave")
        terminal.press("q")
        assert terminal.end()[0] == 0


@pytest.mark.parametrize("engine", ["local"], indirect=True)
def test_one_can_begin_at_a_later_step_and_is_told_how_to_come_back_there(engine: str) -> None:
    with demo_on_a_terminal("--engine", engine, "--from", "5", rows=24) as terminal:
        before = termios.tcgetattr(terminal.slave)
        shown = terminal.expect("This is the whole difference")
        assert [f"Step {number} of 8" in shown for number in range(1, 6)] == [True] * 5
        assert "q: leave" not in shown
        assert "REPRODUCED" not in shown
        terminal.expect("q: leave")
        assert not termios.tcgetattr(terminal.slave)[3] & termios.ECHO
        terminal.press("q")
        terminal.expect(f"incidentlab demo --engine {engine} --from 5")  # more of the step was to come
        assert terminal.process.wait(PATIENCE) == 0
        assert termios.tcgetattr(terminal.slave)[:4] == before[:4]
    nobody_is_running_anything()


@pytest.mark.parametrize("number", ["0", "9"])
def test_a_step_that_is_not_there_is_refused(number: str, capfd: pytest.CaptureFixture[str]) -> None:
    from incidentlab.__main__ import main

    assert main(["demo", "--from", number]) == 2
    assert "--from" in capfd.readouterr().err


@pytest.mark.parametrize("engine", ["local"], indirect=True)
def test_on_a_terminal_without_colour_no_sequence_sets_a_style(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with demo_on_a_terminal("--engine", engine) as terminal:
        text = terminal.expect("q: leave")
        terminal.press("q")
        os.close(terminal.slave)
        terminal.slave = -1
        code, rest = terminal.end()
    assert code == 0
    assert re.findall(r"\x1b\[[0-9;]*m", text + rest) == []


@pytest.mark.parametrize("engine", ["local"], indirect=True)
def test_a_break_that_does_not_break_ends_with_3_and_every_step_is_still_shown(
    engine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = catalogue.find("missing-migrations")
    healed = replace(found.variants["broken"], dockerfile=found.variants["fixed"].dockerfile)
    scenario: Scenario = replace(found, variants={**found.variants, "broken": healed})
    monkeypatch.setattr(catalogue, "find", lambda _name: scenario)
    assert run_words(["demo", "--no-pause", "--engine", engine]) == 3
    text = capsys.readouterr().out
    assert all(f"Step {number} of 8" in text for number in range(1, 9))
    assert "NOT REPRODUCED" in text
    assert "NOT AS EXPECTED" in text


def test_an_unknown_scenario_is_refused_before_anything_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    from incidentlab.__main__ import main

    assert main(["demo", "--scenario", "missing-migration"]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "missing-migrations" in captured.err
