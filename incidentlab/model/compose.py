"""What a compose file says of its services."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dependency:
    """One entry of ``depends_on``; the short form means ``service_started``."""

    service: str
    condition: str = "service_started"


@dataclass(frozen=True, slots=True)
class ComposeService:
    """One service as the file describes it, interpolated and merged; what it does not say is empty."""

    name: str
    image: str = ""
    build: str = ""  # the context, as written
    dockerfile: str = ""
    command: tuple[str, ...] | None = None  # None: the image's own
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)  # values redacted
    depends_on: tuple[Dependency, ...] = ()
    healthcheck: tuple[str, ...] = ()
    restart: str = ""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    replicas: int = 1
    user: str = ""
    memory_limit: str = ""  # as written: "256m"
    line: int | None = None  # where the service begins in ``path``
    path: str = ""  # the file that says so, where there are several


@dataclass(frozen=True, slots=True)
class ComposeFacts:
    """A compose project's files, read together; ``unread`` says what was not understood, a sentence each."""

    id: str  # "compose:taskmanager"
    project: str = ""
    paths: tuple[str, ...] = ()  # as people know them
    services: tuple[ComposeService, ...] = ()
    unset: tuple[str, ...] = ()  # variables that the files use and nothing sets
    command: str = ""
    unread: tuple[str, ...] = ()
