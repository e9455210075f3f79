"""The truth table as a person asks for it: it holds, it is said where it does not, and it names what was not asked."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from incidentlab import catalogue
from incidentlab.lab.choose import engines
from tests.cli.test_cli_run import run
from tests.engines.harness import until
from tests.monitoring.material import require_programs, rule, rules_file

pytestmark = [pytest.mark.slow]


def assert_nothing_left() -> None:
    assert [each for engine in engines().values() for each in engine.leftovers(frozenset()) if each.run] == []


def test_the_table_of_several_scenarios_side_by_side(fresh_home: Path) -> None:
    require_programs()
    names = ("missing-configuration", "migrations-behind", "disk-full")
    done = run(fresh_home, "alerts", *names, "--engine", "local", "--jobs", "2", "--json")
    assert done.code == 0, done.out + done.err
    table = done.json["table"]
    # A line for each alert that a broken variant names, and one for the silence of each healthy one.
    lines = {name: sum(len(each.alerts) or 1 for each in catalogue.find(name).variants.values()) for name in names[:2]}
    assert [each["scenario"] for each in table] == [name for name, count in lines.items() for _ in range(count)]
    assert all(count > 1 for count in lines.values())
    assert all(each["holds"] and "Alertmanager" in each["by"] for each in table)
    assert [each["alert"] for each in table if each["variant"] == "fixed"] == ["", ""]
    assert all(0 < each["after"] <= each["within"] for each in table if each["alert"])
    [left] = done.json["left_out"]
    assert (left["scenario"], left["engine"]) == ("disk-full", "local")
    assert_nothing_left()


def test_what_does_not_hold_is_said_with_its_record(fresh_home: Path, tmp_path: Path) -> None:
    require_programs()
    wolf = rules_file(tmp_path, rule("TaskManagerDown", "up == 1"))
    done = run(fresh_home, "alerts", "missing-configuration", "--engine", "local", "--rules", str(wolf))
    assert done.code == 3
    assert "0 of 2 hold" in done.out
    assert "missing-configuration fixed on local" in done.out
    assert "record: " in done.out
    assert_nothing_left()


def test_a_file_of_rules_that_cannot_be_read_is_told_once_and_at_once(fresh_home: Path) -> None:
    done = run(fresh_home, "alerts", "missing-migrations", "--rules", str(fresh_home / "none.yml"))
    assert done.code == 2
    assert "cannot be read" in done.err
    assert "hold" not in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "Name the scenarios"), (("x", "--all"), "not both"), (("no-such-scenario",), "no-such-scenario")],
)
def test_what_cannot_be_asked_is_a_matter_of_usage(fresh_home: Path, words: tuple[str, ...], said: str) -> None:
    done = run(fresh_home, "alerts", *words)
    assert done.code == 2
    assert said in done.err


def test_a_scenario_without_alerts_here_is_refused_with_the_reason(fresh_home: Path) -> None:
    done = run(fresh_home, "alerts", "disk-full", "--engine", "local")
    assert done.code == 2
    assert "no alert to prove here" in done.err


def test_ctrl_c_ends_every_scenario_at_work_and_leaves_nothing(fresh_home: Path) -> None:
    require_programs()
    words = ["alerts", "missing-configuration", "host-not-found", "--engine", "local", "--jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "incidentlab", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "INCIDENTLAB_HOME": str(fresh_home)},
    )
    with process:
        until(lambda: len(list((fresh_home / "state" / "active").glob("*.json"))) == 2, 60)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert list((fresh_home / "state" / "active").glob("*.json")) == []
    assert_nothing_left()
