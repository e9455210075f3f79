"""What an engine and a stack promise; written from what the lab, steps and collectors call.

Every engine is held to the same contract tests (``tests/engines/test_contract.py``).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import Literal, Protocol

from incidentlab.model.events import LogLine, LogSource, Tell
from incidentlab.model.evidence import ContainerFacts, ImageFacts
from incidentlab.model.scenario import StackSpec
from incidentlab.model.step import Login


@dataclass(frozen=True, slots=True)
class Usability:
    """Whether an engine can serve here and now; if not, why and what to do. ``detail`` names what would be used."""

    usable: bool
    detail: str = ""
    why: str = ""
    mend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something of ours that is still there although its run is over."""

    engine: str
    kind: Literal["container", "network", "volume", "image", "process", "folder"]
    name: str
    run: str  # the id of the run it belongs to; empty for caches


def _nothing() -> None:
    """Do nothing while the engine waits."""


@dataclass(frozen=True, slots=True)
class StackRequest:
    """What the lab asks an engine for."""

    run: str  # the run's id, part of every name and label
    spec: StackSpec
    scratch: Path  # an existing private folder of this run; the engine may write there, the lab removes it
    keep: Flag = field(default_factory=Flag)  # set before leaving the context: leave the stack running
    registry: str = ""  # a mirror to take base images from, as "mirror.example:5000"
    timeout: float = 120.0  # seconds that building and starting the database may each take
    app_port: int = 0  # the port of this machine that people expect the first replica on; another where it is taken
    meanwhile: Callable[[], None] = _nothing  # called once, when the engine has begun and only waits


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has come to its end; ``output`` is redacted, both its streams in one."""

    exit_code: int  # 137 where it was ended because it took too long, or nobody waited for it any more
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Companion:
    """A further server beside the app, such as Prometheus: a container of ``image``, or a program of this machine.

    In ``arguments`` the engine puts its own for ``{config}`` and ``{data}`` (folders) and ``{listen}`` (host:port).
    """

    role: str  # what it is called among the other parts of the run
    image: str
    programs: tuple[str, ...]  # what the program may be called on this machine; nothing where there is only an image
    variable: str  # the environment variable by which people name it
    arguments: tuple[str, ...]
    port: int  # on which it listens in its container
    files: Mapping[str, str] = field(default_factory=dict)  # place below ``{config}`` → text
    env: Mapping[str, str] = field(default_factory=dict)
    wanted_port: int = 0  # the port of this machine that people expect it on; another where it is taken
    mend: tuple[str, ...] = ()  # how the program comes onto this machine


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a companion answers: from this machine, and for the other companions."""

    url: str  # http://127.0.0.1:PORT
    inside: str  # host:port


@dataclass(frozen=True, slots=True)
class CompanionState:
    """Whether a companion runs, and the last lines it has written, redacted."""

    running: bool
    said: tuple[str, ...] = ()


