"""The service's rules by Prometheus' own tool: they are rules, and each fires on its case and not on the near miss."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from incidentlab import causes
from incidentlab.monitoring import config

FOLDER = config.folder()
ROOT = Path(__file__).resolve().parents[2]
PAGES = "https://github.com/incidentlab/incidentlab/blob/main/"
RULES = config.rules(config.rules_file())


def tool(name: str, *words: str, cwd: Path = FOLDER) -> str:
    """Run a tool and return what it says; it has to agree."""
    if shutil.which(name) is None:
        if os.environ.get("INCIDENTLAB_REQUIRE"):
            pytest.fail(f"required and not installed here: {name}")
        pytest.skip(f"not installed here: {name}")
    done = subprocess.run([name, *words], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_rules() -> None:
    assert f"{len(RULES)} rules found" in tool("promtool", "check", "rules", "alerts.yml")


def test_each_rule_fires_and_stays_silent_as_its_cases_say() -> None:
    assert "SUCCESS" in tool("promtool", "test", "rules", "alerts_test.yml")


def test_a_rule_that_is_changed_fails_its_cases(tmp_path: Path) -> None:
    text = (FOLDER / "alerts.yml").read_text("utf-8")
    for changed in (
        text.replace("> 0.05", "> 0.2"),
        text.replace("for: 5s", "for: 60s"),
        text.replace("> 2\n", "> 9\n"),
        text.replace(">= 4", ">= 40"),
        text.replace("for: 30s", "for: 0s"),
        text.replace("schema_errors", "database_errors"),
        text.replace("unknown > 0", "unknown > 1"),
        text.replace('{status="5xx", route!~"/health|/metrics"}', '{status="5xx"}'),
        text.replace('_total{route!~"/health|/metrics"}', "_total"),
        text.replace('_bucket{route!~"/health|/metrics"}', "_bucket"),
    ):
        assert changed != text
        (tmp_path / "alerts.yml").write_text(changed, "utf-8")
        shutil.copy(FOLDER / "alerts_test.yml", tmp_path)
        with pytest.raises(AssertionError, match="FAILED"):
            tool("promtool", "test", "rules", "alerts_test.yml", cwd=tmp_path)


def test_the_configurations_are_configurations() -> None:
    tool("promtool", "check", "config", "prometheus.yml")
    tool("amtool", "check-config", "alertmanager.yml")


def test_every_rule_has_a_case_in_which_it_fires() -> None:
    cases = yaml.safe_load((FOLDER / "alerts_test.yml").read_text("utf-8"))["tests"]
    fired = {each["alertname"] for case in cases for each in case["alert_rule_test"] if each["exp_alerts"]}
    assert fired == {each.name for each in RULES}


def test_the_page_on_monitoring_has_every_rule_and_no_other() -> None:
    page = (ROOT / "docs" / "MONITORING.md").read_text("utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `TaskManager")]
    assert {(row[1].strip(" `"), row[2].strip()) for row in rows} == {(r.name, r.labels["severity"]) for r in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_means_and_where_to_read_on(rule: config.Rule) -> None:
    assert rule.labels["severity"] in ("critical", "warning")
    assert rule.annotations["summary"]
    assert rule.annotations["description"]
    page = rule.annotations["runbook_url"]
    path, _, anchor = page.removeprefix(PAGES).partition("#")
    headings = re.findall(r"^### (\w+)$", (ROOT / path).read_text("utf-8"), re.MULTILINE)
    assert page.startswith(PAGES)
    assert anchor == rule.name.lower()
    assert anchor in map(str.lower, headings)
    named = [each.strip() for each in rule.annotations.get("cause", "").split(",") if each.strip()]
    assert set(named) <= set(causes.catalogue())
