"""A challenge: an incident that somebody has to find and mend in a copy of its files, without its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from incidentlab.model.step import RunJob, Sql

State = Literal["open", "solved", "given up"]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a learner says beside the image: the environment, and what is done to the database before the app starts."""

    env: Mapping[str, str | None] = field(default_factory=dict)
    earlier: tuple[Sql | RunJob, ...] = ()  # before the incident took its course
    before: tuple[Sql | RunJob, ...] = ()  # right before the app starts


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge as it is kept; ``scenario`` is what the learner is not told while it is open."""

    name: str
    scenario: str
    folder: Path  # absolute
    engine: str
    started_at: datetime
    hints: int = 0
    tries: int = 0
    ended_at: datetime | None = None
    solved: bool = False

    @property
    def state(self) -> State:
        """Say where it stands."""
        if self.ended_at is None:
            return "open"
        return "solved" if self.solved else "given up"

    @property
    def seconds(self) -> float | None:
        """The time taken; ``None`` while it is open."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a try has come to; the run itself is kept nowhere else, for its record would tell the cause."""

    fixed: bool
    outcome: str
    seconds: float
    checks: tuple[tuple[str, bool, str, str], ...]  # name, met, expected, observed
    symptoms: tuple[str, ...]
