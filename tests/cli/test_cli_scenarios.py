"""``scenarios new`` and a folder of one's own: written, listed, validated and run as the bundled ones are."""

from pathlib import Path

import pytest

from incidentlab import catalogue
from tests.weather.conftest import Build, build, cache
from tests.weather.station import Station

__all__ = ["build", "cache"]  # fixtures


@pytest.fixture
def station(build: Build) -> Station:
    return build("local")


def test_a_new_scenario_is_written_listed_and_reproduced(station: Station) -> None:
    mine = str(station.folder / "mine")
    done = station.run(["scenarios", "new", "lost-migrations", "--title", "Lost", "--in", mine])
    assert done.code == 0, done.err
    assert "incidentlab run broken --scenario" in done.out
    listed = station.run(["--scenarios", mine, "scenarios", "list", "--json"])
    rows = {each["id"]: each for each in listed.json["scenarios"]}
    assert (rows["lost-migrations"]["origin"], rows["missing-migrations"]["origin"]) == (mine, "bundled")
    ran = station.run(["--scenarios", mine, "run", "broken", "-s", "lost-migrations", "-e", "local", "--json"])
    assert (ran.code, ran.json["met"]) == (0, True), ran.err
    again = station.run(["scenarios", "new", "lost-migrations", "--in", mine])
    again.assert_panel(5, "there already")


def test_a_new_scenario_may_begin_as_another_one(station: Station) -> None:
    words = [
        "scenarios",
        "new",
        "mine",
        "--base",
        "wrong-schema",
        "--title",
        "It's mine: #1",
        "--in",
        str(station.folder),
    ]
    done = station.run(words)
    assert done.code == 0, done.err
    folder = station.folder / "mine"
    shown = station.run(["scenarios", "show", str(folder), "--json"]).json
    assert (shown["id"], shown["title"], shown["cause"]) == ("mine", "It's mine: #1", "wrong-schema")
    ran = station.run(["run", "broken", "-s", str(folder), "-e", "local", "--json"])
    assert (ran.code, ran.json["met"]) == (0, True), ran.err


def test_editors_get_the_schema(station: Station) -> None:
    printed = station.run(["scenarios", "schema"]).json
    place = station.run(["scenarios", "schema", "--path"]).out.strip()
    assert printed["$id"] == "urn:incidentlab:scenario:1"
    new = station.run(["scenarios", "new", "edited", "--in", str(station.folder)])
    assert new.code == 0, new.err
    assert f"$schema={place}" in (station.folder / "edited" / "scenario.yaml").read_text()


def test_a_broken_file_hides_no_other_and_is_named(station: Station) -> None:
    folder = station.scenario()
    (folder / "scenario.yaml").write_text("id: [")
    done = station.run(["--scenarios", str(folder.parent), "scenarios", "list", "--json"])
    assert done.code == 0, done.err
    assert len(done.json["scenarios"]) == len(catalogue.folders())
    assert list(done.json["broken"]) == [folder.name]
    shown = station.run(["--scenarios", str(folder.parent), "scenarios", "list"])
    assert f"{folder.name} cannot be used" in shown.err


@pytest.mark.parametrize(
    ("words", "said"),
    [(("Not An Id",), "small letters"), (("x", "--cause", "dedlock"), "deadlock"), (("x", "--in", "/proc/x"), "--in")],
)
def test_what_cannot_be_written_is_said(station: Station, words: tuple[str, ...], said: str) -> None:
    done = station.run(["scenarios", "new", *words])
    assert done.code in (2, 4), done.err
    done.assert_panel(done.code, said)


@pytest.mark.parametrize("how", ["link", "dots", "absolute"])
def test_a_scenario_reaches_nothing_outside_of_its_folder(station: Station, tmp_path: Path, how: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("FROM scratch\n")
    folder = station.scenario()
    path = folder / "scenario.yaml"
    named = {"link": "Dockerfile.link", "dots": f"../../../../../../../..{secret}", "absolute": str(secret)}[how]
    if how == "link":
        (folder / named).symlink_to(secret)
    path.write_text(path.read_text().replace("Dockerfile.crash", named))
    done = station.run(["run", "broken", "--scenario", str(folder), "--engine", "local"])
    done.assert_panel(2, "outside")
