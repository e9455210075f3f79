"""The dashboards' files hold together: no Grafana is needed to see that a panel overlaps or names what is not there."""

import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from incidentlab.monitoring import config, grafana
from tests.monitoring.boards import FOLDER, VARIABLES, Query, annotations, boards, panels, queries
from tests.monitoring.exported import exported

BOARDS = boards()
QUERIES = [*queries(), *annotations()]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
SHOWN_BY = {"stat", "timeseries", "state-timeline"}  # part of every Grafana; no plugin is needed
OF_PROMETHEUS = {"up": {"job", "instance"}, "ALERTS": {"alertname", "alertstate", "instance"}}
OF_PROMETHEUS |= {"process_start_time_seconds": set(), "process_cpu_seconds_total": set()}
OF_PROMETHEUS |= {"process_resident_memory_bytes": set()}
ADDED = {"job", "instance", "le"}  # labels that scraping and histograms add
METRIC = re.compile(r"\b(up|ALERTS|(?:taskmanager|process)_\w+)(?:\{([^{}]*)\})?")


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = BOARDS[request.param]
    return found


def test_there_is_one_for_the_service_and_one_for_an_incident() -> None:
    assert set(BOARDS) == {"service", "incident"}
    assert len({each["uid"] for each in BOARDS.values()}) == len({each["title"] for each in BOARDS.values()}) == 2


def test_the_four_golden_signals_each_have_a_row_with_panels() -> None:
    found: dict[str, int] = {}
    title = ""
    for each in BOARDS["service"]["panels"]:
        if each["type"] == "row":
            title = each["title"].partition(":")[0]
        else:
            found[title] = found.get(title, 0) + 1
    assert {"Latency", "Traffic", "Errors", "Saturation"} <= set(found)


def test_a_board_can_be_provisioned_again_and_again(board: dict[str, Any]) -> None:
    assert board["id"] is None  # it is found by its uid; an id is of one database alone
    assert re.fullmatch(r"[a-z0-9-]{1,40}", board["uid"])
    assert board["schemaVersion"] >= 36  # data sources are named by their uid from there on
    assert [each["name"] for each in board["templating"]["list"]] == ["datasource", "instance"]


def test_panels_lie_on_the_grid_and_nowhere_twice(board: dict[str, Any]) -> None:
    places = [each["gridPos"] for each in board["panels"]]
    assert all(each["x"] >= 0 and each["x"] + each["w"] <= 24 and each["h"] > 0 for each in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)
    assert len({each["id"] for each in board["panels"]}) == len(board["panels"])


def test_each_panel_says_what_it_shows_in_which_unit(board: dict[str, Any]) -> None:
    for panel in panels(board):
        assert panel["type"] in SHOWN_BY, panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"] == SOURCE
        assert [each["datasource"] for each in panel["targets"]] == [SOURCE] * len(panel["targets"])
        assert len({each["refId"] for each in panel["targets"]}) == len(panel["targets"]) > 0
        assert all(each["legendFormat"] for each in panel["targets"])
    assert len({panel["title"] for panel in panels(board)}) == len(panels(board))


def test_links_lead_to_a_board_that_is_here(board: dict[str, Any]) -> None:
    for each in board["links"]:
        [uid] = re.findall(r"^/d/([^?]+)", each["url"])
        assert uid in {one["uid"] for one in BOARDS.values()}


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_names_metrics_and_labels_that_are_exported(query: Query) -> None:
    known = {name: set(labels) | ADDED for name, (_, labels) in exported().items()}
    known |= {f"{name}_bucket": labels for name, labels in known.items()} | OF_PROMETHEUS
    known |= {name: labels | ADDED for name, labels in known.items() if name != "ALERTS"}
    named = METRIC.findall(query.expression)
    assert named
    for metric, matchers in named:
        assert metric in known
        assert set(re.findall(r"(\w+)\s*=", matchers)) <= known[metric]
    grouped = {each.strip() for by in re.findall(r"by \(([^)]*)\)", query.expression) for each in by.split(",")}
    assert grouped <= set().union(*(known[metric] for metric, _ in named))
    assert set(re.findall(r"\$\w+", query.expression)) <= set(VARIABLES)


def test_the_incident_shows_the_runs_own_timeline_and_three_more() -> None:
    notes = BOARDS["incident"]["annotations"]["list"]
    assert all(each["enable"] for each in notes)
    [own] = [each["target"] for each in notes if "target" in each]
    assert own["tags"] == ["incidentlab"]
    assert {each["name"] for each in notes if "expr" in each} == {"Alerts", "Starts", "Revisions"}


def test_the_boards_source_and_folder_are_provisioned() -> None:
    [source] = yaml.safe_load((FOLDER / "provisioning/datasources/prometheus.yml").read_text("utf-8"))["datasources"]
    [provider] = yaml.safe_load((FOLDER / "provisioning/dashboards/taskmanager.yml").read_text("utf-8"))["providers"]
    assert all(each["templating"]["list"][0]["current"]["value"] == source["uid"] for each in BOARDS.values())
    assert provider["options"]["path"]
    interval = yaml.safe_load((config.folder() / "prometheus.yml").read_text("utf-8"))["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == interval  # a rate over less than two scrapes is empty


def test_the_lab_hands_over_these_very_boards() -> None:
    files = grafana.files(FOLDER, "prometheus:1")
    assert {name for name in files if name.startswith("dashboards/")} == {f"dashboards/{name}.json" for name in BOARDS}
    [source] = yaml.safe_load(files["provisioning/datasources/lab.yml"])["datasources"]
    assert (source["uid"], source["url"]) == ("prometheus", "http://prometheus:1")
