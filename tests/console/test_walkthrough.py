"""What the walkthrough shows at each step, from records built by hand; nothing runs here."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incidentlab import catalogue
from incidentlab.console._walkthrough import texts
from incidentlab.console.output import Output
from incidentlab.console.walkthrough import LeftEarlyError, Walkthrough
from incidentlab.model.diagnosis import Diagnosis, Finding, Link
from incidentlab.model.events import LogLine, PhaseEnded, PhaseStarted
from incidentlab.model.evidence import Evidence, LogEvent
from incidentlab.model.practice import Practice
from incidentlab.model.run import Check, Moment, Run, Sample
from incidentlab.model.scenario import ExpectedAnswer

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ERROR = 'sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist'
TITLES = (
    "Step 1 of 8 · The problem",
    "Step 2 of 8 · Building the broken image",
    "Step 3 of 8 · The failure",
    "Step 4 of 8 · Reading the logs",
    "Step 5 of 8 · Correcting the Dockerfile",
    "Step 6 of 8 · Testing the solution",
    "Step 7 of 8 · Functional validation",
    "Step 8 of 8 · Good practices",
)
BROKEN = Run(
    "20260302-140000-broken-7c1e", "missing-migrations", "broken", "docker", "", AT, AT, "crash", True, 3,
    (Check("outcome", True, "crash within 30 s", "crash after 1.02 s"),), (ERROR,), {"outcome": 1.02, "total": 3.5}, (),
)  # fmt: skip
FIXED = Run(
    "20260302-140100-fixed-02ab", "missing-migrations", "fixed", "docker", "", AT, AT, "healthy", True, None,
    (Check("outcome", True, "healthy within 30 s", "healthy after 1.34 s"), Check("POST /tasks", True, "201", "201"),
     Check("no data lost", True, "every row written is there", "2 written, 2 read back, 0 lost")),
    (), {"outcome": 1.34, "total": 66.5, "paused": 60.0}, (Moment(AT, 2.0, "verify", "Prove it by use"),),
    samples=(Sample(1.0, 0.001, "GET", "/health", None, "connection refused"),
             Sample(2.1, 0.0144, "POST", "/tasks", 201), Sample(2.2, 0.0094, "GET", "/tasks/1", 500),
             Sample(2.3, 0.008, "GET", "/health", 200), Sample(2.4, 0.020, "POST", "/tasks", 201)),
)  # fmt: skip
EXPECTED = (ExpectedAnswer("POST", "/tasks", 201), ExpectedAnswer("GET", "{created}", 200))
EVENT = LogEvent(
    "log:app:3", "app", 3, 73, ERROR, severity="error", exception="sqlalchemy.exc.ProgrammingError",
    key_lines=((68, ERROR), (69, "LINE 2: FROM tasks"), (70, "             ^"), (71, "[SQL: SELECT 1]")),
)  # fmt: skip
LINK = Link(
    "The image starts its server and applies no migration", "image:app", "Dockerfile", 22, "CMD x", "sed -n 22p"
)
FINDING = Finding("migrations-not-applied", "Never applied", "certain", "s", (LINK,))


@pytest.fixture(params=["80", "120", "40"])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", request.param)
    return int(request.param)


def tour(keys: str | None = None, *, engine: str = "docker", quiet: bool = False) -> Walkthrough:
    pressed = iter(keys or "")
    ask = None if keys is None else (lambda: next(pressed, ""))
    return Walkthrough(Output(quiet=quiet), catalogue.find("missing-migrations"), engine, ask)


def dockerfiles() -> tuple[tuple[str, str], tuple[str, str]]:
    folder = Path(catalogue.folders()["missing-migrations"])
    broken, fixed = ((name, (folder / name).read_text()) for name in ("Dockerfile.broken", "Dockerfile.fixed"))
    return broken, fixed


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def words(text: str) -> str:
    return " ".join(text.split())


def test_headings_stand_in_order_and_without_keys_nothing_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    shows = tour()
    for number in range(1, 9):
        shows.reach(number)
    text = shown(capsys)
    places = [text.index(title) for title in TITLES]
    assert places == sorted(places)
    assert "Enter:" not in text


def test_a_step_that_was_reached_is_not_begun_again(capsys: pytest.CaptureFixture[str]) -> None:
    shows = tour()
    shows.reach(3)
    shows.reach(3)
    shows.reach(0)
    assert shown(capsys).count("Step ") == 1


def test_the_problem_marks_the_line_that_starts_the_server(capsys: pytest.CaptureFixture[str], width: int) -> None:
    tour().problem(dockerfiles()[0])
    text = shown(capsys)
    marked = [line for line in text.splitlines() if "→" in line]
    assert len(marked) == 1
    assert "→ 22 CMD" in marked[0]
    assert "Line 22 starts the server and nothing else" in words(text)
    prose = [line for line in text.splitlines() if not re.match(r"[ →]*\d+ ", line)]
    assert max(map(len, prose)) <= max(width, len(f"  {dockerfiles()[0][0]}"))


def test_no_line_of_a_dockerfile_is_cut_or_folded(capsys: pytest.CaptureFixture[str], width: int) -> None:
    broken, fixed = dockerfiles()
    tour().problem(broken)
    shown_lines = shown(capsys).splitlines()
    tour().correction(broken, fixed)
    diff_lines = shown(capsys).splitlines()
    for number, line in enumerate(broken[1].splitlines(), 1):
        assert any(each.endswith(f"{number} {line}".rstrip()) for each in shown_lines)
    assert f"    +{fixed[1].splitlines()[-1]}" in diff_lines


def test_where_one_is_asked_the_problem_shows_the_lines_that_decide(capsys: pytest.CaptureFixture[str]) -> None:
    tour("").problem(dockerfiles()[0])
    text = shown(capsys)
    assert "1 FROM python:3.11-slim" in text
    assert "... lines 2 to 21 are not shown" in text
    assert "→ 22 CMD" in text
    assert "RUN pip" not in text


class Reader:
    """One who presses Enter, and sees how many rows came since the last time."""

    def __init__(self, capsys: pytest.CaptureFixture[str], columns: int) -> None:
        self.screens: list[str] = []
        self._capsys, self._columns = capsys, columns

    def __call__(self) -> str:
        self.screens.append(self._capsys.readouterr().out)
        return "\r"

    def rows(self) -> list[int]:
        return [sum(max(1, -(-len(line) // self._columns)) for line in each.splitlines()) for each in self.screens]


@pytest.mark.parametrize(("columns", "height"), [(80, 24), (120, 40), (40, 24)])
def test_nothing_that_was_not_read_leaves_the_screen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int, height: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(height))
    reader = Reader(capsys, columns)
    links = tuple(replace(LINK, claim=f"Claim {number} " + "word " * 20) for number in range(9))
    shows = Walkthrough(Output(), catalogue.find("missing-migrations"), "docker", reader)
    shows.reach(4)
    shows.logs(Evidence(logs=(EVENT,)), Diagnosis("incident", "s", (replace(FINDING, evidence=links),)))
    shows.reach(5)
    shows.correction(*dockerfiles())
    shows.reach(6)
    assert len(reader.screens) > 2  # it asked within the steps too
    assert max(reader.rows()) <= height
    seen = words("".join(reader.screens))
    assert [seen.index(f"Claim {number}") for number in range(9)] == sorted(
        seen.index(f"Claim {number}") for number in range(9)
    )


def test_pauses_change_nothing_of_what_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINES", "12")
    found = Diagnosis("incident", "s", (replace(FINDING, evidence=(LINK,) * 5),))
    texts = []
    for keys in (None, "\r" * 30):
        shows = tour(keys)
        shows.reach(4)
        shows.logs(Evidence(logs=(EVENT,)), found)
        texts.append(re.sub(r"  Enter: more · q: leave (\x1b\[2K|\r)*\n?", "", shown(capsys)))
    assert texts[0] == texts[1]


def test_one_who_leaves_within_a_step_goes_on_at_that_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINES", "12")
    shows = tour("q")
    shows.reach(4)
    with pytest.raises(LeftEarlyError):
        shows.logs(Evidence(logs=(EVENT,)), Diagnosis("incident", "s", (FINDING,)))
    assert shows.next == 4
    shows.farewell([])
    assert "You left in step 4 of 8" in shown(capsys)


def test_steps_before_the_one_asked_for_get_one_line_each_and_no_pause(capsys: pytest.CaptureFixture[str]) -> None:
    shows = Walkthrough(Output(), catalogue.find("missing-migrations"), "docker", iter("").__next__, 4)
    shows.opening("Docker", "Engine 20", "")
    shown(capsys)
    shows.reach(1)
    shows.problem(dockerfiles()[0])
    shows.reach(2)
    with shows.watching() as tell:
        tell(PhaseStarted("build", "Build"))
        tell(PhaseEnded("build", 0.1))
        shows.reach(3)
    shows.failure(BROKEN)
    assert [line.strip() for line in shown(capsys).splitlines()] == list(TITLES[:3])
    shows.reach(4)
    assert shown(capsys).splitlines()[1] == TITLES[3]


def test_a_dockerfile_that_cannot_be_read_is_shown_without_a_mark(capsys: pytest.CaptureFixture[str]) -> None:
    tour().problem(("Dockerfile", "HELLO\n"))
    text = shown(capsys)
    assert "HELLO" in text
    assert "→" not in text


def test_the_failure_shows_what_was_expected_and_what_the_exit_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    tour().failure(BROKEN)
    text = words(shown(capsys))
    assert "crash after 1.02 s" in text
    assert "REPRODUCED in 3.5 s" in text
    assert "Exit code 3: uvicorn's own code" in text


def test_an_exit_code_that_the_story_does_not_know_is_not_explained(capsys: pytest.CaptureFixture[str]) -> None:
    tour().failure(replace(BROKEN, exit_code=137))
    assert "Exit code" not in shown(capsys)


def test_each_line_of_the_log_is_read_and_the_proof_follows(capsys: pytest.CaptureFixture[str], width: int) -> None:
    tour().logs(Evidence(logs=(EVENT,)), Diagnosis("incident", "s", (FINDING,)))
    text = shown(capsys)
    for number, reading in ((68, "what PostgreSQL said"), (69, "where in the statement"), (71, "the statement that")):
        assert words(text).index(f"{number} ") < words(text).index(reading)
    assert "4 of the 71 lines" in words(text)
    assert "The chain of proof for migrations-not-applied (certain)" in words(text)
    assert words(LINK.claim) in words(text)
    assert max(map(len, text.splitlines())) <= width


def test_evidence_without_a_cause_says_what_is_missing_and_tells_no_story(capsys: pytest.CaptureFixture[str]) -> None:
    tour().logs(Evidence(), Diagnosis("inconclusive", "s", missing=("The app's log.",)))
    text = words(shown(capsys))
    assert "holds no error" in text
    assert "names no cause" in text
    assert "The app's log." in text
    assert "Nothing is wrong with the code" not in text


def test_the_story_is_not_told_of_another_cause(capsys: pytest.CaptureFixture[str]) -> None:
    tour().logs(Evidence(logs=(EVENT,)), Diagnosis("incident", "s", (replace(FINDING, cause="port-conflict"),)))
    assert "Nothing is wrong with the code" not in words(shown(capsys))


def test_the_correction_is_the_diff_of_the_real_files_with_its_reasons(
    capsys: pytest.CaptureFixture[str], width: int
) -> None:
    tour().correction(*dockerfiles())
    text = shown(capsys)
    changed = [line.strip() for line in text.splitlines() if line.strip().startswith(("-CMD", "+CMD"))]
    assert len(changed) == 2
    assert "alembic upgrade head && exec uvicorn" in words(text)
    assert "SIGTERM" in text
    assert "&&" in text
    prose = [line for line in text.splitlines() if not line.startswith(("    -", "    +"))]
    assert max(map(len, prose)) <= width


def test_use_shows_status_and_latency_of_each_request_and_marks_the_wrong_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tour().validation(FIXED, EXPECTED)
    text = shown(capsys)
    assert "✓  POST   /tasks    201 Created" in text
    assert "14.4 ms" in text
    assert "✗  GET    /tasks/1  500 Internal Server Error (expected: 200)" in text
    assert "2 requests in 0.1 s: half within 8.0 ms, 95 % within 20.0 ms, slowest 20.0 ms" in words(text)
    assert "2 written, 2 read back, 0 lost" in text
    assert "connection refused" not in text
    assert "HEALTHY in 6.5 s" in words(text)


def test_an_app_that_was_never_healthy_was_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    tour().validation(replace(FIXED, timeline=(), met=False), EXPECTED)
    text = words(shown(capsys))
    assert "nothing to use" in text
    assert "NOT HEALTHY" in text


def test_practices_say_met_not_met_or_not_known_in_words(capsys: pytest.CaptureFixture[str], width: int) -> None:
    tour().practices(
        [
            Practice("a", "Slim image", True, "FROM python:3.11-slim", "never shown"),
            Practice("b", "Backups", False, "archive_mode = off", "Archive the log."),
            Practice("c", "Migration gate", None, "not read", "Migrate first."),
        ]
    )
    text = shown(capsys)
    assert "1 of 3 met" in text
    if width >= 80:
        assert "✓ Slim image               met        FROM python:3.11-slim" in text
        assert "✗ Backups                  not met    archive_mode = off" in text
        assert "? Migration gate           not known  not read" in text
        assert "In production: Archive the log." in text
    assert "never shown" not in text


def test_the_ending_sets_both_runs_side_by_side_without_the_time_spent_reading(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tour().ending(BROKEN, FIXED, [("incidentlab report", "the account")], as_expected=True)
    text = words(shown(capsys))
    assert "outcome ✗ crash, exit code 3 ✓ healthy" in text
    assert "start to outcome 1.02 s 1.34 s" in text
    assert "whole run 3.50 s 6.50 s" in text
    assert "ALL AS EXPECTED" in text
    assert "incidentlab report" in text


def test_no_id_and_no_command_of_the_ending_is_cut(capsys: pytest.CaptureFixture[str], width: int) -> None:
    command = f"incidentlab diagnose {BROKEN.id}"
    tour().ending(BROKEN, FIXED, [(command, "why it broke, with proof")], as_expected=True)
    text = shown(capsys)
    assert all(each in text for each in (BROKEN.id, FIXED.id, command, "start to outcome", "expectations met"))
    assert "…" not in text


def test_an_ending_that_is_not_as_expected_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    tour().ending(replace(BROKEN, met=False), FIXED, [], as_expected=False)
    assert "NOT AS EXPECTED" in shown(capsys)


def test_quiet_shows_what_happens_without_the_explanations(capsys: pytest.CaptureFixture[str]) -> None:
    shows = tour(quiet=True)
    shows.opening("Docker", "Engine 20", "")
    shows.reach(1)
    shows.problem(dockerfiles()[0])
    text = shown(capsys)
    assert TITLES[0] in text
    assert "→ 22 CMD" in text
    assert "TaskManager is" not in text


def test_only_enter_and_space_go_on_and_q_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    shows = tour("x1\r q")
    shows.reach(1)
    shows.reach(2)
    shows.reach(3)
    with pytest.raises(LeftEarlyError):
        shows.reach(4)
    shows.farewell([("incidentlab demo", "again")])
    text = shown(capsys)
    assert "You left after step 3 of 8 · The failure." in text
    assert TITLES[3] not in text
    assert "incidentlab demo" in text


@pytest.mark.parametrize("failure", [EOFError, OSError])
def test_a_terminal_that_has_gone_is_left(failure: type[Exception]) -> None:
    def gone() -> str:
        raise failure

    shows = Walkthrough(Output(), catalogue.find("missing-migrations"), "docker", gone)
    shows.reach(1)
    with pytest.raises(LeftEarlyError):
        shows.reach(2)


def test_migrations_are_shown_as_the_app_applies_them(capsys: pytest.CaptureFixture[str]) -> None:
    shows = tour()
    with shows.watching() as tell:
        tell(PhaseStarted("app", "Start the app (fixed)"))
        tell(PhaseEnded("app", 0.3))
        tell(LogLine("app", 1, "INFO  [alembic.runtime.migration] Running upgrade  -> 4f1c8a27d93e, Create the tasks"))
        tell(LogLine("database", 1, "Running upgrade a -> b, not from the app"))
    text = shown(capsys)
    assert "→ migration 4f1c8a27d93e applied · Create the tasks" in text
    assert text.count("applied") == 1


def test_another_engine_is_not_said_to_build_an_image(capsys: pytest.CaptureFixture[str]) -> None:
    tour(engine="local").reach(2)
    assert "builds no image" in words(shown(capsys))
    tour().reach(2)
    assert "The image is built" in words(shown(capsys))


def test_a_correction_beside_the_dockerfile_is_named_where_it_lies(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = catalogue.find("connections-exhausted")
    shows = Walkthrough(Output(), scenario, "docker", None)
    shows.reach(5)
    text = ("Dockerfile", "FROM a")
    shows.correction(text, text)
    shows.reach(6)
    said = words(shown(capsys))
    assert "Step 5 of 8 · Correcting the deployment" in said
    assert "The two Dockerfiles of this incident are the same." in said
    assert "• what is done before the app starts: limit connections" in said
    assert scenario.variants["fixed"].summary in said
    assert "corrected Dockerfile" not in said


@pytest.mark.parametrize("name", catalogue.names())
def test_every_remedy_has_words_of_its_own(name: str) -> None:
    for variant in catalogue.find(name).variants.values():
        assert not {texts.corrected(each) for each in variant.remedy} & set(variant.remedy)
