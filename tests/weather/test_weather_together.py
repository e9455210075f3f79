"""Runs at once: on one engine, on both, with one home and with several."""

import pytest

from tests.weather.conftest import Build
from tests.weather.station import Station


@pytest.mark.slow
@pytest.mark.timeout(500)
@pytest.mark.parametrize("many", [2, 4])
def test_runs_at_once_do_not_disturb_each_other(station: Station, many: int) -> None:
    names = ["broken", "fixed", "fixed", "broken"][:many]
    going = [station.start(station.variant(name, "--json")) for name in names]
    done = [each.finish() for each in going]
    assert [(each.code, each.json["met"]) for each in done] == [(0, True)] * many, [each.err for each in done]
    assert len({each.json["run"] for each in done}) == many
    assert len(station.records()) == many
    station.assert_nothing_left()


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.timeout(500)
def test_both_engines_at_once(build: Build) -> None:
    station = build("docker")
    going = [station.start(station.variant("fixed", "--json", engine=name)) for name in ("docker", "local")]
    done = [each.finish() for each in going]
    assert [(each.code, each.json["engine"]) for each in done] == [(0, "docker"), (0, "local")], [e.err for e in done]
    station.assert_nothing_left()


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_first_runs_of_a_home_at_once_prepare_the_database_once(build: Build) -> None:
    station = build("local")
    (station.home / "cache").unlink()
    done = [each.finish() for each in [station.start(station.variant("broken", "--json")) for _ in range(2)]]
    assert [each.code for each in done] == [0, 0], [each.err for each in done]
    assert len([path for path in (station.home / "cache" / "postgres").iterdir() if path.is_dir()]) == 1
    station.assert_nothing_left()
