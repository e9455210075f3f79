import itertools
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.model.evidence import Evidence
from incidentlab.model.report import Account
from incidentlab.model.run import Sample
from incidentlab.reports import _charts as charts
from incidentlab.reports._charts import svg
from incidentlab.reports._charts.latency import thinned

WIDTHS = (336.0, 860.0)
BOTH = [pytest.param(charts.timeline, id="timeline"), pytest.param(charts.latency, id="latency")]


def classes(drawing: str, tag: str) -> list[str]:
    return [each.get("class", "") for each in ElementTree.fromstring(drawing).iter(tag)]


@pytest.mark.parametrize("chart", BOTH)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_chart_is_named_described_and_within_its_bounds(
    chart: charts.Chart, width: float, broken: Account, fixed: Account
) -> None:
    root = ElementTree.fromstring(chart([broken, fixed], width, "k"))
    assert root.get("role") == "img"
    names = (root.get("aria-labelledby") or "").split()
    assert [root.findtext("title"), root.findtext("desc")] != [None, None]
    assert names == ["k-title", "k-desc"]
    assert {each.get("id") for each in root} >= set(names)
    places = [float(each.get(name, "0")) for each in root.iter() for name in ("x", "x1", "x2", "cx")]
    assert all(0 <= each <= width for each in places)


@pytest.mark.parametrize("chart", BOTH)
def test_a_run_without_material_draws_nothing(chart: charts.Chart, broken: Account) -> None:
    bare = replace(broken, run=replace(broken.run, samples=(), timeline=()), evidence=Evidence())
    assert chart([bare], 860, "k") == ""
    assert chart([], 860, "k") == ""


def test_the_timeline_has_a_bar_per_phase_and_a_mark_per_good_or_bad_moment(broken: Account) -> None:
    drawing = charts.timeline([broken], 860, "k")
    assert len(classes(drawing, "rect")) == 6
    assert classes(drawing, "path").count("mark bad") == 2
    assert classes(drawing, "circle").count("mark good") == 2
    assert "The app exited with code 3" in drawing


def test_a_long_build_does_not_hide_what_follows_it(broken: Account) -> None:
    # The image took 90 s to build: the app's second of life must still be a good part of the axis.
    moments = tuple(
        replace(each, offset=each.offset + (90 if each.phase not in ("build", "database") else 0))
        for each in broken.run.timeline
    )
    run = replace(broken.run, timeline=moments, timings={**broken.run.timings, "build": 90.0})
    drawing = charts.timeline([replace(broken, run=run, evidence=Evidence())], 860, "k")
    bars = {
        (each.findtext("title") or "").split(":")[0]: float(each.get("width", "0"))
        for each in ElementTree.fromstring(drawing).iter("rect")
    }
    assert bars["observe"] > 80
    assert "◂ 1 min 30 s" in drawing
    assert "Image built" not in re.sub("<desc.*</desc>", "", drawing)  # it lies before what the axis shows


def test_marks_close_together_keep_their_words_apart(broken: Account) -> None:
    moment = broken.run.timeline[-4]
    many = tuple(replace(moment, offset=2.3 + n / 100, what=f"sign {n}") for n in range(6))
    run = replace(broken.run, timeline=(*broken.run.timeline[:6], *many))
    drawing = charts.timeline([replace(broken, run=run)], 860, "k")
    heights = [y for y, n in re.findall(r'y="([\d.]+)"[^>]*>sign (\d)', drawing)]
    assert len(heights) == len(set(heights)) == 6


def test_unanswered_and_failed_requests_are_crosses_and_served_ones_dots(broken: Account, fixed: Account) -> None:
    drawing = charts.latency([broken, fixed], 860, "k")
    assert classes(drawing, "path").count("mark bad") == 25
    assert classes(drawing, "path").count("mark early") == 14
    assert classes(drawing, "circle").count("point good") == 48
    assert classes(drawing, "line").count("level") == 2
    assert "broken: 25 of 25 requests unanswered" in drawing
    assert ">fixed: 14 polls before it listened<" in drawing


def test_a_request_unanswered_after_it_listened_is_no_early_poll(fixed: Account) -> None:
    run = replace(fixed.run, samples=(*fixed.run.samples, Sample(6.0, 0.1, "GET", "/tasks", None, "reset")))
    drawing = charts.latency([replace(fixed, run=run)], 860, "k")
    assert "fixed: 14 polls before it listened, 1 of 49 later unanswered" in drawing
    assert classes(drawing, "path").count("mark bad") == 1


def test_a_label_says_the_error_without_its_modules(broken: Account, fixed: Account) -> None:
    shown = re.findall("<text[^>]*>([^<]*)</text>", charts.timeline([broken, fixed], 860, "k"))
    assert "UndefinedTable: relation &quot;tasks&quot; does not exist" in shown
    assert "First healthy answer" in shown


def test_answers_of_very_different_length_get_a_log_scale(fixed: Account) -> None:
    slow = Sample(3.0, 5.0, "GET", "/tasks", 200)
    run = replace(fixed.run, samples=(*fixed.run.samples, slow))
    assert "log scale" in charts.latency([replace(fixed, run=run)], 860, "k")
    assert "log scale" not in charts.latency([fixed], 860, "k")


def test_thinning_keeps_the_peak() -> None:
    timed = [(n / 100, Sample(n / 100, 9.0 if n == 1234 else 0.01, "GET", "/", 200)) for n in range(5000)]
    kept = thinned(timed)
    assert len(kept) == 500
    assert max(each.seconds for _, each in kept) == 9.0


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_few_even_and_within_their_bounds(low: float, span: float, most: int) -> None:
    found = svg.ticks(low, low + span, most)
    assert len(found) <= most
    slack = span * 1e-6 + 1e-6
    assert all(low - slack <= each <= low + span + slack for each in found)
    steps = [b - a for a, b in itertools.pairwise(found)]
    assert all(abs(step - steps[0]) <= slack for step in steps)


def test_words_that_do_not_fit_are_wrapped_and_then_cut() -> None:
    assert svg.wrapped("one two", 500, 12) == ["one two"]
    lines = svg.wrapped("word " * 40, 100, 12)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert svg.wrapped("", 100, 12) == [""]
