"""``challenge`` and ``check-fix`` as a learner types them, and as a script reads them."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.weather.conftest import Build, build, cache
from tests.weather.station import Done, Station

__all__ = ["build", "cache"]  # fixtures

DRIVER = ("postgres://", "postgresql://")


@pytest.fixture
def station(build: Build) -> Station:
    return build("local")


def begun(station: Station, *words: str) -> tuple[Path, Done]:
    done = station.run(["challenge", *words, "--engine", "local", "--json"])
    assert done.code == 0, done.err
    return Path(done.json["folder"]), done


def mend(folder: Path) -> None:
    path = folder / "deployment.yaml"
    path.write_text(path.read_text().replace(*DRIVER))


def listed(station: Station) -> dict[str, Any]:
    return dict(station.run(["challenge", "--list", "--json"]).json)


def test_from_the_incident_to_the_fix_and_the_answer(station: Station) -> None:
    folder, done = begun(station, "missing-driver")
    assert (done.json["outcome"], done.json["exit_code"]) == ("crash", 1)
    assert "NoSuchModuleError" in done.json["symptoms"][0]
    assert "missing-driver" not in done.out + done.err
    assert "NoSuchModuleError" in (folder / "logs" / "app.log").read_text()
    assert station.run(["runs", "list", "--json"]).json["runs"] == []

    hint = station.run(["challenge", "hint", "--json"]).json
    assert (hint["number"], hint["of"]) == (1, 5)
    tried = station.run(["check-fix", str(folder), "--json"])
    assert (tried.code, tried.json["fixed"], tried.json["scenario"]) == (3, False, None)
    assert "missing-driver" not in tried.out + tried.err

    mend(folder)
    fixed = station.run(["check-fix"], cwd=folder / "image")  # from anywhere inside of it
    assert fixed.code == 0, fixed.out
    assert "FIXED" in fixed.out
    assert "missing-driver" in fixed.out
    [row] = listed(station)["challenges"]
    assert (row["state"], row["scenario"], row["hints"], row["tries"]) == ("solved", "missing-driver", 1, 2)
    assert row["seconds"] > 0
    assert "1 solved" in station.run(["challenge", "--list"]).out


def test_by_chance_it_is_one_that_was_not_met_and_giving_up_tells(station: Station) -> None:
    folder, _ = begun(station)
    before = listed(station)
    given_up = station.run(["challenge", "--give-up", "--folder", str(folder), "--json"])
    assert given_up.code == 0, given_up.err
    assert (given_up.json["state"], given_up.json["remedy"][:4]) == ("given up", "--- ")
    assert given_up.json["scenario"] not in before["no_challenges"]
    again = station.run(["challenge", "reveal", "--folder", str(folder)])
    assert f"It was {given_up.json['scenario']}" in again.out
    station.run(["challenge", "hint", "--folder", str(folder)]).assert_panel(2, "is over")
    assert listed(station)["untried"] == before["untried"]


def test_a_watch_tries_again_when_something_is_saved_and_ends_with_the_fix(station: Station) -> None:
    folder, _ = begun(station, "missing-driver")
    dockerfile = folder / "image" / "Dockerfile"
    good = dockerfile.read_text()
    dockerfile.write_text("NONSENSE\n")
    going = station.start(["check-fix", str(folder), "--watch"])
    assert going.until("cannot be understood")
    assert going.until("Waiting for a change")
    going.said.clear()
    dockerfile.write_text(good)
    assert going.until("Waiting for a change")
    mend(folder)
    done = going.finish()
    assert done.code == 0, done.err
    assert done.out.index("NOT FIXED") < done.out.index("  FIXED")


def test_a_watch_that_is_interrupted_says_so(station: Station) -> None:
    folder, _ = begun(station, "missing-driver")
    going = station.start(["check-fix", str(folder), "--watch"])
    assert going.until("Waiting for a change")
    going.send(signal.SIGINT)
    assert going.finish().code == 130


def test_a_scenario_of_ones_own_is_found_again_without_being_named(station: Station) -> None:
    mine = station.folder / "mine"
    assert station.run(["scenarios", "new", "my-own", "--in", str(mine)]).code == 0
    done = station.run(["--scenarios", str(mine), "challenge", "my-own", "-e", "local", "--json"])
    assert done.code == 0, done.err
    folder = Path(done.json["folder"])
    (folder / "image" / "Dockerfile").write_text((mine / "my-own" / "Dockerfile.fixed").read_text())
    fixed = station.run(["check-fix", str(folder), "--json"])
    assert (fixed.code, fixed.json["scenario"]) == (0, str(mine / "my-own")), fixed.err


def test_shells_complete_ones_own_scenarios(station: Station) -> None:
    mine = station.folder / "mine"
    assert station.run(["scenarios", "new", "my-own", "--in", str(mine)]).code == 0
    asked = {"_INCIDENTLAB_COMPLETE": "complete_bash", "COMP_CWORD": "2", "INCIDENTLAB_SCENARIOS": str(mine)}
    for line in ("incidentlab challenge my", "incidentlab scenarios show my"):
        words = {**asked, "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
        assert station.run([], env=words).out.split() == ["my-own"], line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("challenge", "port-conflict"), "occupy_port"),
        (("challenge", "no-such"), "There is no scenario"),
        (("challenge", "hint"), "no open challenge"),
        (("check-fix",), "no open challenge"),
        (("check-fix", "/tmp"), "no challenge"),
        (("challenge", "hint", "--list"), "one thing at a time"),
        (("check-fix", "--watch", "--json"), "do not go together"),
    ],
)
def test_what_makes_no_sense_is_said(station: Station, words: tuple[str, ...], said: str) -> None:
    done = station.run([*words])
    done.assert_panel(2, said)


def test_a_copy_from_another_machine_is_refused_in_words(station: Station) -> None:
    folder = station.folder / "challenge-beef"
    folder.mkdir()
    (folder / ".challenge").write_text("challenge-beef\n")
    station.run(["check-fix", str(folder)]).assert_panel(4, "Nothing is known of challenge-beef", "INCIDENTLAB_HOME")


def test_a_link_out_of_the_copy_is_refused(station: Station, tmp_path: Path) -> None:
    folder, _ = begun(station, "missing-driver")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (folder / "image" / "mine").symlink_to(secret)
    station.run(["check-fix", str(folder)]).assert_panel(4, "link that leads out")
    notes = list((station.home / "state" / "challenges").glob("*.json"))
    assert json.loads(notes[0].read_text())["tries"] == 1