class Stack(Protocol):
    """What one run has started; all of it is gone when the context that gave it is left.

    Methods may be called from several threads. When the engine itself goes away, each of them raises
    :class:`~incidentlab.errors.EngineLostError`.
    """

    versions: dict[str, str]
    notes: tuple[str, ...]  # how this engine carried the Dockerfile out, where it differs from Docker
    spec: StackSpec
    app_url: str  # http://127.0.0.1:PORT, known before the app starts; of the first replica
    app_urls: tuple[str, ...]  # of all replicas
    app_inside: tuple[str, ...]  # host:port of all replicas, as a companion reaches them
    database_url: str  # postgresql://user:password@127.0.0.1:PORT/name, from here, as the app's role
    owner_url: str  # as the role that owns the database; the app's own where that is the one
    admin_url: str  # as the server's superuser: for what the lab itself does, never for a scenario's SQL
    volume: str  # the small volume's folder as the database server sees it; empty where the scenario has none
    secrets: tuple[str, ...]  # what must never be written down
    project: Path  # the build context as it was shipped into the image, for reading

    def start_app(self) -> None:
        """Start all replicas of the app, side by side; returns when the engine has started them."""

    def app(self, replica: int = 1) -> ContainerFacts:
        """Return the state of a replica now, as the engine has it; its id is ``container:app``, ``container:app-2``."""

    def wait_app_exit(self, timeout: float) -> bool:
        """Wait until any replica has exited, at most ``timeout`` seconds; return whether one has."""

    def database(self) -> ContainerFacts:
        """Return the database server's state now."""

    def image(self) -> ImageFacts:
        """Return how the app's image starts."""

    def logs(self, source: LogSource, replica: int = 1) -> tuple[LogLine, ...]:
        """Return the lines seen so far; after the app's exit has been seen, all that it wrote."""

    def run_once(
        self,
        argv: Sequence[str],
        *,
        files: Path | None = None,
        login: Login = "app",
        timeout: float = 120.0,
        over: Flag | None = None,
    ) -> Finished:
        """Run a command in the app's image, beside the app, and wait for its end.

        Args:
            argv: the command; the image's own entrypoint is left out.
            files: a folder that is laid over the image's working directory, for this command alone.
            login: as which role its DATABASE_URL reaches the database.
            timeout: seconds after which it is ended.
            over: when this is set it is ended too, soon.
        """

    def occupy_port(self) -> None:
        """Listen on the port of this machine that the app, its first replica, is going to ask for; until the end."""

    def stop_database(self) -> None:
        """Stop the server as an administrator does; its name and address stay, and nothing answers there.

        Only where the specification says that its database is ``interrupted``.
        """

    def start_database(self) -> None:
        """Start the stopped server again and wait until it answers.

        Raises:
            DatabaseNotReadyError: it does not come up.
        """

    def replace_database(self, image: str) -> bool:
        """Make the server again from ``image``, on the same data, name and address; return whether it answers then.

        Only where the specification says that its database is ``replaced``.

        Raises:
            EnvironmentUnfitError: this engine cannot do it, or has no such server.
        """

    def accompany(self, companion: Companion) -> Reached:
        """Start a further server beside the app, on 127.0.0.1; it is removed with the stack.

        It has been started then and may not answer yet.

        Raises:
            CompanionMissingError: its program is not installed here.
            CompanionUnavailableError: its image is not here and not to be had, or it cannot be started.
        """

    def deploy(self, spec: StackSpec) -> None:
        """Put another variant's app in the place of this one: made, and not started yet.

        Its address, its database and what stands beside it stay; a replica more or less there is not.

        Raises:
            EnvironmentUnfitError: it could not be made, in one of its kinds.
        """

    def companion(self, role: str) -> CompanionState:
        """Return the state of a companion now."""


class Engine(Protocol):
    """Where a variant runs."""

    name: str
    title: str

    def usable(self, spec: StackSpec | None = None, *, registry: str = "") -> Usability:
        """Say whether this engine can serve, quickly and without changing anything but pulled images.

        With a ``spec`` its base images count too.
        """

    def lacks(self, spec: StackSpec) -> str:
        """Return what this machine has not got for this very specification, though the engine serves others.

        Empty where nothing is known to be missing. Quick, and asks nobody outside of this machine.
        """

    def start(self, request: StackRequest, tell: Tell) -> AbstractContextManager[Stack]:
        """Build the image and start the database, side by side; give a stack whose database answers ``SELECT 1``.

        Tells the phases ``build``, ``database`` and, on leaving, ``teardown``; log lines are told as they are written.
        On every way out (success, error, KeyboardInterrupt) all that was started is removed, unless ``keep`` is set.

        Raises:
            EnvironmentUnfitError: in one of its kinds, with the mend.
            LeftBehindError: something could not be removed, and what.
        """

    def leftovers(self, alive: frozenset[str]) -> list[Leftover]:
        """List what is still there of runs that are not in ``alive``; empty where the engine cannot be asked."""

    def remove(self, leftover: Leftover) -> None:
        """Remove one leftover; one that is gone already is fine.

        Raises:
            LeftBehindError: it could not be removed.
        """
