"""A log through a pipe: an answer as soon as a cause is certain, and the whole one at the end."""

import gzip
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.diagnosing import CERTAIN, HEALTHY, LIKELY, Done, command, diagnose

pytestmark = pytest.mark.usefixtures("fresh_home")

PATIENCE = 30.0  # seconds; only ever waited out on a machine that is overloaded


class Pipe:
    """A command that reads from a pipe which a test holds open."""

    def __init__(self, process: "subprocess.Popen[bytes]", writing: int) -> None:
        self.process, self._writing = process, writing

    def say(self, text: str) -> None:
        """Write into the pipe."""
        os.write(self._writing, text.encode())

    def close(self) -> Done:
        """End the log, and wait for the command."""
        self._hang_up()
        return self.ended()

    def ended(self) -> Done:
        """Wait for the command to end of itself."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return Done(self.process.returncode, out.decode(), (err or b"").decode())

    def _hang_up(self) -> None:
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1


@contextmanager
def piped(*words: str, stderr: int = subprocess.PIPE) -> Iterator[Pipe]:
    reading, writing = os.pipe()
    started = command("--logs", "-", *words)
    with subprocess.Popen(started, stdin=reading, stdout=subprocess.PIPE, stderr=stderr) as process:
        os.close(reading)
        pipe = Pipe(process, writing)
        try:
            yield pipe
        finally:
            pipe._hang_up()
            process.kill() if process.poll() is None else None


def test_it_speaks_while_the_pipe_is_open_once_a_cause_is_certain() -> None:
    with piped("--fail-on", "certain", "--json") as pipe:
        pipe.say(CERTAIN)
        done = pipe.ended()
    assert (done.code, done.err) == (1, "")
    assert [(each["cause"], each["confidence"]) for each in done.json["findings"]] == [("port-conflict", "certain")]
    assert "it goes on" in done.json["sources"][0]["detail"]


def test_it_reads_on_while_nothing_is_certain_and_tells_all_at_the_end() -> None:
    with piped("--json") as pipe:
        pipe.say(LIKELY)
        time.sleep(3)
        assert pipe.process.poll() is None
        done = pipe.close()
    assert done.code == 0
    assert [(each["cause"], each["confidence"]) for each in done.json["findings"]] == [("port-conflict", "likely")]
    assert done.json["sources"] == [{"kind": "log", "name": "stdin", "detail": "2 lines", "read": True}]


def test_who_stops_it_is_told_what_the_lines_so_far_say() -> None:
    with piped("--json") as pipe:
        pipe.say(LIKELY)
        time.sleep(3)
        pipe.process.send_signal(signal.SIGINT)
        done = pipe.ended()
    assert (done.code, done.err) == (0, "")
    assert [(each["cause"], each["confidence"]) for each in done.json["findings"]] == [("port-conflict", "likely")]
    assert "when you stopped it" in done.json["sources"][0]["detail"]


def test_who_stops_it_before_anything_came_has_interrupted_it() -> None:
    with piped("--json") as pipe:
        time.sleep(3)
        pipe.process.send_signal(signal.SIGINT)
        assert pipe.ended().code == 130


def test_it_can_be_told_to_read_to_the_end() -> None:
    with piped("--no-follow") as pipe:
        pipe.say(CERTAIN)
        time.sleep(3)
        assert pipe.process.poll() is None
        assert "root cause, certain: port-conflict" in pipe.close().out


def test_a_program_that_never_rests_is_heard_too() -> None:
    with piped("--json") as pipe:
        pipe.say(CERTAIN)
        deadline = time.monotonic() + PATIENCE
        while pipe.process.poll() is None and time.monotonic() < deadline:
            try:
                pipe.say("INFO:     still here\n")
            except BrokenPipeError:
                break
            time.sleep(0.05)
        done = pipe.ended()
    assert done.json["findings"][0]["confidence"] == "certain"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "text", [CERTAIN, LIKELY, HEALTHY, CERTAIN * 30_000], ids=["certain", "likely", "healthy", "long"]
)
def test_a_pipe_that_ends_gives_what_its_file_gives(tmp_path: Path, text: str, packed: bool) -> None:
    file = tmp_path / "stdin"
    file.write_text(text)
    data = gzip.compress(text.encode()) if packed else text.encode()
    piped_in, read = diagnose("--logs", "-", "--json", stdin=data).json, diagnose("--logs", file, "--json").json
    if not packed:
        assert piped_in["sources"][0]["detail"] == read["sources"][0]["detail"]
    for key in ("verdict", "summary", "ruled_out"):
        assert piped_in[key] == read[key]
    assert [each["cause"] for each in piped_in["findings"]] == [each["cause"] for each in read["findings"]]


def test_a_file_led_in_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(CERTAIN)
    with (tmp_path / "app.log").open("rb") as file:
        done = subprocess.run(command("--logs", "-"), stdin=file, capture_output=True, check=True, text=True)
    assert "root cause, certain: port-conflict" in done.stdout


def test_an_empty_pipe_is_told_of_the_usual_reason() -> None:
    done = diagnose("--logs", "-", "--json")
    assert (done.code, done.json["verdict"]) == (0, "inconclusive")
    assert any("2>&1" in each for each in done.json["missing"])


def terminal_text(main: int) -> str:
    """Return what has come to a terminal within a while."""
    heard = b""
    while select.select([main], [], [], 0.5)[0]:
        try:
            piece = os.read(main, 65_536)
        except OSError:
            break
        if not piece:
            break
        heard += piece
    return heard.decode(errors="replace")


@pytest.mark.parametrize(("term", "shown"), [("xterm-256color", True), ("dumb", False)])
def test_on_a_terminal_one_line_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, term: str, shown: bool) -> None:
    monkeypatch.setenv("TERM", term)
    main, terminal = pty.openpty()
    with piped(stderr=terminal) as pipe:
        os.close(terminal)
        pipe.say(LIKELY)
        said, text = "Reading stdin: 2 lines, no cause is certain yet", ""
        deadline = time.monotonic() + (PATIENCE if shown else 4)
        while said not in text and time.monotonic() < deadline:
            text += terminal_text(main)
        assert (said in text) == shown
        assert "\n" not in text
        pipe.close()
        if shown:
            assert terminal_text(main).endswith("\r\x1b[2K")
    os.close(main)


def test_the_keyboard_is_no_log() -> None:
    main, terminal = pty.openpty()
    done = subprocess.run(command("--logs", "-"), stdin=terminal, capture_output=True, check=False, text=True)
    os.close(terminal)
    os.close(main)
    Done(done.returncode, done.stdout, done.stderr).assert_panel(2, "docker logs --follow")
