"""The list of scenarios keeps its ids whole and tells what each is, however narrow the terminal."""

from collections.abc import Mapping

import pytest

from incidentlab import catalogue
from incidentlab.console.catalogue_view import listing
from incidentlab.console.output import Output
from incidentlab.model.scenario import Scenario


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return [catalogue.find(name) for name in catalogue.names()]


def shown_at(
    columns: int, capsys: pytest.CaptureFixture[str], scenarios: list[Scenario], origins: Mapping[str, str] = {}
) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        output = Output()
        output.show(listing(scenarios, origins))
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120])
def test_ids_are_whole_and_titles_are_there(
    columns: int, capsys: pytest.CaptureFixture[str], scenarios: list[Scenario]
) -> None:
    lines = shown_at(columns, capsys, scenarios)
    words = " ".join(" ".join(lines).split())
    assert all(each.id in words for each in scenarios)
    assert scenarios[0].title in words
    assert "…" not in words
    assert max(map(len, lines)) <= columns


def test_columns_go_where_there_is_no_room(capsys: pytest.CaptureFixture[str], scenarios: list[Scenario]) -> None:
    heads = [shown_at(columns, capsys, scenarios)[0].split() for columns in (80, 100, 120)]
    assert heads[0] == ["Scenario", "What", "happens"]
    assert heads[1] == ["Scenario", "Variants", "What", "happens"]
    assert heads[2] == ["Scenario", "Cause", "Variants", "What", "happens"]


def test_where_a_scenario_comes_from_goes_last(capsys: pytest.CaptureFixture[str], scenarios: list[Scenario]) -> None:
    head = shown_at(80, capsys, scenarios, {scenarios[0].id: "mine"})[0].split()
    assert head == ["Scenario", "From", "What", "happens"]
