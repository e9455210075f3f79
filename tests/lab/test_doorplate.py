"""One lab stands at a time, and what cannot be seen is not taken for gone."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from incidentlab.engines._base import Leftover, Usability
from incidentlab.errors import EngineUnavailableError, RefusedError
from incidentlab.lab import clean, doorplate
from incidentlab.model.events import now
from incidentlab.model.standing import Place, Standing

pytestmark = pytest.mark.usefixtures("fresh_home")

PLACES = (Place("app", "http://127.0.0.1:8000"),)
LAB = Standing("20260115-093000-fixed-0a1b", "missing-migrations", "fixed", "docker", now(), PLACES, "healthy", True)
HOLD = """
import sys
from incidentlab.lab import doorplate
with doorplate.being_written():
    print("held", flush=True)
    sys.stdin.read()
"""


class AnEngine:
    """Stands where Docker does; shows one container while it answers."""

    name = "docker"

    def __init__(self, *, answers: bool, there: bool) -> None:
        self.answers, self.there = answers, there

    def usable(self, *_: object, **__: object) -> Usability:
        return Usability(self.answers, why="" if self.answers else "No Docker engine answers.")

    def leftovers(self, _alive: frozenset[str]) -> list[Leftover]:
        return [Leftover("docker", "container", "c", LAB.run)] if self.answers and self.there else []

    def remove(self, _leftover: Leftover) -> None:
        self.there = False


@pytest.fixture
def docker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AnEngine:
    """Let the lab have one engine, and a lab that stands on it."""
    answers, there = request.param
    engine = AnEngine(answers=answers, there=there)
    for each in (doorplate, clean):
        monkeypatch.setattr(each, "engines", lambda: {"docker": engine})
    doorplate.write(LAB)
    return engine


@pytest.mark.parametrize("docker", [(True, True)], indirect=True)
def test_a_lab_that_is_there_is_removed_and_forgotten(docker: AnEngine) -> None:
    assert doorplate.unseen(LAB) == ""
    assert "Nothing of it runs any more" in doorplate.absence(LAB)  # where no part answers
    assert doorplate.take_down(LAB) == 1
    assert doorplate.read() is None


@pytest.mark.parametrize("docker", [(True, False)], indirect=True)
def test_a_lab_that_is_gone_is_told_and_forgotten(docker: AnEngine) -> None:
    assert "Nothing of it is there any more" in doorplate.absence(LAB)
    assert doorplate.take_down(LAB) == 0
    assert doorplate.read() is None


@pytest.mark.parametrize("docker", [(False, True)], indirect=True)
def test_while_its_engine_does_not_answer_it_is_neither_gone_nor_forgotten(docker: AnEngine) -> None:
    assert "No Docker engine answers." in doorplate.absence(LAB)
    with pytest.raises(EngineUnavailableError) as caught:
        doorplate.take_down(LAB)
    assert "No Docker engine answers." in caught.value.why
    assert str(doorplate.path()) in " ".join(caught.value.mend)
    assert doorplate.read() == LAB
    docker.answers = True
    assert doorplate.take_down(LAB) == 1


def test_a_lab_of_an_engine_that_is_not_known_any_more_is_forgotten() -> None:
    lab = replace(LAB, engine="swarm")
    doorplate.write(lab)
    assert doorplate.take_down(lab) == 0
    assert doorplate.read() is None


def test_of_two_that_start_together_one_is_refused_and_one_that_was_killed_keeps_nobody_out(fresh_home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RefusedError, match="being brought up"), doorplate.being_written():
            raise AssertionError("must not get here")
        other.send_signal(signal.SIGKILL)
        other.wait()
    with doorplate.being_written():
        assert doorplate.read() is None
