"""Interrupted at every step, by every signal, once and twice: 130, and nothing is left."""

import shutil
import signal

import pytest

from incidentlab import catalogue
from tests.weather.conftest import Build
from tests.weather.station import Station, until

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
# What stands on stderr when a step has been reached: on the local engine, on Docker.
STEPS = {
    "engine chosen": ("on local", "on Docker"),
    "building": ("Step 1/", "1/8"),
    "built": ("Carrying out the Dockerfile ", "Building the image "),
    "database": ("Starting PostgreSQL ", "Starting PostgreSQL "),
    "app": ("Start the app", "Start the app"),
    "observed": ("Watch what", "Watch what"),
    "proved": ("Prove it by use", "Prove it by use"),
    "collected": ("Collect the evidence", "Collect the evidence"),
}


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("signals", [(INT,), (TERM, TERM), (HUP, INT)], ids=["int", "term-term", "hup-int"])
def test_interrupted_at_any_step_nothing_is_left(
    station: Station, step: str, signals: tuple[signal.Signals, ...]
) -> None:
    going = station.start(station.variant("fixed", "-v", "--json"))
    assert going.until(STEPS[step][station.engine == "docker"]), "".join(going.said)
    going.send(*signals)
    done = going.finish()
    done.assert_panel(130, "interrupted")
    station.assert_nothing_left()
    assert station.records() == []


@pytest.mark.timeout(400)
def test_signal_after_the_removal_leaves_a_whole_record_or_none(station: Station) -> None:
    going = station.start(station.variant("broken", "-v", "--json"))
    assert going.until("Removing ")
    going.send(TERM)
    done = going.finish()
    assert done.code in (0, 130)
    station.assert_nothing_left()
    for record in station.records():
        assert station.run(["diagnose", record, "--json"]).code == 0


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", [INT, TERM])
def test_signal_while_a_failed_start_is_being_removed(station: Station, number: signal.Signals) -> None:
    """The build has failed, the database lives: the removal that follows must be as safe as any other."""
    station.scenario(extra="RUN exit 3")
    going = station.start(station.variant("fixed", "-v", "--json"))
    assert going.until(STEPS["built"][station.engine == "docker"]), "".join(going.said)
    going.send(number, number)
    done = going.finish()
    assert done.code in (4, 130), done.err
    assert "Traceback" not in done.err
    station.assert_nothing_left()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", [INT, TERM])
def test_signal_while_a_job_beside_the_app_waits_for_its_lock(station: Station, number: signal.Signals) -> None:
    scenario = station.folder / station.id
    shutil.rmtree(scenario)
    shutil.copytree(catalogue.find("migration-blocked-by-lock").directory, scenario)
    file = scenario / "scenario.yaml"
    file.write_text(file.read_text().replace("id: migration-blocked-by-lock", f"id: {station.id}", 1))
    going = station.start(station.variant("broken", "-vv", "--json"), env={"COLUMNS": "200"})
    assert going.until("still waiting for AccessExclusiveLock"), "".join(going.said)
    going.send(number)
    done = going.finish()  # its words have the app's own tracebacks among them
    assert done.code == 130, done.err
    assert "Therunwasinterrupted" in done.words
    station.assert_nothing_left()
    assert station.records() == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize("step", [1, 3, 6, 7, 8])
def test_walkthrough_that_is_interrupted(build: Build, step: int) -> None:
    station = build("local")
    where = str(station.folder / station.id)
    going = station.start(
        ["demo", "--scenario", where, "--engine", "local", "--no-pause"], env={"PYTHONUNBUFFERED": "1"}
    )
    until(lambda: any(f"{step}/8" in line or f"{step} of 8" in line for line in [*going.said, *going.out]))
    going.send(INT)
    done = going.finish()
    assert done.code in ((130,) if step < 8 else (0, 3, 130)), done.err
    assert "Traceback" not in done.err
    station.assert_nothing_left()
