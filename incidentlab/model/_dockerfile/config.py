"""How a container starts, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_SHELL = ("/bin/sh", "-c")


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """A HEALTHCHECK; ``test`` as Docker stores it (``CMD``, ``CMD-SHELL`` or ``NONE`` first), times in seconds."""

    test: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 30.0
    start_period: float = 0.0
    start_interval: float = 5.0
    retries: int = 3
    line: int = 0


@dataclass(frozen=True, slots=True)
class LaunchConfig:
    """How a container starts. What only the base image defines is not known here and left empty."""

    base: str = ""  # the image at the bottom, variables substituted
    env: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)  # what $NAME means here: ARG, and ENV over it
    workdir: str = "/"
    user: str = ""
    exposed: tuple[str, ...] = ()  # as Docker writes them: "8000/tcp"
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    shell: tuple[str, ...] = DEFAULT_SHELL
    healthcheck: Healthcheck | None = None
    stop_signal: str = ""
    start_line: int | None = None  # of the last CMD or ENTRYPOINT
    cmd_stage: int = -1  # the stage that said CMD: an ENTRYPOINT takes back one that was only inherited

    @property
    def argv(self) -> tuple[str, ...]:
        """The whole command line: entrypoint and command."""
        return self.entrypoint + self.cmd
