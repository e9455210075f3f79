"""The table of exit codes in the documents, in the help, in the code, and as the commands really end."""

import os
import re
import signal
from pathlib import Path

import pytest

from incidentlab import errors
from tests.weather.conftest import Build
from tests.weather.station import ORDINARY, Station

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)


def documented() -> dict[int, str]:
    text = (ROOT / "docs" / "API.md").read_text("utf-8")
    return {int(code): meaning for code, meaning in _ROW.findall(text.partition("## Exit codes")[2])}


def in_the_code(kind: type[errors.IncidentlabError] = errors.IncidentlabError) -> set[int]:
    return {kind.exit_code}.union(*(in_the_code(each) for each in kind.__subclasses__()))


def test_table_is_the_code_s_and_nothing_else() -> None:
    assert set(documented()) == in_the_code() | {0, 70}


def test_help_names_the_same_codes() -> None:
    from incidentlab.cli.app import app

    epilog = str(app.info.epilog)
    assert {int(code) for code in re.findall(r"\b(\d+) ", epilog)} == set(documented()) - {70}


def test_every_command_ends_by_the_table(build: Build) -> None:
    """Each code but 1 and 70, which no command may end with today, is had from a real command."""
    station = build("local")
    seen = {
        0: station.run(station.variant("broken", "--json")).code,
        2: station.run(station.variant("no-such-variant")).code,
        3: station.run(station.variant("hung", "--timeout", "0.5")).code,
        4: _unfit(station),
        5: station.run(["runs", "rm", "--all"]).code,
        6: _stuck(build),
        130: _interrupted(station),
    }
    assert seen == {code: code for code in seen}
    assert set(seen) == set(documented()) - {1, 70}
    station.assert_nothing_left()


def _unfit(station: Station) -> int:
    return station.run(station.variant("broken", engine="docker"), env={"DOCKER_HOST": "unix:///nowhere.sock"}).code


def _interrupted(station: Station) -> int:
    going = station.start(station.variant("hung", "-v"))
    assert going.until("Start the app")
    going.send(signal.SIGTERM)
    return going.finish().code


def _stuck(build: Build) -> int:
    """A half-written record in a folder that its owner may not change."""
    station = build("local", user=ORDINARY if os.geteuid() == 0 else None)
    runs = station.home / "state" / "runs"
    half = runs / "20260101-000000-broken-0000.partial"
    half.mkdir(parents=True)
    (half / "run.json").write_text("{", "utf-8")
    for path in (half, runs):
        path.chmod(0o555)
    done = station.run(["clean", "--json"])
    for path in (runs, half):
        path.chmod(0o755)
    done.assert_panel(6, half.name, "incidentlab clean")
    return done.code


def test_bug_has_a_code_of_its_own(build: Build, tmp_path: Path) -> None:
    """A broken installation stands for a bug: a module of ours that raises what none of ours should."""
    station = build("local")
    broken = tmp_path / "sitecustomize.py"
    broken.write_text(
        "import incidentlab.lab.doctor as d\ndef examine(): raise RuntimeError('oh')\nd.examine = examine\n"
    )
    done = station.run(["doctor"], env={"PYTHONPATH": str(tmp_path)})
    assert done.code == 70, done.err
    assert "Thisisabuginincidentlab." in done.words
    assert "Traceback" not in done.err


@pytest.mark.parametrize("variant", ["broken", "fixed"])
def test_json_is_one_document_whatever_happens(station: Station, variant: str) -> None:
    done = station.run(station.variant(variant, "-vv", "--json"))
    assert (done.code, done.json["met"]) == (0, True), done.err
