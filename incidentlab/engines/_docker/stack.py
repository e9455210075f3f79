"""A living stack in a Docker engine, as the lab, the steps and the collectors see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event as Flag
from time import monotonic
from typing import Any

from incidentlab.engines import _context
from incidentlab.engines._base import Companion, CompanionState, Finished, Reached
from incidentlab.engines._docker import build, database, facts, interruptible, job
from incidentlab.engines._docker import companion as beside
from incidentlab.engines._docker.app import App
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.database import Database
from incidentlab.engines._docker.exits import ExitWatch
from incidentlab.engines._docker.jobs import Job, join_all
from incidentlab.engines._docker.logs import KEPT, Follower
from incidentlab.engines._docker.parts import LOOPBACK, Workshop
from incidentlab.errors import EnvironmentUnfitError
from incidentlab.model.events import LogLine, LogSource
from incidentlab.model.evidence import ContainerFacts, ImageFacts
from incidentlab.model.scenario import StackSpec
from incidentlab.model.step import Login

_TICK = 0.01  # seconds between two looks at several replicas
_LOG_SECONDS = 5.0  # for the rest of a log after its container has ended; the engine ends the log itself


class DockerStack:
    """What one run has started. Each method raises ``EngineLostError`` once the engine has gone away."""

    def __init__(
        self,
        shop: Workshop,
        apps: tuple[App, ...],
        served: Database,
        image: dict[str, Any],
        tag: str,
        base: str,
        project: Path,
    ) -> None:
        self._shop = shop
        self._apps = apps
        self._database = served
        self._image = image
        self._tag = tag
        self._base = base
        self._watches: dict[int, ExitWatch] = {}
        self._followers: dict[int, Follower] = {}
        self._jobs = count(1)
        self._beside: dict[str, str] = {}  # role → container
        self._replaced: list[Follower | ExitWatch] = []  # of apps that another has taken the place of
        self.spec = shop.request.spec
        self.project = project
        own = shop.logins.passwords
        self.secrets: tuple[str, ...] = (*own, *sorted(shop.secrets - set(own)))
        self._refresh()
        logins = shop.logins.at(LOOPBACK, served.port)
        self.database_url = logins.app.url
        self.owner_url = logins.owner.url
        self.admin_url = logins.admin.url
        self.volume = database.VOLUME if self.spec.database.volume else ""
        self.versions = {
            "engine": shop.connection.title,
            "postgresql": served.version,
            "postgresql-image": self.spec.database.image,
        }

    def _refresh(self) -> None:
        """Set down what may have changed: a port that was taken is exchanged, a log may have been cut."""
        self.app_urls = tuple(f"http://{LOOPBACK}:{app.port}" for app in self._apps)
        self.app_url = self.app_urls[0]
        self.app_inside = tuple(app.inside for app in self._apps)
        cut = [
            f"Only the first {KEPT} lines of a log were kept; {each.dropped} more were written."
            for each in (*self._followers.values(), self._database.follower)
            if each.dropped
        ]
        self.notes: tuple[str, ...] = (*self._shop.notes, *cut)

    def start_app(self) -> None:
        """Start the containers of all replicas, side by side."""
        self._shop.voice.check()
        if len(self._apps) == 1:
            self._start(self._apps[0])
        else:
            join_all([Job(app.role, partial(self._start, app)) for app in self._apps], self._shop.cancel)
        self._refresh()

    def _start(self, app: App) -> None:
        app.start()
        if app.refused:
            return
        shop = self._shop
        self._watches[app.replica] = ExitWatch(shop.connection, app.container)
        self._followers[app.replica] = Follower(
            shop.connection, app.container, "app", shop.redactor, shop.voice, app.replica
        )

    def app(self, replica: int = 1) -> ContainerFacts:
        """Return a replica's state now."""
        app = self._apps[replica - 1]
        return self._facts(app.role, app.container, app.name)

    def database(self) -> ContainerFacts:
        """Return the database server's state now."""
        return self._facts("database", self._database.container, self._database.name)

    def wait_app_exit(self, timeout: float) -> bool:
        """Wait until a replica has exited and its log is complete, at most ``timeout`` seconds for the exit."""
        self._shop.voice.check()
        if any(app.refused for app in self._apps):
            return True
        ended = self._await_exit(timeout)
        if not ended:
            self._shop.voice.check()
            return False
        for replica in ended:
            if (error := self._watches[replica].error) is not None:
                raise error
            self._followers[replica].join(_LOG_SECONDS)
        self._refresh()
        self._shop.voice.check()
        return True

    def _await_exit(self, timeout: float) -> list[int]:
        """Return the replicas that have exited, after at most so many seconds in which none has."""
        deadline = monotonic() + timeout
        while True:
            for watch in list(self._watches.values())[:1]:
                watch.seen.wait(max(0.0, min(timeout if len(self._apps) == 1 else _TICK, deadline - monotonic())))
            ended = [replica for replica, watch in self._watches.items() if watch.seen.is_set()]
            if ended or not self._watches or monotonic() >= deadline:
                return [replica for replica in ended if replica in self._followers]

    def run_once(
        self,
        argv: Sequence[str],
        *,
        files: Path | None = None,
        login: Login = "app",
        timeout: float = 120.0,
        over: Flag | None = None,
    ) -> Finished:
        """Run a command in a container of the app's image, and wait for its end."""
        address = self._shop.logins.of_step(login)
        return job.run(self._shop, self._image, next(self._jobs), argv, files, address, timeout, over or Flag())

    def occupy_port(self) -> None:
        """Listen on the port on which the first replica is going to be published."""
        self._apps[0].occupy()

    def stop_database(self) -> None:
        """Stop the server; its container, name and address stay."""
        interruptible.stop(self._shop, self._database.container)

    def start_database(self) -> None:
        """Start the stopped server again and wait for its answer."""
        deadline = monotonic() + self._shop.request.timeout
        interruptible.start(self._shop, self._database.container, self._database.port, deadline)

    def replace_database(self, image: str) -> bool:
        """Refuse: the data lies in the server's own container, and goes with it."""
        raise EnvironmentUnfitError(
            f"The Docker engine cannot put a server of {image} on this run's data.",
            why="The data directory lies in the database's container; there is no volume that another one could have.",
            mend=("Use the local engine: --engine local",),
        )

    def accompany(self, companion: Companion) -> Reached:
        """Start a server beside the app, in a container on the run's network."""
        self._shop.voice.check()
        self._beside[companion.role], reached = beside.start(self._shop, companion)
        return reached

    def deploy(self, spec: StackSpec) -> None:
        """Put another variant's app in the place of this one, on the same port and under the same name."""
        shop = self._shop
        shop.voice.check()
        request = replace(shop.request, spec=spec, app_port=self._apps[0].port)
        context = shop.request.scratch / "context" / spec.variant
        _context.assemble(spec, context)
        told = shop.voice.progress("mend")
        made = build.run(
            build.Build(shop.connection, spec, context, request.registry, request.timeout, told, shop.cancel)
        )
        with asking(shop.connection, "replacing the app"):
            for app in self._apps:
                shop.connection.api.remove_container(app.container, force=True, v=True)
        self._replaced += [*self._watches.values(), *self._followers.values()]
        self._watches, self._followers = {}, {}
        theirs = replace(shop, request=request)
        self._apps = tuple(App(theirs, made.image, replica) for replica in range(1, spec.replicas + 1))
        self._image, self._tag, self.spec = made.image, made.tag, spec
        self._refresh()

    def companion(self, role: str) -> CompanionState:
        """Return the state of a companion now."""
        self._shop.voice.check()
        return beside.state(self._shop, self._beside[role])

    def image(self) -> ImageFacts:
        """Return how the app's image starts."""
        return facts.image_facts(self._tag, self._image, self._base, self._shop.redactor())

    def logs(self, source: LogSource, replica: int = 1) -> tuple[LogLine, ...]:
        """Return the lines seen so far."""
        self._shop.voice.check()
        follower = self._followers.get(replica) if source == "app" else self._database.follower
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
        now: list[Follower | ExitWatch] = [*self._watches.values(), *self._followers.values(), self._database.follower]
        return [*self._replaced, *now]
