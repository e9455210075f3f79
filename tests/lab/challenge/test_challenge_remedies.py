"""Of every challenge: the copy as it is given fails, and with a sound remedy in it, it passes."""

from dataclasses import replace
from pathlib import Path

import pytest

from incidentlab import catalogue
from incidentlab.engines._context import assemble
from incidentlab.errors import NotAsExpectedError, ScenarioError
from incidentlab.lab.challenge import copying, ledger, offered, revealing
from incidentlab.lab.choose import engines
from incidentlab.model.scenario import StackSpec
from incidentlab.resources import bundled_root
from tests.lab.challenge.learner import Learner, unmet

SCENARIOS = {name: catalogue.find(name) for name in catalogue.folders()}
CHALLENGES = [name for name, each in SCENARIOS.items() if not offered.why_not(each)]
# What a copy becomes is the proven variant itself, which is shown of each without running it. So one of each kind is
# judged: a remedy in files, in a job, in a step that undoes another; replicas, a workload, rows from before, no rights.
MENDED = [
    "concurrent-migrations",
    "identifier-overflow",
    "insufficient-privilege",
    "schema-created-outside-migrations",
    "wrong-schema",
]
GIVEN = ["deadlock", "broken-entrypoint"]


def test_most_scenarios_are_challenges_and_the_rest_say_why_not() -> None:
    reasons = {name: offered.why_not(each) for name, each in SCENARIOS.items()}
    assert sum(not why for why in reasons.values()) >= 20
    assert reasons["port-conflict"] == "Its remedy is not in the files that are deployed: before occupy_port."


