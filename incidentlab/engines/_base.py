"""What an engine and a stack promise; written from what the lab, steps and collectors call.

Every engine is held to the same contract tests (``tests/engines/test_contract.py``).
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import Literal, Protocol

from incidentlab.model.events import LogLine, LogSource, Tell
from incidentlab.model.evidence import ContainerFacts, ImageFacts
from incidentlab.model.scenario import StackSpec


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


@dataclass(frozen=True, slots=True)
class StackRequest:
    """What the lab asks an engine for."""

    run: str  # the run's id, part of every name and label
    spec: StackSpec
    scratch: Path  # an existing private folder of this run; the engine may write there, the lab removes it
    keep: Flag = field(default_factory=Flag)  # set before leaving the context: leave the stack running
    registry: str = ""  # a mirror to take base images from, as "mirror.example:5000"
    timeout: float = 120.0  # seconds that building and starting the database may each take


class Stack(Protocol):
    """What one run has started; all of it is gone when the context that gave it is left.

    Methods may be called from several threads. When the engine itself goes away, each of them raises
    :class:`~incidentlab.errors.EngineLostError`.
    """

    versions: dict[str, str]
    notes: tuple[str, ...]  # how this engine carried the Dockerfile out, where it differs from Docker
    app_url: str  # http://127.0.0.1:PORT, known before the app starts
    database_url: str  # postgresql://user:password@127.0.0.1:PORT/name, from here
    secrets: tuple[str, ...]  # what must never be written down
    project: Path  # the build context as it was shipped into the image, for reading

    def start_app(self) -> None:
        """Start the app container; the database answers already. Returns when the engine has started it."""

    def app(self) -> ContainerFacts:
        """Return the app's state now, as the engine has it."""

    def wait_app_exit(self, timeout: float) -> bool:
        """Wait until the app has exited, at most ``timeout`` seconds; return whether it has."""

    def database(self) -> ContainerFacts:
        """Return the database server's state now."""

    def image(self) -> ImageFacts:
        """Return how the app's image starts."""

    def logs(self, source: LogSource) -> tuple[LogLine, ...]:
        """Return the lines seen so far; after the app's exit has been seen, all that it wrote."""


class Engine(Protocol):
    """Where a variant runs."""

    name: str
    title: str

    def usable(self, spec: StackSpec | None = None, *, registry: str = "") -> Usability:
        """Say whether this engine can serve, quickly and without changing anything but pulled images.

        With a ``spec`` its base images count too.
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
