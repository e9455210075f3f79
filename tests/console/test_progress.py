"""The progress of a run goes on whatever becomes of its reader."""

import io
from threading import Thread
from typing import TextIO

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from incidentlab.console.output import Output
from incidentlab.console.progress import Progress
from incidentlab.console.theme import THEME
from incidentlab.model.events import Happened, PhaseEnded, PhaseProgress, PhaseStarted


class Gone(io.StringIO):
    """A terminal whose window is closed in the end, or a pipe: Rich ends the program where one is broken."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self.gone = False
        self._failure = failure

    def write(self, text: str) -> int:
        if self.gone:
            raise self._failure
        return super().write(text)

    def isatty(self) -> bool:
        return True


def console_on(file: TextIO) -> Console:
    return Console(file=file, theme=THEME, width=80, force_terminal=True, markup=False, highlight=False)


@pytest.mark.parametrize("failure", [OSError(5, "Input/output error"), SystemExit(1)], ids=["terminal", "pipe"])
def test_a_reader_that_has_gone_never_reaches_who_tells(failure: BaseException) -> None:
    file = Gone(failure)
    with Progress(Output(), console_on(file)) as progress:
        progress.tell(PhaseStarted("build", "Build"))
        file.gone = True
        progress.tell(PhaseEnded("build", 0.1))
        progress.note("a line")
        assert progress.deaf


def test_phases_may_begin_and_end_while_the_screen_is_drawn() -> None:
    file = io.StringIO()
    progress = Progress(Output(), console_on(file))

    def tell_much(phase: str) -> None:
        for number in range(3000):
            progress.tell(PhaseStarted(phase, str(number)))  # type: ignore[arg-type]
            progress.tell(PhaseEnded(phase, 0.0, ok=True)) if number % 1000 == 0 else None  # type: ignore[arg-type]
            progress._running.pop(phase, None)  # type: ignore[call-overload]

    writer = Thread(target=tell_much, args=("build",))
    writer.start()
    while writer.is_alive():
        progress._frame()  # raises where it walks over what changes
    writer.join()


def test_what_is_shown_while_suspended_stays_and_the_phases_go_on_after_it() -> None:
    file = io.StringIO()
    console = console_on(file)
    with Progress(Output(), console) as progress:
        progress.tell(PhaseStarted("build", "Build"))
        progress.tell(PhaseEnded("build", 0.1))
        with progress.suspended():
            console.print("in between")
        progress.tell(PhaseStarted("app", "Start"))
        progress.tell(PhaseEnded("app", 0.2))
    text = file.getvalue()
    assert text.index("Build") < text.index("in between") < text.rindex("Start")


@pytest.mark.parametrize("columns", [30, 40, 60])
def test_seconds_and_a_bad_end_are_told_on_a_narrow_terminal(columns: int) -> None:
    file = io.StringIO()
    console = Console(file=file, theme=THEME, width=columns, markup=False, highlight=False)
    with Progress(Output(), console) as progress:
        progress.tell(PhaseStarted("observe", "Watch what becomes of the app"))
        progress.tell(PhaseEnded("observe", 1.65, ok=False, detail="exit code 3"))
    text = file.getvalue()
    assert "1.65 s" in text
    assert "exit code 3" in text
    assert max(map(len, text.splitlines())) <= columns


def told(output: Output, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with Progress(output) as progress:
        progress.tell(PhaseStarted("observe", "Watch what becomes of it"))
        progress.tell(PhaseProgress("observe", "only with -v"))
        progress.tell(Happened("First healthy answer: " + "x" * 80, kind="good"))
        progress.tell(PhaseEnded("observe", 1.0))
    return capsys.readouterr().err.splitlines()


def test_a_long_detail_is_cut_rather_than_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm")
        lines = told(Output("always"), capsys)
    assert len(lines) == 1
    assert cell_len(Text.from_ansi(lines[0]).plain) == 80


def test_a_pipe_gets_a_long_detail_whole(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(Output(), capsys)
    assert line.endswith("x" * 80)
