"""``scenarios prove``: a true scenario is proven, a liar is caught on each side, and nothing is left behind."""

import json
import signal
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.weather.conftest import Build, build, cache
from tests.weather.station import Station

__all__ = ["build", "cache"]  # fixtures
HEALED = "    expect: {outcome: healthy, within: 60s, sustained: 300ms}"


@pytest.fixture
def station(build: Build) -> Station:
    return build("local")


def _two_variants(station: Station) -> Path:
    """Take the variant away that would only be waited for; return the scenario's file."""
    path = station.scenario() / "scenario.yaml"
    path.write_text(path.read_text().partition("  hung:\n")[0])
    return path


def test_a_true_scenario_is_proven_and_its_records_do_not_stay(station: Station, tmp_path: Path) -> None:
    done = station.run(["scenarios", "prove", "missing-migrations", "-e", "local", "-o", str(tmp_path), "--json"])
    assert done.code == 0, done.err
    [proof] = done.json["proofs"]
    assert proof["sides"] == {"breaks": True, "heals": True, "remedy": True, "cause": True}
    assert proof["holds"]
    assert done.json["proven"] == 1
    assert station.records() == []
    station.assert_nothing_left()
    [written] = tmp_path.glob("*.json")
    assert json.loads(written.read_text()) == done.json
    [xml] = tmp_path.glob("*.xml")
    assert JUnitXml.fromfile(str(xml)).failures == 0


def test_a_liar_is_caught_and_its_records_stay(station: Station) -> None:
    """Its app has no table, so the cause it names is wrong; its remedy is not stated; nothing looks for lost data."""
    path = _two_variants(station)
    done = station.run(["scenarios", "prove", str(path.parent), "-e", "local", "--json", "--no-files"])
    assert done.code == 3, done.err
    [proof] = done.json["proofs"]
    assert proof["sides"] == {"breaks": True, "heals": False, "remedy": False, "cause": False}
    assert sorted(proof["kept"]) == station.records()


def test_two_variants_that_show_the_same_prove_nothing(station: Station) -> None:
    path = _two_variants(station)
    text = path.read_text().replace("Dockerfile.crash", "Dockerfile.healthy")
    before, _, rest = text.partition("    expect: {outcome: crash")
    path.write_text(before + HEALED.replace("healthy, ", "degraded, ") + "\n" + rest.partition("\n")[2])
    done = station.run(["scenarios", "prove", str(path.parent), "-e", "local", "--json", "--no-files"])
    assert done.code == 3, done.err
    assert not done.json["proofs"][0]["sides"]["breaks"]


def test_several_are_proven_side_by_side_and_one_that_cannot_be_tried_hides_no_other(station: Station) -> None:
    cannot = station.scenario(extra="RUN exit 3")
    words = [
        "scenarios",
        "prove",
        str(cannot),
        "missing-migrations",
        "disk-full",
        "-e",
        "local",
        "-j",
        "2",
        "--no-files",
    ]
    done = station.run([*words, "--json"])
    assert done.code == 3, done.err
    bad, good, unfit = done.json["proofs"]
    assert (bad["holds"], good["holds"], unfit["holds"]) == (False, True, None)
    assert "exit 3" in bad["error"]
    assert "volume" in unfit["unfit"]
    assert (done.json["proven"], done.json["not_proven"], done.json["not_counted"]) == (1, 1, 1)
    station.assert_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_proof_leaves_nothing(station: Station, number: signal.Signals) -> None:
    words = [
        "scenarios",
        "prove",
        "missing-migrations",
        "migrations-behind",
        "multiple-heads",
        "-e",
        "local",
        "-j",
        "2",
    ]
    going = station.start(words)
    assert going.until("migrations-behind on local"), "".join(going.said)
    going.send(number, number)
    going.finish().assert_panel(130, "interrupted")
    station.assert_nothing_left()


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "--all"), (("--all", "missing-migrations"), "not both"), (("mising-migrations",), "missing-migrations")],
)
def test_what_to_prove_has_to_be_said(station: Station, words: tuple[str, ...], said: str) -> None:
    station.run(["scenarios", "prove", *words]).assert_panel(2, said)


def test_an_engine_that_was_named_is_never_left_out(station: Station) -> None:
    done = station.run(
        ["scenarios", "prove", "missing-migrations", "-e", "docker"], env={"DOCKER_HOST": "unix:///nonexistent.sock"}
    )
    done.assert_panel(4, "docker")
