"""What a run tells while it happens: the console shows it, the recorder turns it into the timeline."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

# The phases of a run, in the order in which people read them; ``build`` and ``database`` happen side by side.
# ``monitoring``, ``alerts`` and ``mend`` are of observed runs only.
Phase = Literal[
    "build", "database", "monitoring", "prepare", "app", "observe", "verify", "alerts", "collect", "mend", "teardown"
]
LogSource = Literal["app", "database"]


def log_name(source: LogSource, replica: int = 1) -> str:
    """Return how a log is called in a record: ``app``, ``app-2`` for the second replica, ``database``."""
    return source if replica == 1 else f"{source}-{replica}"


def now() -> datetime:
    """Return the present moment, in UTC, as all moments of a record are."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase has begun; ``title`` is what people read."""

    phase: Phase
    title: str
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class PhaseProgress:
    """Something moved within a phase: a layer was pulled, a build step ran."""

    phase: Phase
    text: str
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class PhaseEnded:
    """A phase is over; ``detail`` says what came out of it, ``ok`` whether the run goes on from it."""

    phase: Phase
    seconds: float
    detail: str = ""
    ok: bool = True
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that the app or the database wrote; ``number`` counts from 1 within its source.

    ``text`` holds neither a line end, nor terminal control sequences, nor secrets.
    """

    source: LogSource
    number: int
    text: str
    stream: Literal["stdout", "stderr"] = "stderr"
    at: datetime = field(default_factory=now)
    replica: int = 1  # of the app; each replica's lines are counted by themselves


@dataclass(frozen=True, slots=True)
class Happened:
    """A fact worth a place in the timeline: the container exited, the first healthy answer came."""

    what: str
    phase: Phase = "observe"
    kind: Literal["info", "bad", "good"] = "info"
    at: datetime = field(default_factory=now)


Event = PhaseStarted | PhaseProgress | PhaseEnded | LogLine | Happened
Tell = Callable[[Event], None]
