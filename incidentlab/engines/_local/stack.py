"""The living stack of one run, as the lab, steps and collectors see it."""

import platform
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

from incidentlab.engines._base import Companion, CompanionState, Finished, Reached
from incidentlab.engines._local import household, processes
from incidentlab.engines._local.app import App
from incidentlab.engines._local.carry import Image
from incidentlab.engines._local.companion import Beside
from incidentlab.engines._local.job import Job
from incidentlab.engines._local.server import Server
from incidentlab.model.events import LogLine, LogSource
from incidentlab.model.evidence import ContainerFacts, ImageFacts
from incidentlab.model.scenario import StackSpec, major_of
from incidentlab.model.step import Login
from incidentlab.redact import Redactor

_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Identification:
    """By what names people know the parts of this run."""

    run: str
    title: str
    dockerfile: Path


@dataclass(frozen=True, slots=True)
class Parts:
    """What it consists of; the app's replicas and their ports in one order."""

    image: Image
    server: Server
    apps: tuple[App, ...]
    ports: tuple[int, ...]
    job: Job
    beside: Callable[[Companion], tuple[Beside, Reached]]  # starts a companion
    made: Callable[[StackSpec, tuple[int, ...]], tuple[Image, tuple[App, ...]]]  # makes another variant's app


class LocalStack:
    """What one run has started on this machine."""

    volume = ""  # there are no bounded volumes here

    def __init__(self, about: Identification, spec: StackSpec, parts: Parts) -> None:
        self._about = about
        self._image = parts.image
        self._server = server = parts.server
        self._apps = parts.apps
        self._ports = parts.ports
        self._job = parts.job
        self._start_beside = parts.beside
        self._make = parts.made
        self._beside: dict[str, Beside] = {}
        self._occupied: socket.socket | None = None
        self.spec = spec
        self.app_urls = tuple(f"http://127.0.0.1:{port}" for port in parts.ports)
        self.app_url = self.app_urls[0]
        self.app_inside = tuple(f"127.0.0.1:{port}" for port in parts.ports)
        self.database_url = server.logins.app.url
        self.owner_url = server.logins.owner.url
        self.admin_url = server.logins.admin.url
        self.secrets: tuple[str, ...] = server.logins.passwords
        self.project = Path()
        self.notes: tuple[str, ...] = ()
        self.versions = {
            "engine": about.title,
            "postgresql": server.host.version,
            "python": platform.python_version(),
        }

    def start_app(self) -> None:
        """Start the app; returns when its processes run, or have turned out not to be startable."""
        for app in self._apps:
            app.start()

    def app(self, replica: int = 1) -> ContainerFacts:
        """Return a replica's state now."""
        return self._apps[replica - 1].facts(self._about.run)

    def wait_app_exit(self, timeout: float) -> bool:
        """Wait until a replica has exited, at most ``timeout`` seconds; return whether one has."""
        if len(self._apps) == 1:
            return self._apps[0].exited.wait(timeout)
        return processes.wait_until(lambda: any(app.exited.is_set() for app in self._apps), timeout)

    def run_once(
        self,
        argv: Sequence[str],
        *,
        files: Path | None = None,
        login: Login = "app",
        timeout: float = 120.0,
        over: Flag | None = None,
    ) -> Finished:
        """Run a command in what stands for the image, and wait for its end."""
        return self._job.run(argv, files, self.spec, self._server.logins.of_step(login), timeout, over or Flag())

    def occupy_port(self) -> None:
        """Listen on the first replica's port until the stack is left."""
        if self._occupied is None:
            self._occupied = socket.create_server(("127.0.0.1", self._ports[0]))

    def release_port(self) -> None:
        """Stop listening on the app's port."""
        if self._occupied is not None:
            self._occupied.close()

    def stop_database(self) -> None:
        """Stop the server; its port stays this run's."""
        self._server.stop()

    def start_database(self) -> None:
        """Start the stopped server again and wait for its answer."""
        self._server.start_again(_START_SECONDS)

    def replace_database(self, image: str) -> bool:
        """Start the programs of another major version on the data of this one."""
        return self._server.replace(household.database_host(major_of(image)), _START_SECONDS)

    def accompany(self, companion: Companion) -> Reached:
        """Start a server beside the app, from a program of this machine."""
        self._beside[companion.role], reached = self._start_beside(companion)
        return reached

    def deploy(self, spec: StackSpec) -> None:
        """Put another variant's app in the place of this one, on the same ports."""
        for app in self._apps:
            app.stop()
        self._image, self._apps = self._make(spec, self._ports)
        self.spec = spec

    def companion(self, role: str) -> CompanionState:
        """Return the state of a companion now."""
        return self._beside[role].state(Redactor(self.secrets))

    def database(self) -> ContainerFacts:
        """Return the database server's state now."""
        server = self._server
        code = server.child.poll() if server.child else None
        return ContainerFacts(
            "container:database",
            f"process {server.child.pid}" if server.child else "database",
            "running" if server.alive() else "exited",
            exit_code=None if code is None else code if code >= 0 else 128 - code,
            started_at=server.started_at,
            finished_at=server.finished_at,
            command=f"ps -o pid,stat,etime,args -p {server.child.pid}" if server.child else "",
        )

    def image(self) -> ImageFacts:
        """Return how the app's image starts, as its Dockerfile says it."""
        config, file = self._image.config, self._about.dockerfile.name
        command = f"sed -n {config.start_line}p {file}" if config.start_line else f"cat {file}"
        return ImageFacts(
            "image:app",
            file,
            cmd=config.cmd,
            entrypoint=config.entrypoint,
            user=config.user,
            workdir=config.workdir,
            env=Redactor(self.secrets).environment(config.env),
            exposed=config.exposed,
            healthcheck=config.healthcheck.test if config.healthcheck else (),
            base=config.base,
            command=command,
        )

    def logs(self, source: LogSource, replica: int = 1) -> tuple[LogLine, ...]:
        """Return the lines seen so far."""
        return (self._apps[replica - 1] if source == "app" else self._server).log.lines()
