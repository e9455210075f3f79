"""Each panel's query, asked of a Prometheus that scrapes the real service, comes back with data.

Grafana itself is not needed for that: it shows what Prometheus answers. Two apps are asked about: one on a schema that
its code does not fit, where every panel has something to show, and a healthy one, where only those may be empty that
have words for it.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from incidentlab.monitoring.running import Monitoring
from tests.monitoring.boards import Query, annotations, queries
from tests.monitoring.live import observed_app

pytestmark = [pytest.mark.slow]
PATIENCE = 45.0  # seconds for all of it; rules and rates need some ten
WINDOW = 60  # seconds that are looked at, as a dashboard does


def until(true: Callable[[], bool], app: str) -> None:
    """Use the app, rightly and wrongly, until something is true."""
    deadline = time.monotonic() + PATIENCE
    with requests.Session() as session:
        while not true():
            assert time.monotonic() < deadline, "Prometheus never came to it"
            for method, path in (("GET", "/tasks"), ("POST", "/tasks"), ("GET", "/nowhere"), ("GET", "/health")):
                try:
                    session.request(method, app + path, json={"title": "x"}, timeout=5)
                except requests.ConnectionError:
                    time.sleep(0.2)  # it is still starting
            time.sleep(0.05)


def answer(running: Monitoring, query: Query) -> list[dict[str, Any]]:
    """Return the series that Prometheus has for a query, as Grafana asks for them; an error fails."""
    now = time.time()
    if query.instant:
        path, when = "query", {"time": now}
    else:
        path, when = "query_range", {"start": now - WINDOW, "end": now, "step": 1.0}
    found = requests.post(
        f"{running.prometheus.url}/api/v1/{path}",
        data={"query": query.asked, **{name: str(value) for name, value in when.items()}},
        timeout=10,
    ).json()
    assert found["status"] == "success", f"{query}\n{found.get('error')}"
    series: list[dict[str, Any]] = found["data"]["result"]
    return series


def has_data(series: list[dict[str, Any]]) -> bool:
    """Say whether there is a number among the points: a line of NaN shows nothing."""
    points = [point for each in series for point in (each.get("values") or [each["value"]])]
    return any(not math.isnan(float(value)) for _, value in points)


def without_data(running: Monitoring, asked: list[Query]) -> list[str]:
    return [str(each) for each in asked if not has_data(answer(running, each))]


def test_an_incident_fills_every_panel_and_every_annotation(tmp_path: Path, fresh_home: Path) -> None:
    alert = 'ALERTS{alertname="TaskManagerMigrationErrors", alertstate="firing"}'
    with observed_app("migrations-behind", "broken", tmp_path) as (running, stack):
        app = stack.app_urls[0]
        until(lambda: bool(running.prometheus.query(alert)), app)
        time.sleep(1.0)  # one more scrape, for rates that have just begun
        assert without_data(running, [*queries(), *annotations()]) == []
        assert without_data(running, [Query("of none", "Nothing", "taskmanager_nothing")])  # it can fail
        [pending] = [each for each in queries() if each.title == "Migrations pending"]
        assert [each["value"][1] for each in answer(running, pending)] == ["2"]
        [failed] = [each for each in queries() if "5xx" in each.expression and each.board == "incident"]
        assert max(float(value) for _, value in answer(running, failed)[0]["values"]) > 0.05


def test_where_all_is_well_only_those_are_empty_that_say_so(tmp_path: Path, fresh_home: Path) -> None:
    asked = [each for each in queries() if not each.may_be_empty]
    with observed_app("missing-migrations", "fixed", tmp_path) as (running, stack):
        app = stack.app_urls[0]
        until(lambda: not without_data(running, asked), app)
        [alerts] = [each for each in queries() if each.title == "Alerts" and each.instant]
        assert [each["value"][1] for each in answer(running, alerts)] in (["0"], ["1"])  # we ask for /nowhere
        [up] = [each for each in queries() if each.title == "Up"]
        assert [each["value"][1] for each in answer(running, up)] == ["1"]


def test_an_app_that_died_at_its_start_is_seen_from_outside(tmp_path: Path, fresh_home: Path) -> None:
    instances, alerts = (
        next(each for each in queries() if (each.board, each.title) == ("incident", title))
        for title in ("Instances", "Alerts")
    )
    with observed_app("missing-migrations", "broken", tmp_path) as (running, _):
        deadline = time.monotonic() + PATIENCE
        while not has_data(answer(running, alerts)):
            assert time.monotonic() < deadline, "no alert has arrived"
            time.sleep(0.5)
        assert {value for each in answer(running, instances) for _, value in each["values"]} == {"0"}
