"""Runs under real monitoring: alerts that arrive through Alertmanager, silence that proves something, bad weather."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from incidentlab import catalogue
from incidentlab.errors import CompanionMissingError, IncidentlabError, RulesRefusedError, UsageError
from incidentlab.lab.choose import engines
from incidentlab.lab.interruption import Interruption
from incidentlab.lab.reproduce import Options, Reproduction, reproduce
from incidentlab.lab.truth import Question, truths
from incidentlab.lab.vigil import Observe
from incidentlab.model.alert import ExpectedAlert
from incidentlab.model.run import Check
from incidentlab.model.truth import Truth
from incidentlab.monitoring import config
from incidentlab.monitoring.judging import BY
from tests.monitoring.material import require_images, require_programs, rule, rules_file

pytestmark = [pytest.mark.slow]
ENGINES = ["local", pytest.param("docker", marks=pytest.mark.docker)]
DOWN = rule("Down", "up == 0", "1s")


def observed(
    engine: str, variant_name: str, rules: Path | None = None, *, alerts: tuple[ExpectedAlert, ...] | None = None
) -> Reproduction:
    """Run a variant of the first scenario under observation, with alerts and rules of the test's own."""
    if engine == "local":
        require_programs()
    else:
        require_images()
    return carried_out(engine, variant_name, rules, alerts)


def carried_out(
    engine: str, variant_name: str, rules: Path | None, alerts: tuple[ExpectedAlert, ...] | None
) -> Reproduction:
    scenario = catalogue.find("missing-migrations")
    if alerts is not None:
        broken = replace(scenario.variants["broken"], alerts=alerts)
        scenario = replace(scenario, variants={**scenario.variants, "broken": broken})
    variant = scenario.variants[variant_name]
    options = Options(observe=Observe(rules))
    return reproduce(scenario, variant, engines()[engine], "", lambda _: None, Interruption(), options)


def check(done: Reproduction, name: str) -> Check:
    return next(each for each in done.run.checks if each.name == name)


def assert_nothing_left() -> None:
    assert [each for engine in engines().values() for each in engine.leftovers(frozenset()) if each.run] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_the_services_own_alert_arrives_on_broken_through_alertmanager(engine: str, fresh_home: Path) -> None:
    done = observed(engine, "broken")
    assert done.run.met, done.run.checks
    watch = done.run.watch
    assert watch is not None
    assert "Prometheus" in watch.by
    assert "Alertmanager" in watch.by
    alert = watch.first("TaskManagerDown")
    assert alert is not None
    assert 0 < alert.detected_after <= 20
    assert alert.at >= watch.onset
    assert "migrations-not-applied" in alert.cause
    assert check(done, "alert TaskManagerDown").met
    assert check(done, "alerts resolved").met
    assert watch.fixed_by.startswith("fixed")
    assert watch.resolved_after is not None
    assert 0 < watch.resolved_after < 60
    assert done.run.outcome == "crash"  # what was deployed afterwards changes nothing of what was seen
    assert done.diagnosis.findings[0].cause == "migrations-not-applied"
    assert any("TaskManagerDown arrived" in each.what and each.kind == "bad" for each in done.run.timeline)
    assert_nothing_left()


@pytest.mark.parametrize("engine", ENGINES)
def test_silence_on_fixed_is_heard_by_a_monitoring_that_sees_the_app(engine: str, fresh_home: Path) -> None:
    done = observed(engine, "fixed", alerts=(ExpectedAlert("TaskManagerDown", 8.0),))
    silence = check(done, "no false alarm")
    assert silence.met, silence
    assert done.run.met
    assert done.run.watch is not None
    assert done.run.watch.alerts == ()
    assert done.run.watch.seconds >= 10.0
    assert_nothing_left()


def test_rules_of_another_job_see_the_app_under_their_own_jobs_name(tmp_path: Path, fresh_home: Path) -> None:
    rules = rules_file(tmp_path, rule("Down", 'up{job="shop"} == 0', "1s"))
    done = observed("local", "broken", rules, alerts=(ExpectedAlert("Down", 15.0),))
    assert check(done, "alert Down").met
    assert done.run.watch is not None
    assert [each.name for each in done.run.watch.alerts] == ["Down"]


def test_a_rule_that_cries_wolf_is_caught_on_fixed(tmp_path: Path, fresh_home: Path) -> None:
    done = observed("local", "fixed", rules_file(tmp_path, rule("Wolf", "up == 1") + DOWN), alerts=())
    assert not done.run.met
    silence = check(done, "no false alarm")
    assert not silence.met
    assert "Wolf" in silence.observed


