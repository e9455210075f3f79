"""A report: the written account of an incident, from the runs that showed it and proved its fix."""

from dataclasses import dataclass
from datetime import datetime

from incidentlab.model.diagnosis import Diagnosis
from incidentlab.model.evidence import Evidence
from incidentlab.model.run import Run

REPORT_SCHEMA = "incidentlab/report/1"


@dataclass(frozen=True, slots=True)
class Account:
    """One run with what was collected from it and what was concluded."""

    run: Run
    evidence: Evidence
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure before and after the fix; ``None`` where it was not measured or cannot be."""

    name: str
    unit: str  # "s", "ms", "%", ""
    before: float | None
    after: float | None
    meaning: str  # how it was measured


@dataclass(frozen=True, slots=True)
class Report:
    """The blameless account; made by pure functions of what was stored."""

    title: str
    scenario: str
    summary: str
    impact: tuple[str, ...]
    incident: Account | None  # the run that showed the break
    resolution: Account | None  # the run that proved the fix
    figures: tuple[Figure, ...]
    fix_diff: str
    lessons: tuple[str, ...]
    actions: tuple[str, ...]
    written_at: datetime
    others: tuple[Account, ...] = ()
    schema: str = REPORT_SCHEMA
