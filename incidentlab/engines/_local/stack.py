"""The living stack of one run, as the lab, steps and collectors see it."""

import platform
from dataclasses import dataclass
from pathlib import Path

from incidentlab.engines._local.app import App
from incidentlab.engines._local.carry import Image
from incidentlab.engines._local.server import Server
from incidentlab.model.events import LogLine, LogSource
from incidentlab.model.evidence import ContainerFacts, ImageFacts
from incidentlab.redact import Redactor


@dataclass(frozen=True, slots=True)
class Identification:
    """By what names people know the parts of this run."""

    run: str
    title: str
    dockerfile: Path


class LocalStack:
    """What one run has started on this machine."""

    def __init__(self, about: Identification, image: Image, server: Server, app: App, app_url: str) -> None:
        self._about = about
        self._image = image
        self._server = server
        self._app = app
        self.app_url = app_url
        self.database_url = server.url
        self.secrets: tuple[str, ...] = (server.password,)
        self.project = Path()
        self.notes: tuple[str, ...] = ()
        self.versions = {
            "engine": about.title,
            "postgresql": server.host.version,
            "python": platform.python_version(),
        }

    def start_app(self) -> None:
        """Start the app; returns when its process runs, or has turned out not to be startable."""
        self._app.start()

    def app(self) -> ContainerFacts:
        """Return the app's state now."""
        return self._app.facts(self._about.run)

    def wait_app_exit(self, timeout: float) -> bool:
        """Wait until the app has exited, at most ``timeout`` seconds; return whether it has."""
        return self._app.exited.wait(timeout)

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

    def logs(self, source: LogSource) -> tuple[LogLine, ...]:
        """Return the lines seen so far."""
        return (self._app if source == "app" else self._server).log.lines()