def test_silence_of_a_monitoring_that_does_not_see_the_app_is_no_proof(
    tmp_path: Path, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(_targets: object, alertmanager: str, rules: Path, job: str) -> dict[str, str]:
        return whole(["127.0.0.1:9"], alertmanager, rules, job)

    whole = config.prometheus_files
    monkeypatch.setattr(config, "prometheus_files", elsewhere)
    never = rules_file(tmp_path, rule("Never", "up == 2"))
    silence = check(observed("local", "fixed", never, alerts=()), "no false alarm")
    assert not silence.met
    assert "127.0.0.1:9/metrics is not scraped" in silence.observed


def test_an_alert_that_never_arrives_is_named(tmp_path: Path, fresh_home: Path) -> None:
    rules = rules_file(tmp_path, rule("Never", "up == 2") + rule("Other", "up == 0"))
    done = observed("local", "broken", rules, alerts=(ExpectedAlert("Never", 9.0),))
    missed = check(done, "alert Never")
    assert not missed.met
    assert not done.run.met
    assert "did not arrive in 9" in missed.observed
    assert "Other" in missed.observed
    assert_nothing_left()


def test_an_alert_that_arrives_late_is_not_met(tmp_path: Path, fresh_home: Path) -> None:
    done = observed("local", "broken", rules_file(tmp_path, DOWN), alerts=(ExpectedAlert("Down", 0.5),))
    assert not check(done, "alert Down").met


def test_an_alert_that_no_rule_raises_is_refused_at_once(tmp_path: Path, fresh_home: Path) -> None:
    began = time.monotonic()
    with pytest.raises(UsageError) as caught:
        carried_out("local", "broken", rules_file(tmp_path, DOWN), (ExpectedAlert("Dwon", 9.0),))
    assert time.monotonic() - began < 5  # nothing was started for it
    assert "Dwon" in caught.value.what
    assert "Down" in caught.value.why
    assert_nothing_left()


def test_rules_that_prometheus_refuses_are_named(tmp_path: Path, fresh_home: Path) -> None:
    rules = rules_file(tmp_path, rule("Odd", "up ==== 0"))
    with pytest.raises(RulesRefusedError) as caught:
        observed("local", "broken", rules, alerts=())
    assert str(rules) in caught.value.what
    assert "parse" in caught.value.why
    assert f"promtool check rules {rules}" in caught.value.mend[0]
    assert_nothing_left()


def test_a_table_ends_with_the_first_line_where_the_rules_are_refused(tmp_path: Path, fresh_home: Path) -> None:
    require_programs()
    scenario = catalogue.find("missing-migrations")
    question = Question(scenario, engines()["local"], scenario.id)
    heard: list[Truth] = []
    observe = Observe(rules_file(tmp_path, rule("TaskManagerDown", "up ==== 0")))
    with pytest.raises(RulesRefusedError):
        truths([question], observe, lambda _: None, heard.append, Interruption())
    assert heard == []
    assert_nothing_left()


def test_a_prometheus_that_does_not_start_is_named(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_programs()
    monkeypatch.setenv("INCIDENTLAB_PROMETHEUS_BIN", "/bin/false")
    with pytest.raises(IncidentlabError) as caught:
        observed("local", "broken")
    assert "Prometheus has ended" in caught.value.what
    assert caught.value.mend
    assert_nothing_left()


def test_without_prometheus_it_is_judged_by_other_means_and_says_so(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENTLAB_PROMETHEUS_BIN", "/nonexistent/prometheus")
    done = carried_out("local", "broken", None, None)
    assert check(done, "alert TaskManagerDown").met
    watch = done.run.watch
    assert watch is not None
    assert watch.by == BY
    assert "TaskManagerSlow" in watch.unjudged
    assert any("no Prometheus" in each.what for each in done.run.timeline)
    assert_nothing_left()


def test_without_prometheus_a_run_that_could_wait_for_nothing_else_is_refused(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENTLAB_PROMETHEUS_BIN", "/nonexistent/prometheus")
    with pytest.raises(CompanionMissingError) as caught:
        carried_out("local", "broken", None, (ExpectedAlert("TaskManagerServerErrors", 9.0),))
    assert "TaskManagerServerErrors" in caught.value.what
    assert any("install" in each for each in caught.value.mend)
    assert_nothing_left()


def test_without_prometheus_the_table_tells_what_it_could_not_try(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENTLAB_PROMETHEUS_BIN", "/nonexistent/prometheus")
    scenario = catalogue.find("missing-migrations")
    named = (ExpectedAlert("TaskManagerDown", 15.0), ExpectedAlert("TaskManagerServerErrors", 15.0))
    broken = replace(scenario.variants["broken"], alerts=named)
    scenario = replace(scenario, variants={"broken": broken})
    question = Question(scenario, engines()["local"], scenario.id)
    seen, untried = truths([question], Observe(), lambda _: None, lambda _: None, Interruption())
    assert (seen.alert, seen.holds, seen.error) == ("TaskManagerDown", True, False)
    assert (untried.alert, untried.holds, untried.error) == ("TaskManagerServerErrors", False, True)
    assert "only Prometheus" in untried.observed


def test_ctrl_c_while_alerts_are_waited_for_leaves_nothing(fresh_home: Path) -> None:
    require_programs()
    words = ["run", "fixed", "--engine", "local", "--observe"]
    with subprocess.Popen(
        [sys.executable, "-m", "incidentlab", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "INCIDENTLAB_HOME": str(fresh_home)},
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Prove it by use" not in said:
            said += process.stdout.readline()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(30) == 130
    assert_nothing_left()
