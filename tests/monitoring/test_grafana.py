"""Grafana is handed the service's own files where there are any, with the lab's Prometheus as their source."""

import json
from pathlib import Path

import yaml

from incidentlab.monitoring import grafana, parts
from incidentlab.monitoring.api import Api


def test_without_files_of_the_service_there_is_a_source_all_the_same(tmp_path: Path) -> None:
    files = grafana.files(tmp_path, "prometheus:9090")
    [source] = yaml.safe_load(files["provisioning/datasources/lab.yml"])["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    [provider] = yaml.safe_load(files["provisioning/dashboards/lab.yml"])["providers"]
    assert provider["options"]["path"] == "/etc/incidentlab/dashboards"


def test_the_services_own_source_keeps_its_name_and_gets_the_labs_address(tmp_path: Path) -> None:
    sources = [
        {"name": "Metrics", "uid": "metrics", "type": "prometheus", "url": "http://elsewhere:9090"},
        {"name": "Logs", "uid": "logs", "type": "loki", "url": "http://elsewhere:3100"},
    ]
    (tmp_path / "provisioning" / "datasources").mkdir(parents=True)
    (tmp_path / "dashboards").mkdir()
    text = yaml.safe_dump({"apiVersion": 1, "datasources": sources})
    (tmp_path / "provisioning" / "datasources" / "all.yml").write_text(text, "utf-8")
    (tmp_path / "dashboards" / "service.json").write_text(json.dumps({"uid": "service"}), "utf-8")
    files = grafana.files(tmp_path, "prometheus:9090")
    [source] = yaml.safe_load(files["provisioning/datasources/lab.yml"])["datasources"]
    assert (source["uid"], source["url"]) == ("metrics", "http://prometheus:9090")
    assert json.loads(files["dashboards/service.json"]) == {"uid": "service"}


def test_nobody_gets_in_without_the_password() -> None:
    env = parts.grafana({}, "made-for-this-lab").env
    assert env["GF_SECURITY_ADMIN_PASSWORD"] == "made-for-this-lab"
    assert env["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert "GF_AUTH_ANONYMOUS_ENABLED" not in env


def test_a_server_that_does_not_answer_is_no_error() -> None:
    api = Api("http://127.0.0.1:9")
    assert not api.ready()
    assert api.alerts() is None
    assert (api.targets(), api.query("up"), api.version(), api.scraped()) == ([], [], "", False)
    api.close()
