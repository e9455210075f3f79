"""A run: one execution of a variant and what was seen, as it is kept on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from incidentlab.model.alert import Watch
from incidentlab.model.scenario import Outcome

RUN_SCHEMA = "incidentlab/run/1"

RunOutcome = Outcome


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the timeline."""

    at: datetime
    offset: float  # seconds since the run began
    phase: str
    what: str
    kind: Literal["info", "bad", "good"] = "info"


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation held against what was observed."""

    name: str
    met: bool
    expected: str
    observed: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One HTTP request of ours and how it was answered; ``status`` is ``None`` where nothing answered."""

    offset: float  # seconds since the run began
    seconds: float
    method: str
    path: str
    status: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """The record of one run. ``timings`` are seconds by phase; phases may overlap, ``total`` is the wall clock."""

    id: str
    scenario: str
    variant: str
    engine: str
    engine_detail: str
    started_at: datetime
    ended_at: datetime
    outcome: RunOutcome
    met: bool
    exit_code: int | None
    checks: tuple[Check, ...]
    symptoms: tuple[str, ...]  # the captured lines that matter
    timings: Mapping[str, float]
    timeline: tuple[Moment, ...]
    samples: tuple[Sample, ...] = ()
    dockerfile: str = ""  # its text, so that a fix can be shown as a diff later
    dockerfile_name: str = ""
    notes: tuple[str, ...] = ()  # how this engine differs from the other, where it matters
    kept: bool = False  # the stack was left running on purpose
    versions: Mapping[str, str] = field(default_factory=dict)  # engine, PostgreSQL, Python, incidentlab
    steps: tuple[str, ...] = ()  # what was done to the stack on purpose, in sentences
    replicas: int = 1
    watch: Watch | None = None  # of a run that was observed by its monitoring
    schema: str = RUN_SCHEMA

    @property
    def seconds(self) -> float:
        """The wall clock of the whole run, without what it spent waiting for a person."""
        return self.timings.get("total", 0.0) - self.timings.get("paused", 0.0)


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One line of the list of runs; ``seconds`` is the wall clock of the whole run."""

    id: str
    scenario: str
    variant: str
    engine: str
    outcome: str
    met: bool
    started_at: datetime
    seconds: float
    kept: bool = False  # its stack was left running on purpose

    def document(self) -> Mapping[str, Any]:
        """Return the entry as JSON has it."""
        return {
            "run": self.id,
            "scenario": self.scenario,
            "variant": self.variant,
            "engine": self.engine,
            "outcome": self.outcome,
            "met": self.met,
            "started_at": self.started_at.isoformat(),
            "seconds": round(self.seconds, 3),
            "kept": self.kept,
        }
