"""Whatever a log holds: no exception, no line without end in memory, no step too many."""

import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import log
from incidentlab.collectors._rows import LONGEST

_PIECES = [
    "x", " ", "\t", "[1] ", "ERROR:  ", "a-b_c.", "2026-11-23T20:15:30Z ", "web-1  | ", "code: '", "(psycopg.",
    "{", '{"a":', "}", "[SQL: ", "Caused by: ", "    at ", "(", ")", "((", "main.(", "Error: ", "/", "://",
    "a:b@", "=", '"', '""', "\\", "é", "« ", "错误: ", "ERREUR: ", "relation ", "la relation « ", "level=",
    'HTTP/1.1" ', '"GET ', "<34>1 ", "Nov 23 20:15:30 ", "[pod/a/", "| ", "+-", "╭─", "Process 1", "#1 ",
    'File "', '"File ""', "site-packages/", "Traceback (most recent call last):", ",", "20", ":", "::", "-",
    "_", "A", "aB3", "\x1b[31m",
]  # fmt: skip


@pytest.mark.parametrize("piece", _PIECES)
def test_no_line_makes_a_pattern_go_back_and_forth(piece: str) -> None:
    """Each line takes milliseconds; what backtracks takes minutes. The bound leaves room for a busy machine."""
    line = (piece * 20_000)[:20_000]
    lines = [line, line + "\n", f"Traceback (most recent call last):{line}", f"psycopg.Error: {line}", f"\t{line}",
             f"2026-11-23 20:15:30.123 UTC [1] ERROR:  {line}", f"error: é {line}", f"  {line}",
             f"FEHLER:  {line}"]  # fmt: skip
    started = time.process_time()
    log.read(lines, "app")
    assert time.process_time() - started < 10


@given(st.lists(st.lists(st.sampled_from([*_PIECES, "\n", "\x00"]), max_size=12).map("".join), max_size=12))
def test_any_mixture_of_marks_is_read(lines: list[str]) -> None:
    for event in log.read(lines, "app"):
        assert 1 <= event.first_line <= event.last_line <= len(lines)
        assert event.text.strip()


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(data: bytes) -> None:
    for event in log.read(data.decode("utf-8", "replace").splitlines(keepends=True), "app"):
        assert "\x00" not in event.text
        assert "\x1b" not in event.text


def test_a_line_of_a_megabyte_is_cut() -> None:
    (event,) = log.read(["ERROR: " + "password=hunter2hunter2 x " * 40_000], "app")
    assert len(event.text) <= LONGEST
    assert "hunter2" not in event.text


def test_a_secret_across_the_cut_does_not_stay_in_half() -> None:
    for shift in range(0, 60, 7):
        line = "x " * ((LONGEST + 4_096) // 2 - 40 + shift) + "postgresql://app:hunter2hunter2hunter2hunter2@db/x" * 3
        assert "hunter2" not in log.read([line], "app")[0].text


def test_a_statement_without_end_does_not_swallow_the_log() -> None:
    events = log.read(["psycopg.Error: x", "[SQL: SELECT", *["1,"] * 5_000, "INFO: alive"], "app")
    assert events[-1].text == "INFO: alive"


@pytest.mark.parametrize(
    "lines",
    [
        ["  + Exception Group Traceback (most recent call last):"],
        ["  + Exception Group Traceback (most recent call last):", "  | x", "    | Traceback (most recent call last):"],
        ["╭── Traceback (most recent call last) ──╮"],
        ["╭── Traceback (most recent call last) ──╮", "│ x │", "╰──╯", "AError: x", "", "of the following exception:"],
        ["web-1  | Traceback (most recent call last):", "web-2  |   File x"],
        ['  File "a", line 1'],
        ['  File "a", line 1', "x"],
        ["error: x {", "  a: 1,"],
        ["error: x", "    at y"],
        ["panic: x", "", "goroutine 1 [running]:", "main.main()"],
        ['{"level": "error", "msg": "x", "stack": "Error: x\\n    at f"}'],
        ["2026-01-20T23:30:13.551Z stdout P part"],
        ["a | b", "--+--"],
        ["-----BEGIN PRIVATE KEY-----"],
        ["ERROR: é « x »"],
        ["password=x"],
        ["DETAIL:  x"],
    ],
)
def test_reading_takes_steps_in_proportion_to_the_length(lines: list[str]) -> None:
    """Counted in calls and lines of Python, not in seconds: four times the lines take at most five times the steps."""
    log.read(lines * 10, "app")  # what is read once, is
    assert _steps(lines * 400) <= 5 * _steps(lines * 100)


def _steps(lines: list[str]) -> int:
    count = 0

    def note(*_: object) -> object:
        nonlocal count
        count += 1
        return note

    before = sys.gettrace()
    sys.settrace(note)  # type: ignore[arg-type]  # a tracer is a function that gives a tracer
    try:
        log.read(lines, "app")
    finally:
        sys.settrace(before)
    return count