@pytest.mark.parametrize("name", CHALLENGES)
def test_the_copy_is_the_incident_and_with_the_remedy_in_it_the_proven_variant(tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    learner = Learner.of(name, tmp_path)
    remedy = offered.remedy_of(scenario)
    assert remedy is not None
    for variant in (scenario.variants[offered.BROKEN], remedy):
        learner.lay(variant)
        theirs = copying.as_scenario(scenario, learner.challenge, variant.expect)
        [copy] = theirs.variants.values()
        if theirs.steps(copy) != scenario.steps(variant):
            assert name in MENDED, "what has happened stays in a copy, and the remedy undoes it: this has to be judged"
        given, proven = theirs.stack(copy), scenario.stack(variant)
        assert replace(given, scenario="", variant="", dockerfile=Path(), context=()) == replace(
            proven, scenario="", variant="", dockerfile=Path(), context=()
        )
        assert shipped(given, tmp_path / "given" / variant.name) == shipped(proven, tmp_path / "proven" / variant.name)


def shipped(spec: StackSpec, into: Path) -> dict[str, tuple[bool, bytes]]:
    """Return what goes into the image: place → whether it can be started, and its content without comments."""
    assemble(spec, into)
    files = {path.relative_to(into).as_posix(): path for path in into.rglob("*") if path.is_file()}
    return {place: (bool(path.stat().st_mode & 0o111), _content(path)) for place, path in files.items()}


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name != "Dockerfile":
        return content
    return b"\n".join(line for line in content.splitlines() if not line.startswith(b"#"))


@pytest.mark.slow
@pytest.mark.parametrize("name", MENDED)
def test_the_remedy_of_the_scenario_is_one_for_the_learner(tmp_path: Path, name: str) -> None:
    learner = Learner.of(name, tmp_path)
    learner.mend()
    judgement = learner.check()
    assert unmet(judgement) == []
    assert judgement.fixed
    assert ledger.chosen(learner.challenge.folder).state == "solved"


@pytest.mark.slow
@pytest.mark.parametrize("name", GIVEN)
def test_the_copy_as_it_is_given_is_not_mended(tmp_path: Path, name: str) -> None:
    learner = Learner.of(name, tmp_path)
    assert not learner.check().fixed
    kept = ledger.chosen(learner.challenge.folder)
    assert (kept.state, kept.tries) == ("open", 1)


@pytest.mark.docker
def test_the_remedy_is_one_on_docker_too(tmp_path: Path) -> None:
    usable = engines()["docker"].usable()
    if not usable.usable:
        pytest.skip(usable.why)
    learner = Learner.of("missing-migrations", tmp_path, "docker", sustained=0.5)
    assert not learner.check().fixed
    learner.mend()
    assert unmet(learner.check()) == []


# What others would do than the scenario's authors: each is sound, and each has to pass.
OTHERS = {
    "a-retry-in-the-shell": (
        "database-not-ready",
        [("image/Dockerfile", "alembic upgrade head &&", "until alembic upgrade head; do sleep 0.2; done;")],
    ),
    "a-server-that-ends-forgotten-sessions": (
        "migration-blocked-by-lock",
        [("deployment.yaml", "before: []",
          "before: [sql: ALTER DATABASE taskmanager SET idle_in_transaction_session_timeout = '1s']")],
    ),
    "both-heads": ("multiple-heads", [("image/Dockerfile", "upgrade head ", "upgrade heads ")]),
    "a-search-path-in-the-address": (
        "wrong-schema",
        [("deployment.yaml", "env: {}",
          "env: {DATABASE_URL: 'postgresql://{user}:{password}@{host}:{port}/{name}?options=-csearch_path%3Dpublic'}")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", OTHERS)
def test_other_sound_remedies_count_as_well(tmp_path: Path, how: str) -> None:
    scenario, changes = OTHERS[how]
    learner = Learner.of(scenario, tmp_path, sustained=0.5)
    for file, old, new in changes:
        learner.change(file, old, new)
    assert unmet(learner.check()) == []


def test_a_step_that_fails_is_not_a_remedy_and_says_why(tmp_path: Path) -> None:
    learner = Learner.of("tls-mismatch", tmp_path)
    learner.change("deployment.yaml", "before: []", "before: [sql: SELECT 1/0]")
    with pytest.raises(NotAsExpectedError) as caught:
        learner.check()
    assert "division by zero" in caught.value.why


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("before: []", "before: [stop_database: {for: 1s}]", "deployment.yaml:14:10: the key 'stop_database'"),
        ("before: []", "replicas: 1", "deployment.yaml:14:1: the key 'replicas' is not known here"),
        ("before: []", "before: [sql: {file: ../../secret.sql}]", "leads outside"),
        ("before: []", "before: [sql: SELECT 1]", "a superuser here"),
    ],
)
def test_what_cannot_be_said_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    learner = Learner.of("missing-migrations", tmp_path)
    learner.change("deployment.yaml", old, new)
    with pytest.raises(ScenarioError) as caught:
        learner.check()
    assert said in "\n".join(caught.value.problems)


def test_nothing_that_is_given_names_the_incident(tmp_path: Path) -> None:
    for name, each in SCENARIOS.items():
        if offered.why_not(each):
            continue
        folder = Learner.of(name, tmp_path).challenge.folder
        for path in filter(Path.is_file, folder.rglob("*")):
            same = bundled_root() / path.relative_to(folder / "image") if "image" in path.parts else path
            if same != path and same.is_file() and same.read_bytes() == path.read_bytes():
                continue  # what is the same in all of them tells of none; the service's alerts name many causes
            text = path.read_bytes().decode("utf-8", "replace")
            assert name not in f"{path.relative_to(tmp_path)}\n{text}", f"{name} is named in {path}"


@pytest.mark.parametrize(
    ("name", "line"),
    [("missing-migrations", '+CMD ["sh", "-c", "alembic upgrade head'), ("broken-entrypoint", "-#!/bin/sh^M"),
     ("wrong-schema", "+  - sql: ALTER DATABASE")],
)  # fmt: skip
def test_the_remedy_is_told_as_a_diff(name: str, line: str) -> None:
    remedy = offered.remedy_of(SCENARIOS[name])
    assert remedy is not None
    assert line in revealing.diff(SCENARIOS[name], remedy)
