"""Makes a variant live, watches what becomes of it, proves it, collects the evidence and records all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Literal

from incidentlab.engines._base import Engine, Stack, StackRequest
from incidentlab.errors import StorageError
from incidentlab.lab import active
from incidentlab.lab.interruption import Interruption
from incidentlab.lab.recorder import Recorder
from incidentlab.lab.swept import swept
from incidentlab.model.events import LogLine, Phase, Tell

if TYPE_CHECKING:
    from incidentlab.lab.record import Seen
    from incidentlab.lab.vigil import Observe
    from incidentlab.model.diagnosis import Diagnosis
    from incidentlab.model.evidence import Evidence
    from incidentlab.model.run import Check, Run
    from incidentlab.model.scenario import Scenario, Variant

Keep = Literal["on-failure", "always", "never"]
Before = Callable[[Phase], None]
Trial = Callable[[Stack, Recorder], "list[Check]"]
# What is first needed once the stack stands; the engine has that loaded while it waits for the database.
_LATER = ("incidentlab.lab.course", "incidentlab.lab.record")


def _go_on(_phase: Phase) -> None:
    """Wait for nobody."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is carried out. ``timeout`` (seconds) replaces the scenario's own ``within``.

    ``observe`` has the monitoring watch the run.
    ``trial`` is what else is tried with a stack that has met every expectation; it may break it.
    ``before`` is called, in the calling thread, before each phase from ``app`` to ``collect``. It may wait for a person
    while the stack lives, which the record has as ``paused``, or end the run by an exception: all is removed then.
    """

    keep: Keep = "never"
    timeout: float | None = None
    registry: str = ""
    build_timeout: float = 900.0
    before: Before = _go_on
    observe: Observe | None = None
    trial: Trial | None = None


@dataclass(frozen=True)
class Reproduction:
    """A finished run, its evidence, what follows from it, and where the record lies."""

    run: Run
    evidence: Evidence
    folder: Path
    kept: tuple[str, ...] = ()  # how a kept stack can be reached
    logs: Mapping[str, tuple[LogLine, ...]] = field(default_factory=dict)  # whole, by the name of who wrote it

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What follows from the evidence; judged when it is asked for, which a run by itself does not."""
        from incidentlab.causes import diagnose

        return diagnose(self.evidence)


def reproduce(
    scenario: Scenario,
    variant: Variant,
    engine: Engine,
    engine_detail: str,
    tell: Tell,
    interruption: Interruption,
    options: Options = Options(),
) -> Reproduction:
    """Carry out one run from nothing to its record; leave nothing behind unless ``keep`` says so.

    Raises:
        UsageError: it is to be observed by rules that cannot be read, or lack an alert.
        EnvironmentUnfitError: the engine could not do it, with the mend.
        LeftBehindError: something could not be removed.
        KeyboardInterrupt: after everything was removed.
    """
    if options.observe is not None:
        from incidentlab.lab import vigil

        vigil.check(options.observe, variant)
    run_id = active.new_run_id(variant.name)
    recorder = Recorder(tell)
    keep = Flag()
    with interruption.shielded(active.registered(run_id, keep)) as scratch:
        request = StackRequest(
            run_id, scenario.stack(variant), scratch, keep, options.registry, options.build_timeout, meanwhile=_load
        )
        with (
            swept(engine, run_id, interruption),
            interruption.leaving_shielded(engine.start(request, recorder)) as stack,
        ):
            from incidentlab.lab import course

            seen = course.take(run_id, stack, scenario, variant, recorder, options)
            if seen.kept:
                keep.set()
        from incidentlab.lab.record import run_record

        run = run_record(run_id, scenario, variant, engine, engine_detail, seen, recorder)
        with interruption.held_back():
            folder = _saved(run, seen)
    return Reproduction(run, seen.evidence, folder, seen.kept, seen.logs)


def _load() -> None:
    for name in _LATER:
        import_module(name)


def _saved(run: Run, seen: Seen) -> Path:
    """Write the record; where that fails and the stack goes on running, say how to reach it all the same."""
    try:
        from incidentlab.lab import archive

        return archive.save(run, seen.evidence, seen.logs)
    except StorageError as error:
        kept = [f"The stack is still running: {line}" for line in seen.kept]
        raise StorageError(error.what, why=error.why, mend=(*error.mend, *kept)) from None
