"""A living stack in a Docker engine, as the lab, the steps and the collectors see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from incidentlab.engines._docker import database, facts
from incidentlab.engines._docker.app import ROLE, App
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.database import Database
from incidentlab.engines._docker.exits import ExitWatch
from incidentlab.engines._docker.logs import KEPT, Follower
from incidentlab.engines._docker.parts import LOOPBACK, Workshop
from incidentlab.model.events import LogLine, LogSource
from incidentlab.model.evidence import ContainerFacts, ImageFacts

_LOG_SECONDS = 5.0  # for the rest of a log after its container has ended; the engine ends the log itself


class DockerStack:
    """What one run has started. Each method raises ``EngineLostError`` once the engine has gone away."""

    def __init__(
        self, shop: Workshop, app: App, served: Database, image: dict[str, Any], tag: str, base: str, project: Path
    ) -> None:
        self._shop = shop
        self._app = app
        self._database = served
        self._image = image
        self._tag = tag
        self._base = base
        self._watch: ExitWatch | None = None
        self._follower: Follower | None = None
        self.project = project
        own = served.credentials.password
        self.secrets: tuple[str, ...] = (own, *sorted(shop.secrets - {own}))
        self._refresh()
        self.database_url = database.url(served.credentials, LOOPBACK, served.port)
        self.versions = {
            "engine": shop.connection.title,
            "postgresql": served.version,
            "postgresql-image": shop.request.spec.database.image,
        }

    def _refresh(self) -> None:
        """Set down what may have changed: a port that was taken is exchanged, a log may have been cut."""
        self.app_url = f"http://{LOOPBACK}:{self._app.port}"
        followers = [each for each in (self._follower, self._database.follower) if each is not None]
        cut = [
            f"Only the first {KEPT} lines of a log were kept; {each.dropped} more were written."
            for each in followers
            if each.dropped
        ]
        self.notes: tuple[str, ...] = (*self._shop.notes, *cut)

    def start_app(self) -> None:
        """Start the app's container."""
        self._shop.voice.check()
        self._app.start()
        self._refresh()
        if self._app.refused:
            return
        connection = self._shop.connection
        self._watch = ExitWatch(connection, self._app.container)
        self._follower = Follower(connection, self._app.container, "app", self._shop.redactor, self._shop.voice)

    def app(self) -> ContainerFacts:
        """Return the app's state now."""
        return self._facts(ROLE, self._app.container, self._app.name)

    def database(self) -> ContainerFacts:
        """Return the database server's state now."""
        return self._facts("database", self._database.container, self._database.name)

    def wait_app_exit(self, timeout: float) -> bool:
        """Wait until the app has exited and its log is complete, at most ``timeout`` seconds for the exit."""
        self._shop.voice.check()
        if self._app.refused:
            return True
        if self._watch is None or not self._watch.seen.wait(timeout):
            self._shop.voice.check()
            return False
        if self._watch.error is not None:
            raise self._watch.error
        if self._follower is not None:
            self._follower.join(_LOG_SECONDS)
        self._refresh()
        self._shop.voice.check()
        return True

    def image(self) -> ImageFacts:
        """Return how the app's image starts."""
        return facts.image_facts(self._tag, self._image, self._base, self._shop.redactor())

    def logs(self, source: LogSource) -> tuple[LogLine, ...]:
        """Return the lines seen so far."""
        self._shop.voice.check()
        follower = self._follower if source == "app" else self._database.follower
        return follower.lines() if follower is not None else ()

    def _facts(self, role: str, container: str, name: str) -> ContainerFacts:
        from docker.errors import NotFound

        self._shop.voice.check()
        with asking(self._shop.connection, f"asking for the state of {name}"):
            try:
                inspected: dict[str, Any] | None = self._shop.connection.api.inspect_container(container)
            except NotFound:
                inspected = None
        return facts.container_facts(role, name, inspected, self._shop.redactor())

    def watchers(self) -> list[Follower | ExitWatch]:
        """Return the threads that end with the containers, or when they are stopped."""
        return [each for each in (self._watch, self._follower, self._database.follower) if each is not None]
