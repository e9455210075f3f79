"""The service's own files are what the lab's Prometheus is told, with the run's addresses and shorter intervals."""

from pathlib import Path

import pytest
import yaml

from incidentlab.errors import UsageError
from incidentlab.monitoring import config
from tests.monitoring.material import rule, rules_file


def test_the_runs_addresses_take_the_place_of_the_services() -> None:
    files = config.prometheus_files(["one:8000", "two:8000"], "here:9093", config.rules_file())
    told = yaml.safe_load(files["prometheus.yml"])
    [job] = told["scrape_configs"]
    assert job["job_name"] == config.JOB
    assert job["static_configs"] == [{"targets": ["one:8000", "two:8000"]}]
    assert told["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["here:9093"]}]}]
    assert told["global"]["evaluation_interval"] == config.INTERVAL
    assert files["alerts.yml"] == config.rules_file().read_text("utf-8")


def test_alertmanager_tells_at_once_and_one_receiver() -> None:
    told = yaml.safe_load(config.alertmanager_files("http://127.0.0.1:1/alerts")["alertmanager.yml"])
    assert told["route"]["group_wait"] == "0s"
    [receiver] = told["receivers"]
    assert receiver["name"] == told["route"]["receiver"]
    assert receiver["webhook_configs"] == [{"url": "http://127.0.0.1:1/alerts", "send_resolved": True}]
    assert "webhook_configs" not in config.alertmanager_files("")["alertmanager.yml"]


def test_every_rule_of_the_service_is_read() -> None:
    rules = config.rules(config.rules_file())
    assert "TaskManagerDown" in {each.name for each in rules}
    assert all(each.expression and each.annotations["summary"] and each.labels["severity"] for each in rules)


def test_rules_of_ones_own(tmp_path: Path) -> None:
    [found] = config.rules(rules_file(tmp_path, rule("A", "up == 0", "3s")))
    assert (found.name, found.expression, found.lasting) == ("A", "up == 0", "3s")


@pytest.mark.parametrize(
    ("expressions", "job"),
    [
        (('up{job="shop"} == 0', "absent(up{instance='a', job = 'shop'})", "x > 1"), "shop"),
        (("x > 1",), config.JOB),
        (('up{job="shop"} == 0', 'up{job="till"} == 0'), config.JOB),  # the file is of more than one service
        (('up{job=~"sh.*"} == 0', 'up{job!="till"} == 0', 'up{myjob="till"} == 0'), config.JOB),
    ],
)
def test_the_apps_job_is_called_what_the_rules_call_it(expressions: tuple[str, ...], job: str) -> None:
    rules = [config.Rule(f"R{number}", each, "0s", {}, {}) for number, each in enumerate(expressions)]
    assert config.job_of(rules) == job
    [told] = yaml.safe_load(config.prometheus_files([], "a:1", config.rules_file(), job)["prometheus.yml"])[
        "scrape_configs"
    ]
    assert told["job_name"] == job


def test_labels_and_annotations_may_be_empty_or_numbers(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    one = "{alert: 7, expr: 1, for: , labels: {severity: 3}, annotations: }"
    path.write_text(f"groups: [{{name: g, rules: [{one}]}}]", "utf-8")
    [found] = config.rules(path)
    assert (found.name, found.expression, found.lasting) == ("7", "1", "0s")
    assert (found.labels, found.annotations) == ({"severity": "3"}, {})


@pytest.mark.parametrize("text", ["groups: [", "groups: 3", "no: groups", "groups: [{rules: [{alert: A}]}]", "- one"])
def test_what_is_no_rules_is_refused_with_the_files_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as caught:
        config.rules(path)
    assert str(path) in caught.value.what
    assert caught.value.mend


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        config.rules(tmp_path / "none.yml")
