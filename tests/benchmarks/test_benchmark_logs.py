"""The benchmarks of reading and judging logs: the same logs everywhere, honest scores, limits that need a figure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from benchmarks import loglines, logs  # noqa: E402
from benchmarks.judgement import Case, Score, judge  # noqa: E402
from benchmarks.model import CannotMeasureError, Comparison, Sample  # noqa: E402
from benchmarks.results import Results  # noqa: E402
from benchmarks.table import text  # noqa: E402

_CASES = [
    Case("001", "deadlock", frozenset(), "deadlock", "certain", ("deadlock",)),
    Case("002", "deadlock", frozenset({"statement-timeout"}), "statement-timeout", "likely"),
    Case("003", "disk-full", frozenset(), "deadlock", "certain", ("deadlock",), tricky=True),
    Case("004", "healthy", frozenset(), "healthy"),
    Case("005", "healthy", frozenset(), "disk-full", "possible"),
    Case("006", "inconclusive", frozenset(), "inconclusive"),
]


@pytest.mark.parametrize("kind", ["quiet", "errors"])
def test_a_log_is_the_same_each_time(tmp_path: Path, kind: str) -> None:
    for name in ("a", "b"):
        loglines.write(tmp_path / name, kind, 100_000)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert 100_000 <= len(content) < 101_000


def test_both_sides_read_the_logs_and_have_figures() -> None:
    figures, remarks = logs.measure(1, lambda _line: None, size=300_000)
    assert remarks == []
    assert [len(row.our_samples) for row in figures.rows] == [1, 1, 1, 1]
    assert {limit.name for limit in figures.limits} == {
        "quiet log, grep, LC_ALL=C, ratio", "quiet log, grep, C.UTF-8, ratio",
        "quiet log, memory", "errors log, memory", "errors log, processor",
    }  # fmt: skip
    shown = text(Results("2026-11-24", {}, (0, 0), 1, logs=figures))
    assert "MiB of at most 150 MiB" in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_a_reader_that_failed_meets_no_limit() -> None:
    row = Comparison("quiet log, grep", "grep", [Sample(1.0)], [], 1.0)
    assert not any(limit.met for limit in logs.LogFigures([row]).limits)


def test_a_score_counts_what_is_right_and_what_is_sure_and_wrong() -> None:
    score = Score(_CASES)
    assert score.right == 4
    assert score.healthy == (1, 2)
    assert [case.name for case in score.sure_and_wrong] == ["003"]
    assert score.wrong == {"certain": 1, "possible": 1}
    assert [limit.met for limit in score.limits] == [False, False, False]
    assert score.matrix()["deadlock"] == {"deadlock": 1, "statement-timeout": 1}


def test_a_perfect_score_meets_its_limits_and_none_at_all_does_not() -> None:
    assert all(limit.met for limit in Score([case for case in _CASES if case.right]).limits)
    assert not any(limit.met for limit in Score(()).limits)


def test_the_matrix_of_the_whole_catalogue_fits_a_terminal() -> None:
    names = [f"schema-created-outside-migrations-{number:02}" for number in range(28)] + ["healthy", "inconclusive"]
    score = Score([Case(str(index), name, frozenset(), names[-index], "likely") for index, name in enumerate(names)])
    shown = text(Results("2026-11-24", {}, (0, 0), 1, score=score))
    assert max(map(len, shown.splitlines())) <= 120


def test_labelled_logs_are_judged(tmp_path: Path) -> None:
    good = '2026-11-24 03:12:01 INFO:     10.0.0.1:1 - "GET /health HTTP/1.1" 200 OK\n'
    for name, label, log in (("001", "healthy", good), ("002", "other", "nothing is known of this\n")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"label": label, "acceptable": [], "tricky": False}))
        (tmp_path / f"{name}.log").write_text(log)
    (tmp_path / "003.json").write_text("{}")  # without a log: not a case
    score = judge(tmp_path)
    assert [(case.name, case.truth, case.answer) for case in score.cases] == [
        ("001", "healthy", "healthy"),
        ("002", "inconclusive", "inconclusive"),
    ]


def test_a_corpus_that_is_not_there_or_has_a_broken_label_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasureError, match="no labelled log"):
        judge(tmp_path / "nowhere")
    (tmp_path / "001.json").write_text("[]")
    (tmp_path / "001.log").write_text("x\n")
    with pytest.raises(CannotMeasureError, match=r"001\.json is no label"):
        judge(tmp_path)


def test_the_command_judges_a_folder_and_its_exit_code_says_whether_it_is_within_its_limits(tmp_path: Path) -> None:
    (tmp_path / "001.json").write_text(json.dumps({"label": "other"}))
    (tmp_path / "001.log").write_text("nothing is known of this\n")
    command = [sys.executable, "-m", "benchmarks", "--only", "diagnose", "--json", str(tmp_path / "figures.json")]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([*command, "--corpus", str(tmp_path)], capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 (100.0%)" in done.stdout
    assert json.loads((tmp_path / "figures.json").read_text())["diagnose"]["right"] == 1
    empty = subprocess.run(
        [*command, "--corpus", str(tmp_path / "none")], capture_output=True, text=True, cwd=root, check=False
    )
    assert empty.returncode == 1
    assert "There is no labelled log" in empty.stdout
