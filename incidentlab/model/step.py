"""What a scenario does to its stack, one kind of step a class; how each is carried out stands in ``steps/``.

A step's name in ``scenario.yaml`` (``hold_lock``) is its class's in small letters (``HoldLock``); a test holds the
format, these classes and ``steps/`` to each other.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
# Who a step is to the database: the app's own role, the one that owns the database and what the migrations made.
Login = Literal["app", "owner"]


@dataclass(frozen=True, slots=True)
class Sql:
    """Run SQL text as one transaction, or statement by statement where ``autocommit`` says so."""

    text: str
    login: Login = "owner"
    database: str = ""  # another one of the same server; empty for the app's own
    autocommit: bool = False  # for what cannot run in a transaction, such as CREATE INDEX CONCURRENTLY


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Migrate to a revision with the Alembic of the app's image, some files laid over its own first."""

    to: str
    files: Path | None = None  # absolute; a folder of the scenario, such as the newer release's migrations
    login: Login = "owner"
    beside: bool = False  # what follows does not wait for its end, such as where it waits for a lock itself


@dataclass(frozen=True, slots=True)
class RunJob:
    """Run a command in the app's image to its end, as a job that others wait for; it has to succeed."""

    command: tuple[str, ...]
    login: Login = "app"


@dataclass(frozen=True, slots=True)
class HoldLock:
    """Lock a table in a session that then stays idle in its transaction."""

    table: str
    mode: str = "access share"
    seconds: float | None = None  # ``None``: until the run ends
    login: Login = "owner"
    name: str = "report"  # the session's application_name
    after: float = 0.0  # seconds before it begins


@dataclass(frozen=True, slots=True)
class OccupyPort:
    """Listen on the port that the app is going to ask for."""


@dataclass(frozen=True, slots=True)
class DelayDatabase:
    """Let the database answer only some time after the app has started."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StopDatabase:
    """Stop the server, as an administrator does; its sessions end."""

    seconds: float | None = None  # ``None``: it stays stopped
    after: float = 0.0  # seconds before it stops


@dataclass(frozen=True, slots=True)
class ReplaceDatabase:
    """Make the server again from another image, on the same data directory; whether it comes up is to be seen."""

    image: str


@dataclass(frozen=True, slots=True)
class LimitConnections:
    """Hold sessions open until so many are left for an ordinary role."""

    left: int = 0
    seconds: float | None = None
    name: str = "worker"  # the sessions' application_name
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class DropPrivileges:
    """Take rights on something from the app's role and from everybody (PUBLIC)."""

    revoke: tuple[str, ...]
    on: str  # "table tasks", "schema public"


@dataclass(frozen=True, slots=True)
class FillVolume:
    """Move the app's tables to the small volume of the database and fill that until nothing more fits."""


Step = (
    Sql
    | Upgrade
    | RunJob
    | HoldLock
    | OccupyPort
    | DelayDatabase
    | StopDatabase
    | ReplaceDatabase
    | LimitConnections
    | DropPrivileges
    | FillVolume
)
KINDS: tuple[type[Step], ...] = (
    Sql, Upgrade, RunJob, HoldLock, OccupyPort, DelayDatabase, StopDatabase, ReplaceDatabase, LimitConnections,
    DropPrivileges, FillVolume,
)  # fmt: skip


def name_of(kind: type[Step]) -> str:
    """Return how a kind of step is written in a scenario: ``hold_lock``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a workload; ``json`` is its body."""

    method: str
    path: str
    json: JsonValue = None


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests sent by turns while it happens."""

    requests: tuple[Request, ...]
    rate: float  # per second, by all workers together
    seconds: float
    workers: int = 4  # how many may wait for an answer at once
    timeout: float = 5.0  # seconds until an answer counts as none
