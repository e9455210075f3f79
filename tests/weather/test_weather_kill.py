"""``kill -9`` at several steps, then one ``clean``; and what ``clean`` must not touch."""

import signal

import pytest

from tests.weather.conftest import Build
from tests.weather.station import Station
from tests.weather.test_weather_signals import STEPS

KILLED_AT = ("engine chosen", "building", "built", "database", "app", "proved", "collected")


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("step", KILLED_AT)
def test_one_clean_removes_what_a_killed_run_has_left(station: Station, step: str) -> None:
    going = station.start(station.variant("fixed", "-v"))
    assert going.until(STEPS[step][station.engine == "docker"]), "".join(going.said)
    going.send(signal.SIGKILL)
    assert going.finish().code == -signal.SIGKILL
    done = station.run(["clean", "--json"])
    assert done.code == 0, done.err
    removed = {each["kind"] for each in done.json["leftovers"]}
    if step in ("app", "proved"):
        assert ("container" if station.engine == "docker" else "process") in removed
    station.assert_nothing_left()
    assert station.run(["runs", "list", "--json"]).json["damaged"] == []


@pytest.mark.timeout(400)
def test_clean_does_not_touch_a_run_in_progress(station: Station, build: Build) -> None:
    """Neither from the same home nor from another one that shares the engine and the cache."""
    other = build(station.engine)
    # One that hangs is in progress for as long as the observers take, however slow the machine is.
    going = station.start(station.variant("hung", "-v", "--json"))
    assert going.until("Start the app"), "".join(going.said)
    [run] = station.runs()
    for observer in (station, other):
        # Others may share this engine: what would be removed is proof enough.
        seen = observer.run(["clean", "--dry-run", "--json"]).json["leftovers"]
        assert [each for each in seen if each["run"] == run] == []
    station.run(["clean", run]).assert_panel(5, "in progress")
    assert going.process.poll() is None
    assert station.processes() if station.engine == "local" else station.in_docker()
    going.send(signal.SIGTERM)
    assert going.finish().code == 130
    station.assert_nothing_left()


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("keep", "variant"), [("always", "broken"), ("on-failure", "hung")])
def test_kept_stack_lives_until_it_is_cleaned(station: Station, keep: str, variant: str) -> None:
    done = station.run(station.variant(variant, "--keep", keep, "--timeout", "2", "--json"))
    assert done.code == (0 if keep == "always" else 3), done.err
    assert done.json["kept"]
    assert station.processes() if station.engine == "local" else station.in_docker()
    again = station.run(station.variant("broken", "--json"))
    assert (again.code, again.json["kept"]) == (0, False)
    assert station.left()
    cleaned = station.run(["clean", done.json["run"], "--json"])
    assert {each["run"] for each in cleaned.json["leftovers"]} == {done.json["run"]}
    station.assert_nothing_left()
    assert len(station.records()) == 2
