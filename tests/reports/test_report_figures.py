from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence
from incidentlab.model.report import Account, Figure, Report
from incidentlab.model.run import Sample
from incidentlab.reports import _measure as measure
from incidentlab.reports import compose, markdown

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def by_name(report: Report) -> dict[str, Figure]:
    return {each.name: each for each in report.figures}


def sample(offset: float, status: int | None, seconds: float = 0.01) -> Sample:
    return Sample(offset, seconds, "GET", "/health", status)


def test_the_figures_of_known_runs_are_right(report: Report) -> None:
    figures = by_name(report)
    assert figures["Time to start"].before is None
    # What the run itself printed, by its own clock.
    assert figures["Time to start"].after == 1.371
    # The log line, 1.490 s + 0.904 s into the run, which watched from 1.491 s; the exit comes later.
    assert figures["Time to detect"].before == pytest.approx(0.903)
    assert figures["Time to detect"].meaning.endswith("first error line: 0.90 s after the start, exit 0.91 s")
    # 14:04:05.871 + 2.8341 s, less 14:02:11.204 + 1.490 s + 0.904 s.
    assert figures["Time to resolve"].after == pytest.approx(114.667 + 2.8341 - 2.394)
    assert (figures["Successful deployments"].before, figures["Successful deployments"].after) == (0.0, 100.0)
    assert figures["Availability over the run"].before == 0.0
    assert figures["Availability over the run"].after == pytest.approx(100 * 48 / 62)
    assert figures["Availability once started"].after == 100.0


def test_every_figure_says_how_it_was_measured(report: Report) -> None:
    assert all(len(each.meaning) > 20 for each in report.figures)


def test_what_was_not_measured_is_none(broken: Account, fixed: Account) -> None:
    bare = [
        replace(each, run=replace(each.run, samples=(), timeline=(), timings={}), evidence=Evidence())
        for each in (broken, fixed)
    ]
    figures = by_name(compose(bare, written_at=NOW))
    measured = {name for name, each in figures.items() if (each.before, each.after) != (None, None)}
    assert measured == {"Successful deployments"}


def test_a_fix_that_was_proved_before_the_incident_resolved_nothing(broken: Account, fixed: Account) -> None:
    late = timedelta(hours=1)
    run = replace(broken.run, started_at=broken.run.started_at + late, ended_at=broken.run.ended_at + late)
    figures = by_name(compose([replace(broken, run=run), fixed], written_at=NOW))
    assert figures["Time to resolve"].after is None


def test_an_engines_clock_that_is_far_off_is_not_believed(broken: Account) -> None:
    container = replace(broken.evidence.containers[0], started_at=broken.run.started_at + timedelta(hours=2))
    run = replace(broken.run, timings={})  # else the run's own clock goes first
    shifted = replace(broken, run=run, evidence=replace(broken.evidence, containers=(container,)))
    assert measure.app_start(shifted) == 1.222  # the timeline's own


def test_a_crash_has_one_number_whatever_the_engines_clock_says(broken: Account) -> None:
    container = replace(broken.evidence.containers[0], finished_at=broken.run.started_at + timedelta(seconds=2.2))
    odd = replace(broken, evidence=replace(broken.evidence, containers=(container,)))
    assert measure.seconds_to_exit(odd) == broken.run.timings["outcome"]
    older = replace(odd, run=replace(odd.run, timings={}))  # of a run that did not tell
    assert measure.seconds_to_exit(older) == pytest.approx(2.2 - 1.490)


def test_the_success_rate_counts_only_runs_of_the_same_variant(broken: Account, fixed: Account) -> None:
    again = replace(fixed, run=replace(fixed.run, id="fixed-2"))
    failed = replace(fixed, run=replace(fixed.run, id="fixed-1", met=False))
    figure = by_name(compose([broken, failed, again, fixed], written_at=NOW))["Successful deployments"]
    assert figure.before == 0.0
    assert figure.after == pytest.approx(100 * 2 / 3)
    assert figure.meaning.endswith("broken 0 of 1, fixed 2 of 3")


def test_a_client_error_is_an_answer_and_a_server_error_is_not() -> None:
    samples = [sample(0, 200), sample(1, 404), sample(2, 422), sample(3, 500), sample(4, None)]
    assert measure.availability(samples) == pytest.approx(60.0)
    assert measure.availability([]) is None


def test_the_longest_silence_is_the_impact(broken: Account) -> None:
    statuses = [None, 200, None, None, 503, 200, None]
    run = replace(broken.run, samples=tuple(sample(n, status) for n, status in enumerate(statuses)))
    assert [each.offset for each in measure.silence(run)] == [2, 3, 4]


@given(st.lists(st.floats(0.0001, 60), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_quantile_is_the_smallest_value_that_enough_values_do_not_exceed(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = measure.quantile(ordered, share)
    assert found in ordered
    assert found is not None
    assert sum(each <= found for each in ordered) >= share * len(ordered) - 1e-9
    smaller = [each for each in ordered if each < found]
    assert len(smaller) < share * len(ordered) + 1e-9


def test_no_values_have_no_quantile() -> None:
    assert measure.quantile([], 0.5) is None


@given(st.lists(st.sampled_from([None, 200, 201, 404, 500, 503]), min_size=1, max_size=60))
def test_availability_is_a_percentage_and_never_falls_by_leaving_the_start_out(statuses: list[int | None]) -> None:
    samples = [sample(n, status) for n, status in enumerate(statuses)]
    whole = measure.availability(samples)
    assert whole is not None
    assert 0 <= whole <= 100
    started = measure.once_started(samples)
    assert not started or started[0].status in (200, 201)
    assert not {each.offset for each in started} & {each.offset for each in measure.early_polls(samples)}


def test_a_report_without_a_break_has_no_time_to_detect_it(fixed: Account) -> None:
    told = compose([fixed], written_at=NOW)
    assert not {"Time to detect", "Time to resolve"} & set(by_name(told))
    assert "Not measured" not in markdown.render(told)


def test_a_column_without_a_figure_is_not_there(broken: Account, fixed: Account) -> None:
    for one in (broken, fixed):
        text = markdown.render(compose([one], written_at=NOW))
        assert "| Figure | Value | How it was measured |" in text
    assert "| Figure | Before | After |" in markdown.render(compose([broken, fixed], written_at=NOW))


def test_an_action_says_what_to_do_before_what_it_is_good_for(broken: Account) -> None:
    mends = (Mend("command", "echo `id`", "Names the user."), Mend("text", "Stop it", "Only one can run."))
    finding = replace(broken.diagnosis.findings[0], mend=mends)
    account = replace(broken, diagnosis=replace(broken.diagnosis, findings=(finding,)))
    told = compose([account], written_at=NOW)
    assert told.actions[:2] == ("Run `` echo `id` ``. Names the user.", "Stop it. Only one can run.")
