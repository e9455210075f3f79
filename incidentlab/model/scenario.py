"""A scenario: one incident that can be reproduced, its variants and what each has to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from incidentlab.model.alert import ExpectedAlert
from incidentlab.model.step import DelayDatabase, JsonValue, ReplaceDatabase, Step, StopDatabase, Workload

# ``unhealthy``: it answers, and says that it is not well; ``degraded``: it says that it is well, and requests fail;
# ``timeout``: it lives and does not answer at all.
Outcome = Literal["crash", "healthy", "unhealthy", "degraded", "timeout"]
EngineName = Literal["docker", "local"]
# What the app's role may do: all of the server, all of its own database, or what it is granted.
Rights = Literal["superuser", "owner", "none"]


@dataclass(frozen=True, slots=True)
class ExpectedLog:
    """A log line that has to appear: ``contains`` as a plain substring of one line of ``source``."""

    source: Literal["app", "database"]
    contains: str
    replica: int | None = None  # of the app, counted from 1; ``None`` for any of them


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """An HTTP request and the status it has to get; ``json`` is sent as the request's body.

    A status of ``None`` is no answer at all within ``timeout`` seconds. ``contains`` is what the answer has to hold:
    a status alone says nothing of a page that was emptied.
    """

    method: str
    path: str
    status: int | None
    json: JsonValue = None
    timeout: float = 5.0
    contains: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedDatabase:
    """The state the database has to be in afterwards.

    ``revision`` is ``none`` (no revision recorded), ``head`` (exactly the heads of the code) or a revision id.
    """

    revision: str | None = None
    missing_tables: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedRows:
    """A number that a query has to give afterwards: exactly ``count``, or ``at_least`` so many."""

    sql: str
    count: int | None = None
    at_least: int | None = None


@dataclass(frozen=True, slots=True)
class ExpectedWorkload:
    """How many requests of the workload may, and how many have to, fail: no answer, or a status from 500 on."""

    most_failed: int | None = None
    least_failed: int = 0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be observed for a run to count: the oracle."""

    outcome: Outcome
    within: float = 30.0  # seconds from the start of the app to its outcome
    # Seconds a healthy app has to stay healthy under requests; seconds an unhealthy one has to answer badly on end,
    # where ``0`` is: until the end of ``within``.
    sustained: float = 0.0
    logs: tuple[ExpectedLog, ...] = ()
    http: tuple[ExpectedAnswer, ...] = ()
    database: ExpectedDatabase | None = None
    rows: tuple[ExpectedRows, ...] = ()
    workload: ExpectedWorkload | None = None


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
    env: Mapping[str, str | None] = field(default_factory=dict)  # ``None`` takes a variable away
    overlays: tuple[ContextEntry, ...] = ()
    before: tuple[Step, ...] = ()  # after the scenario's own
    during: tuple[Step, ...] = ()
    replicas: int = 1
    memory: int | None = None  # bytes that each replica may use
    remedy: tuple[str, ...] = ()  # all in which it differs from ``broken``; see ``lab.differences``
    alerts: tuple[ExpectedAlert, ...] = ()  # that have to arrive when it is observed


def major_of(image: str) -> str:
    """Return the major version of PostgreSQL that an image's tag names; empty where it names none."""
    major = image.rpartition("/")[2].partition(":")[2].partition("-")[0].partition(".")[0]
    return major if major.isdigit() else ""


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """The PostgreSQL server a scenario wants."""

    image: str = "postgres:15"
    user: str = "taskmanager"
    name: str = "taskmanager"
    settings: Mapping[str, str] = field(default_factory=dict)  # server settings, as ``-c name=value`` takes them
    rights: Rights = "superuser"  # of ``user``, the role that the app logs in as
    volume: int = 0  # bytes of a small volume beside the data directory; 0 for none
    interrupted: bool = False  # the server is stopped or started in the course of a run
    successors: tuple[str, ...] = ()  # images of servers that take its place, on its data

    @property
    def replaced(self) -> bool:
        """Whether another server takes its place: its major version has to be exactly that of ``image``."""
        return bool(self.successors)

    @property
    def exact(self) -> tuple[str, ...]:
        """The major versions without which nothing true could be shown; empty where any version will do."""
        return tuple(dict.fromkeys((self.major, *map(major_of, self.successors)))) if self.replaced else ()

    @property
    def major(self) -> str:
        """The major version that the image's tag names, as ``15``; empty where it names none."""
        return major_of(self.image)

    @property
    def admin(self) -> str:
        """The server's own superuser: no scenario ever logs in as this one, unless it is the app's role itself."""
        return self.user if self.rights == "superuser" else "postgres"

    @property
    def owner(self) -> str:
        """The role that owns the database."""
        return f"{self.user}_owner" if self.rights == "none" else self.user


@dataclass(frozen=True, slots=True)
class StackSpec:
    """All that an engine needs to make one variant of a scenario live."""

    scenario: str
    variant: str
    dockerfile: Path
    context: tuple[ContextEntry, ...]  # later entries lie over earlier ones
    database: DatabaseSpec
    env: Mapping[str, str | None] = field(default_factory=dict)
    replicas: int = 1
    memory: int | None = None  # bytes that each replica may use


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
    unfit: Mapping[str, str] = field(default_factory=dict)  # engine → why it cannot do this truthfully
    before: tuple[Step, ...] = ()  # carried out when the database answers, before the app starts
    during: tuple[Step, ...] = ()  # carried out once the app has started
    workload: Workload | None = None

    @property
    def patience(self) -> float:
        """Seconds within which every alert of this scenario has arrived; 0 where it names none."""
        return max((alert.within for each in self.variants.values() for alert in each.alerts), default=0.0)

    def steps(self, variant: Variant) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """Return what is done to ``variant`` before its app starts, and what while it runs."""
        return self.before + variant.before, self.during + variant.during

    def stack(self, variant: Variant) -> StackSpec:
        """Return what an engine needs to run ``variant``; its overlays lie over the shared context."""
        before, during = self.steps(variant)
        interrupted = any(isinstance(each, DelayDatabase | StopDatabase) for each in before + during)
        successors = tuple(each.image for each in before + during if isinstance(each, ReplaceDatabase))
        return StackSpec(
            self.id,
            variant.name,
            variant.dockerfile,
            self.context + variant.overlays,
            replace(self.database, interrupted=interrupted, successors=successors),
            variant.env,
            variant.replicas,
            variant.memory,
        )
