"""A scenario: one incident that can be reproduced, its variants and what each has to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Outcome = Literal["crash", "healthy", "unhealthy"]
EngineName = Literal["docker", "local"]
JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True)
class ExpectedLog:
    """A log line that has to appear: ``contains`` as a plain substring of one line of ``source``."""

    source: Literal["app", "database"]
    contains: str


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """An HTTP request and the status it has to get; ``json`` is sent as the request's body."""

    method: str
    path: str
    status: int
    json: JsonValue = None


@dataclass(frozen=True, slots=True)
class ExpectedDatabase:
    """The state the database has to be in afterwards.

    ``revision`` is ``none`` (no revision recorded), ``head`` (exactly the heads of the code) or a revision id.
    """

    revision: str | None = None
    missing_tables: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be observed for a run to count: the oracle."""

    outcome: Outcome
    within: float = 30.0  # seconds from the start of the app to its outcome
    sustained: float = 0.0  # seconds a healthy app has to stay healthy under requests
    logs: tuple[ExpectedLog, ...] = ()
    http: tuple[ExpectedAnswer, ...] = ()
    database: ExpectedDatabase | None = None


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One file or folder of the build context: its place there and where it comes from (absolute)."""

    place: str
    source: Path


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run a scenario: ``broken``, ``fixed`` or another named remedy."""

    name: str
    dockerfile: Path  # absolute
    expect: Expectation
    summary: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    overlays: tuple[ContextEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """The PostgreSQL server a scenario wants."""

    image: str = "postgres:15"
    user: str = "taskmanager"
    name: str = "taskmanager"
    settings: Mapping[str, str] = field(default_factory=dict)  # server settings, as ``-c name=value`` takes them


@dataclass(frozen=True, slots=True)
class StackSpec:
    """All that an engine needs to make one variant of a scenario live."""

    scenario: str
    variant: str
    dockerfile: Path
    context: tuple[ContextEntry, ...]  # later entries lie over earlier ones
    database: DatabaseSpec
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One incident that can be reproduced: the content of a ``scenario.yaml``."""

    id: str
    title: str
    summary: str
    cause: str  # the truth that a diagnosis must find; the diagnosis itself never reads it
    directory: Path
    context: tuple[ContextEntry, ...]
    variants: Mapping[str, Variant]
    database: DatabaseSpec = DatabaseSpec()
    engines: tuple[EngineName, ...] = ("docker", "local")

    def stack(self, variant: Variant) -> StackSpec:
        """Return what an engine needs to run ``variant``; its overlays lie over the shared context."""
        return StackSpec(
            self.id,
            variant.name,
            variant.dockerfile,
            self.context + variant.overlays,
            self.database,
            variant.env,
        )
