"""What metrics cost: pairs of turns, limits that are missed where there is no figure, and a service that counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from benchmarks import metrics  # noqa: E402
from benchmarks.load import WITHOUT  # noqa: E402
from benchmarks.metrics import MetricsFigures  # noqa: E402
from benchmarks.model import Sample  # noqa: E402

WITH = [Sample(1.0, 0.5), Sample(2.0, 0.6), Sample(10.0, 0.5)]
BARE = [Sample(0.9, 0.5), Sample(1.9, 0.5), Sample(2.0, 0.5)]


def test_the_cost_is_the_middle_pairs_and_the_processors_is_of_all() -> None:
    figures = MetricsFigures(WITH, BARE)
    assert figures.cost == pytest.approx(0.1)  # of 10 %, 5 % and 80 %
    assert figures.processor_cost == pytest.approx(1 - 1.5 / 1.6)


def test_a_limit_without_a_figure_is_missed() -> None:
    assert [each.met for each in MetricsFigures().limits] == [False, False]


@pytest.mark.parametrize(("seconds", "series", "met"), [(0.012, 250, True), (0.012, 150, False), (0.021, 250, False)])
def test_a_scrape_counts_only_with_series_enough(seconds: float, series: int, met: bool) -> None:
    [_, scrape] = MetricsFigures(scrapes=[seconds] * 5, series=series).limits
    assert scrape.met is met


def test_the_text_says_what_was_missed_and_fits_a_terminal() -> None:
    shown = metrics.text(MetricsFigures(WITH, BARE, [0.0112] * 20, 505))
    assert "lost      10.0% of the requests (6.2% by processor time); at most 5%, MISSED" in shown
    assert "a scrape   11.2 ms (95 %: 11.2 ms), 505 series; at most 20 ms, met" in shown
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize(("settings", "measured"), [({}, "True"), ({WITHOUT: "1"}, "False")])
def test_the_service_is_measured_or_not(settings: dict[str, str], measured: str) -> None:
    script = "from benchmarks.patient import *; print(any(m.cls is MeasureRequests for m in app.user_middleware))"
    env = {"PYTHONPATH": f"{ROOT}:{ROOT / 'service'}", **settings}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == measured
