"""The benchmark's judgement: a ratio by rounds, limits that cannot be met by not measuring, phases from marks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from benchmarks.model import CannotMeasureError, Comparison, Limit, Sample, marks, middle, phases  # noqa: E402
from benchmarks.process import run  # noqa: E402
from benchmarks.proofs import ProofFigures, Proving  # noqa: E402
from benchmarks.results import Results  # noqa: E402
from benchmarks.rounds import take_turns  # noqa: E402
from benchmarks.table import text  # noqa: E402


def _row(peer: list[float], ours: list[float], most: float | None = 0.4) -> Comparison:
    return Comparison(
        "broken on docker", "a shell", [Sample(each) for each in peer], [Sample(each) for each in ours], most
    )


def _results(row: Comparison) -> Results:
    return Results("2026-11-23", {"cores": "2"}, (0.1, 0.2), 3, [row], {"incidentlab --help": [Sample(0.2)]})


def test_the_ratio_is_that_of_each_round_so_a_busy_round_slows_both_sides() -> None:
    row = _row(peer=[5.0, 50.0, 5.0], ours=[1.5, 15.0, 1.5])
    assert row.ratio == pytest.approx(0.3)
    assert row.limit is not None
    assert row.limit.met


def test_one_lucky_round_does_not_meet_a_limit() -> None:
    limit = _row(peer=[5.0, 5.0, 5.0], ours=[0.5, 2.5, 2.6]).limit
    assert limit is not None
    assert not limit.met


def test_a_side_without_samples_has_no_ratio_and_meets_no_limit() -> None:
    row = _row(peer=[5.0], ours=[])
    assert row.ratio is None
    assert row.limit is not None
    assert not row.limit.met
    assert "not measured" in text(_results(row))


def test_a_row_of_information_has_no_limit() -> None:
    assert _row(peer=[1.0], ours=[9.0], most=None).limit is None


@pytest.mark.parametrize(("measured", "met"), [(0.4, True), (0.4001, False)])
def test_a_limit_holds_up_to_its_own_figure(measured: float, met: bool) -> None:
    assert Limit("ratio", measured, 0.4).met is met


def test_the_start_of_python_itself_has_no_limit_and_ours_has() -> None:
    row = _row(peer=[5.0], ours=[1.0])
    starts = {"python -c pass": [Sample(9.0)], "incidentlab --help": [Sample(0.2)]}
    limits = Results("2026-11-23", {}, (0, 0), 1, [row], starts).limits
    assert [(each.name, each.met) for each in limits] == [
        ("broken on docker, ratio", True),
        ("incidentlab --help", False),
    ]


def test_the_table_names_what_missed_its_limit() -> None:
    shown = text(_results(_row(peer=[5.0], ours=[4.0])))
    assert "0.40 MISSED" in shown
    assert "150 ms MISSED" in shown
    assert not [line for line in shown.splitlines() if line != line.rstrip()]


def test_the_document_has_every_sample() -> None:
    document = _results(_row(peer=[5.0, 6.0, 7.0], ours=[1.0, 2.0, 3.0])).document()
    ours = document["comparisons"][0]["ours"]
    assert ours["median"] == 2.0
    assert [each["seconds"] for each in ours["samples"]] == [1.0, 2.0, 3.0]


def test_phases_are_what_lies_between_two_marks() -> None:
    assert marks("begin 10.5\nup 14.0\ndown 14.25\n") == {"up": 3.5, "down": 0.25}
    assert marks("") == {}


def test_medians_are_taken_by_phase_over_the_rounds_that_have_it() -> None:
    samples = [Sample(1.0, phases={"up": 1.0}), Sample(3.0, phases={"up": 3.0, "down": 9.0}), Sample(2.0)]
    assert middle(samples) == 2.0
    assert phases(samples) == {"up": 2.0, "down": 9.0}


def test_the_round_to_warm_up_does_not_count_and_the_order_turns() -> None:
    seen: list[str] = []

    def contender(name: str) -> Sample:
        seen.append(name)
        return Sample(float(len(seen)))

    result = take_turns({name: lambda name=name: contender(name) for name in "ab"}, 2, lambda _line: None)  # type: ignore[misc]
    assert seen == ["a", "b", "b", "a", "a", "b"]
    assert [each.seconds for each in result.samples["a"]] == [4.0, 5.0]


def test_a_contender_that_fails_once_has_no_figures_and_says_why() -> None:
    turns = iter([1.0, 1.0])

    def fails_later() -> Sample:
        try:
            return Sample(next(turns))
        except StopIteration:
            raise CannotMeasureError("it broke") from None

    result = take_turns({"a": fails_later, "b": lambda: Sample(1.0)}, 3, lambda _line: None)
    assert result.samples["a"] == []
    assert result.failed == {"a": "it broke"}
    assert len(result.samples["b"]) == 3


def test_a_program_is_measured_whole_and_a_failing_one_is_no_figure() -> None:
    outcome = run([sys.executable, "-c", "print('done')"])
    assert outcome.stdout == "done\n"
    assert outcome.sample.seconds > 0
    assert outcome.sample.memory > 1 << 20
    with pytest.raises(CannotMeasureError, match="ended with 3"):
        run([sys.executable, "-c", "import sys; print('why'); sys.exit(3)"])


def test_an_engine_on_which_nothing_was_proven_meets_no_limit() -> None:
    alone, together = (Proving("local", jobs, seconds, {"deadlock": 9.0}) for jobs, seconds in ((1, 90.0), (2, 60.0)))
    results = Results("2026-11-26", {}, (0.1, 0.2), 1, proofs=ProofFigures([alone, together]))
    assert {each.name: each.met for each in results.limits} == {
        "all scenarios proven on local": True,
        "all scenarios proven on docker": False,
    }
    assert "gain 1.50" in text(results)
    assert "docker   not measured" in text(results)
