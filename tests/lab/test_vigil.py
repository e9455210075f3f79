"""What counts as a false alarm, and what does not: an alert on a start that takes long tells the truth."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from incidentlab.lab import vigil as module
from incidentlab.lab.recorder import Recorder
from incidentlab.lab.vigil import Vigil
from incidentlab.model.alert import ExpectedAlert
from incidentlab.model.events import now
from incidentlab.model.run import Check
from incidentlab.model.scenario import Expectation, Outcome, Scenario, Variant
from incidentlab.monitoring.api import Api, Target
from incidentlab.monitoring.arrivals import Arrivals, Told
from incidentlab.testing import FakeStack

DOWN, SLOW = Told("1", "Down", summary="it is down"), Told("2", "Slow")


def a_vigil(outcome: Outcome, *alerts: ExpectedAlert) -> Vigil:
    variant = Variant("v", Path("Dockerfile"), Expectation(outcome), alerts=alerts)
    scenario = Scenario("s", "t", "s", "deadlock", Path(), (), {"v": variant})
    recorder = Recorder(lambda _: None)
    stack = FakeStack(app_url="http://127.0.0.1:9", app_urls=("http://127.0.0.1:9",))
    made = Vigil(scenario, variant, stack, recorder, Arrivals(recorder), by="a test")
    made.fault_begins()
    return made


def silence(vigil: Vigil, seconds: float = 0.05) -> Check:
    return vigil._silence(seconds)


def test_an_alert_that_arrives_on_a_healthy_app_is_false() -> None:
    vigil = a_vigil("healthy")
    vigil.settled = -10.0  # well for ten seconds
    vigil.arrivals.fires(DOWN)
    found = silence(vigil, 30)  # it ends at once
    assert not found.met
    assert "Down after" in found.observed


def test_an_alert_of_the_start_that_is_over_is_told_and_not_false() -> None:
    vigil = a_vigil("healthy")
    vigil.arrivals.fires(DOWN)
    vigil.app_is_well()
    vigil.arrivals.ends("1")
    found = silence(vigil)
    assert found.met
    assert found.observed.endswith("while it started: Down")


def test_an_alert_of_the_start_that_goes_on_is_false() -> None:
    vigil = a_vigil("healthy")
    vigil.arrivals.fires(DOWN)
    vigil.app_is_well()
    assert not silence(vigil).met


def test_only_the_named_alert_is_waited_for() -> None:
    vigil = a_vigil("crash", ExpectedAlert("Down", 0.3))
    vigil.arrivals.fires(SLOW)
    [missed] = vigil.held_out()
    assert not missed.met
    assert missed.observed.endswith("instead: Slow")
    vigil.arrivals.fires(DOWN)
    late = replace(vigil, onset=vigil.recorder.offset(now()) - 5)
    [check] = late.held_out()
    assert not check.met
    assert check.observed.startswith("arrived after 5.")


def test_what_cannot_be_judged_is_not_waited_for_and_is_told_with_a_silence() -> None:
    broken = a_vigil("degraded", ExpectedAlert("Down", 0.05), ExpectedAlert("Rate", 60.0))
    broken.unjudged = ("Rate",)
    assert [each.name for each in broken.held_out()] == ["alert Down"]
    assert broken._since(broken.onset) < 30
    healthy = a_vigil("healthy")
    healthy.unjudged = ("Rate",)
    found = silence(healthy)
    assert found.met
    assert found.observed.endswith("rules not judged: 1")


class Discovering(Api):
    """A Prometheus that finds the app at the third look."""

    looks = 0

    def targets(self) -> list[Target]:
        self.looks += 1
        return [Target("http://app:8000/metrics", self.looks > 2, "")] if self.looks > 1 else []


def test_nothing_is_done_to_an_app_that_nobody_looks_at_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    vigil = a_vigil("degraded")
    vigil.looks_on()  # without Prometheus there is nobody to wait for
    vigil.prometheus = prometheus = Discovering("http://127.0.0.1:9")
    vigil.looks_on()
    assert prometheus.looks == 3
    prometheus.looks = -1000
    monkeypatch.setattr(module, "FIRST_LOOK", 0.05)
    began = monotonic()
    vigil.looks_on()
    assert monotonic() - began < 2  # one that never finds it is told of by what follows


def test_the_record_has_what_was_resolved_meanwhile() -> None:
    vigil = a_vigil("crash", ExpectedAlert("Down", 5.0))
    vigil.arrivals.fires(DOWN)
    assert [each.met for each in vigil.held_out()] == [True]
    vigil.arrivals.ends("1")
    record = vigil.record()
    assert record is not None
    [alert] = record.alerts
    assert alert.resolved_at is not None
    assert alert.resolved_at >= alert.at >= record.onset
    assert record.by == "a test"


def test_a_run_that_is_not_observed_has_no_record_of_it() -> None:
    assert replace(a_vigil("crash"), by="").record() is None
