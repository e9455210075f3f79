"""Carries out a scenario's steps: some before the app starts, some while it serves; all of it ends with the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event as Flag

import incidentlab.steps
from incidentlab import registry
from incidentlab.engines._base import Stack
from incidentlab.lab.recorder import Recorder
from incidentlab.model.events import Happened, Phase
from incidentlab.model.step import Step as Options
from incidentlab.model.step import name_of
from incidentlab.steps._base import Scene, Step

__all__ = ["Scene", "before", "during", "sentence", "staged"]


@cache
def kinds() -> dict[str, Step[Options]]:
    """Return name → step, as scenarios write the name; the folder is the registry."""
    found: dict[str, Step[Options]] = registry.load(incidentlab.steps, "STEP", lambda step: step.name)
    return {name.replace("-", "_"): step for name, step in found.items()}


@contextmanager
def staged(stack: Stack, recorder: Recorder) -> Iterator[Scene]:
    """Give the scene on which steps are carried out; end whatever they have begun on every way out."""
    scene = Scene(stack, lambda what: _tell(recorder, scene, what), lambda what: _tell(recorder, scene, what, bad=True))
    try:
        yield scene
    finally:
        scene.close()


def before(steps: tuple[Options, ...], scene: Scene) -> None:
    """Carry out steps one after another.

    Raises:
        StepFailedError: one could not be carried out; or another kind of EnvironmentUnfitError, from the engine.
    """
    for each in steps:
        scene.tell(sentence(each))
        _kind(each).do(each, scene)


def during(steps: tuple[Options, ...], scene: Scene) -> Flag:
    """Carry out steps in a thread; return what is set at their end. What fails there is in ``scene.errors``."""
    done = Flag()

    def work() -> None:
        try:
            before(steps, scene)
        finally:
            done.set()

    scene.aside("during", work)
    return done


def sentence(step: Options) -> str:
    """Say what a step does."""
    return _kind(step).tell(step)


def _kind(step: Options) -> Step[Options]:
    return kinds()[name_of(type(step))]


def _tell(recorder: Recorder, scene: Scene, what: str, *, bad: bool = False) -> None:
    phase: Phase = "observe" if scene.started.is_set() else "prepare"
    recorder(Happened(what, phase, "bad" if bad else "info"))
