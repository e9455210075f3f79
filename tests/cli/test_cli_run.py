"""The daily commands on both engines, one after another, as a person would give them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from incidentlab.lab.choose import engines
from incidentlab.resources import bundled_root


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(home: Path, *words: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "incidentlab", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "INCIDENTLAB_HOME": str(home)},
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module", params=[pytest.param("docker", marks=pytest.mark.docker), "local"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, dict[str, Done]]:
    """Run broken, then fixed, once for all tests of this module: engine, home, variant → what came out."""
    engine: str = request.param
    usability = engines()[engine].usable()
    if not usability.usable and os.environ.get("INCIDENTLAB_REQUIRE") != engine:
        pytest.skip(f"the {engine} engine cannot be used: {usability.why}")
    home = tmp_path_factory.mktemp(f"home-{engine}")
    done = {variant: run(home, "run", variant, "--engine", engine, "--json") for variant in ("broken", "fixed")}
    return engine, home, done


Lab = tuple[str, Path, dict[str, Done]]


def test_broken_is_reproduced(lab: Lab) -> None:
    engine, _, done = lab
    assert done["broken"].code == 0, done["broken"].err
    result = done["broken"].json
    assert (result["engine"], result["outcome"], result["met"], result["exit_code"]) == (engine, "crash", True, 3)
    assert any('relation "tasks" does not exist' in line for line in result["symptoms"])
    assert len(result["symptoms"]) < 10


def test_fixed_is_proved_by_use(lab: Lab) -> None:
    _, _, done = lab
    assert done["fixed"].code == 0, done["fixed"].err
    result = done["fixed"].json
    assert (result["outcome"], result["met"]) == ("healthy", True)
    names = " ".join(check["name"] for check in result["checks"])
    for claim in ("GET /health", "POST /tasks", "DELETE", "database revision", "still healthy after", "no data lost"):
        assert claim in names


def test_diagnose_names_the_cause_on_broken_and_nothing_on_fixed(lab: Lab) -> None:
    _, home, done = lab
    broken = run(home, "diagnose", done["broken"].json["run"], "--json").json
    assert broken["verdict"] == "incident"
    assert [(each["cause"], each["confidence"]) for each in broken["findings"]] == [
        ("migrations-not-applied", "certain")
    ]
    assert len(broken["findings"][0]["evidence"]) >= 4
    assert any(
        mend["kind"] == "diff" and "alembic upgrade head" in mend["text"] for mend in broken["findings"][0]["mend"]
    )
    fixed = run(home, "diagnose", "--json").json
    assert (fixed["verdict"], fixed["findings"]) == ("healthy", [])


def test_the_chain_of_proof_can_be_checked_by_its_commands(lab: Lab) -> None:
    """Commands of the lab itself have to work; those for containers that are gone cannot."""
    _, home, done = lab
    finding = run(home, "diagnose", done["broken"].json["run"], "--json").json["findings"][0]
    own = [link["command"].split()[1:] for link in finding["evidence"] if link["command"].startswith("incidentlab ")]
    assert own
    for words in own:
        assert run(home, *words).code == 0


@pytest.mark.parametrize("name", ["markdown", "html", "json", "junit"])
def test_report_tells_the_story_in_every_format(lab: Lab, name: str, tmp_path: Path) -> None:
    _, home, _ = lab
    target = tmp_path / f"report.{name}"
    assert run(home, "report", "--format", name, "-o", str(target)).code == 0
    text = target.read_text()
    assert "does not exist" in text
    assert run(home, "report", "--format", name).out.splitlines()[0] == text.splitlines()[0]
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_the_records_are_listed_shown_read_and_removed(lab: Lab) -> None:
    _, home, done = lab
    listed = run(home, "runs", "list", "--json").json["runs"]
    assert [each["variant"] for each in listed] == ["fixed", "broken"]
    run_id = done["broken"].json["run"]
    assert "The app exited with code 3" in run(home, "runs", "show", run_id).out
    log = run(home, "runs", "logs", run_id).out.splitlines()
    assert len(log) > 20
    assert run(home, "runs", "rm", "--all").code == 5
    assert len(run(home, "runs", "list", "--json").json["runs"]) == 2


def test_no_secret_is_in_any_record(lab: Lab) -> None:
    """The password of a run stands in DATABASE_URL; nothing of that kind may reach the disk unmasked."""
    _, home, _ = lab
    for path in (home / "state" / "runs").rglob("*"):
        if path.is_file():
            text = path.read_text()
            for line in text.splitlines():
                assert "postgresql://" not in line or ":***@" in line or "@" not in line, line


def test_nothing_is_left_behind(lab: Lab) -> None:
    _, home, _ = lab
    assert run(home, "clean", "--dry-run", "--json").json["leftovers"] == []
    assert list((home / "state" / "active").iterdir()) == []


@pytest.mark.parametrize("document", ["run", "diagnosis", "report"])
def test_json_keeps_to_its_published_schema(lab: Lab, document: str) -> None:
    import jsonschema

    from incidentlab.schemas import path

    _, home, done = lab
    words = {
        "run": ("runs", "show", done["broken"].json["run"], "--json"),
        "diagnosis": ("diagnose", done["broken"].json["run"], "--json"),
        "report": ("report", "--json"),
    }[document]
    jsonschema.validate(run(home, *words).json, json.loads(path(document).read_text()))


def test_the_next_command_finds_what_was_run(fresh_home: Path) -> None:
    folder = str(bundled_root() / "scenarios" / "missing-configuration")
    said = run(fresh_home, "run", "broken", "--scenario", folder, "--engine", "local")
    assert said.code == 0, said.err
    assert f"incidentlab run fixed --scenario {folder} --engine local" in said.out
