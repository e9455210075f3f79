"""The remedies' figures: what counts as a start, and that one which failed is counted beside those that did not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from benchmarks import remedies  # noqa: E402
from benchmarks.process import run  # noqa: E402
from benchmarks.remedies import RemedyFigures, Starts  # noqa: E402
from incidentlab import catalogue  # noqa: E402


def test_a_start_counts_the_job_before_it_and_nothing_after_the_first_answers() -> None:
    timings = {"database": 9.0, "prepare": 1.5, "app": 0.25, "observe": 2.0, "verify": 9.0, "total": 40.0}
    assert remedies.seconds_of(timings) == pytest.approx(3.75)
    assert remedies.seconds_of({"app": 0.25, "observe": 2.0}) == pytest.approx(2.25)


@pytest.mark.parametrize("replicas", remedies.REPLICAS)
def test_the_scenario_is_the_bundled_one_with_so_many_replicas(tmp_path: Path, replicas: int) -> None:
    copy = catalogue.load_folder(remedies.scenario(tmp_path, replicas))
    bundled = catalogue.find("missing-migrations")
    assert {each.replicas for each in copy.variants.values()} == {replicas}
    assert copy.variants.keys() == bundled.variants.keys()


def test_every_sound_remedy_of_the_scenario_is_measured() -> None:
    variants = catalogue.find("missing-migrations").variants.values()
    assert set(remedies.REMEDIES) == {each.name for each in variants if each.expect.outcome == "healthy"}


@pytest.mark.parametrize(
    ("starts", "shown"),
    [
        (None, "-"),
        (Starts("local", "fixed", 1, [3.0, 1.0, 2.0]), "2.00"),
        (Starts("local", "fixed", 5, [2.0], ["crash", "crash"]), "2.00, 2 of 3 failed"),
        (Starts("local", "fixed", 5, [], ["crash"]), "1 of 1 failed"),
    ],
)
def test_a_start_that_failed_has_no_time_and_is_counted(starts: Starts | None, shown: str) -> None:
    assert remedies.cell(starts) == shown


def test_the_table_has_a_row_for_each_remedy_and_fits_a_terminal() -> None:
    lines = remedies.text(RemedyFigures([Starts("docker", "fixed-one-shot", 5, [6.5])])).splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(remedies.REMEDIES)
    assert any("6.50" in line for line in lines)
    assert max(map(len, lines)) <= 120


def test_an_exit_code_that_is_accepted_is_a_figure() -> None:
    outcome = run([sys.executable, "-c", "import sys; print('{}'); sys.exit(3)"], accepted=(0, 3))
    assert outcome.stdout == "{}\n"
