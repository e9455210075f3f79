"""Whole runs with steps and replicas on the local engine: what happened is in the record, and nothing stays."""

from pathlib import Path

import pytest

from incidentlab import catalogue
from incidentlab.errors import StepFailedError
from incidentlab.lab.archive import log_names
from incidentlab.lab.choose import engines
from incidentlab.lab.interruption import Interruption
from incidentlab.lab.reproduce import Reproduction, reproduce
from incidentlab.model.scenario import Scenario

SHARED = """\
title: Mine
summary: A scenario of a test.
cause: bad-credentials
context: [service, alembic, alembic.ini]
"""


def run(scenario: Scenario, variant: str = "broken") -> Reproduction:
    engine = engines()["local"]
    with Interruption().installed() as interruption:
        done = reproduce(scenario, scenario.variants[variant], engine, "", lambda _: None, interruption)
    assert engine.leftovers(frozenset()) == []
    return done


@pytest.mark.usefixtures("fresh_home")
def test_replicas_have_their_own_logs_and_containers_in_the_record() -> None:
    done = run(catalogue.find("concurrent-migrations"))
    assert (done.run.met, done.run.outcome, done.run.replicas) == (True, "crash", 3)
    assert log_names(done.run.id) == ("app", "database", "app-2", "app-3")
    assert [each.id for each in done.evidence.containers] == [
        "container:app",
        "container:app-2",
        "container:app-3",
        "container:database",
    ]
    assert done.run.exit_code not in (None, 0)
    assert {event.source for event in done.evidence.logs} >= {"app", "app-2", "app-3", "database"}


@pytest.mark.usefixtures("fresh_home")
def test_what_the_steps_did_and_what_the_database_looked_like_are_in_the_record() -> None:
    done = run(catalogue.find("connections-exhausted"))
    assert done.run.met
    assert done.run.steps == ("Other programs open sessions until 0 are left",)
    assert [each.what for each in done.run.timeline if each.phase == "prepare"][:2] == [
        "Set the scene",
        *done.run.steps,
    ]
    assert "prepare" in done.run.timings
    facts = done.evidence.databases[0]
    assert facts.connections is not None
    assert facts.connections.used >= 17
    assert "The app's role could not read the database" in done.evidence.unread[0]


@pytest.mark.usefixtures("fresh_home")
@pytest.mark.parametrize("place", ["before", "during"])
def test_a_step_that_fails_ends_the_run_and_leaves_nothing(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "Dockerfile").write_text((catalogue.find("missing-migrations").variants["fixed"].dockerfile).read_text())
    (folder / "scenario.yaml").write_text(
        f"id: mine\n{SHARED}database: {{rights: owner}}\n{place}: [sql: SELECT 1/0]\n"
        "variants: {broken: {dockerfile: Dockerfile, expect: {outcome: healthy}}}\n"
    )
    with pytest.raises(StepFailedError) as caught:
        run(catalogue.load_folder(folder))
    assert "division by zero" in caught.value.why
