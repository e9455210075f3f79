"""One run from its first container to its last: build and database side by side, then the stack, then nothing."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

from incidentlab.engines import _context
from incidentlab.engines._base import StackRequest
from incidentlab.engines._docker import build, database, images, recipe, teardown
from incidentlab.engines._docker.app import App
from incidentlab.engines._docker.build import Build, Built
from incidentlab.engines._docker.client import asking, connected
from incidentlab.engines._docker.database import Database
from incidentlab.engines._docker.jobs import Cancel, CancelledError, Job, join_all, wait_for
from incidentlab.engines._docker.parts import Workshop
from incidentlab.engines._docker.postgres import Credentials
from incidentlab.engines._docker.stack import DockerStack
from incidentlab.engines._docker.usable import require
from incidentlab.engines._docker.voice import Voice
from incidentlab.engines._logins import Logins
from incidentlab.errors import EngineLostError, IncidentlabError
from incidentlab.model.events import PhaseEnded, PhaseStarted, Tell

CONTEXT = "context"  # the folder below the run's own that holds what is shipped
_CALLED_OFF_SECONDS = 10.0  # for work that was called off to notice


@contextmanager
def living(request: StackRequest, tell: Tell) -> Iterator[DockerStack]:
    """Give the stack of a run; take it away on every way out, unless it is to be kept."""
    cancel = Cancel()
    with connected() as connection:
        require(connection)
        database_spec = request.spec.database
        login = Credentials(database_spec.admin, secrets.token_hex(16), database_spec.name)
        logins = Logins.of(database_spec, login.password, lambda: secrets.token_hex(16))
        shop = Workshop(connection, request, Voice(tell, cancel), cancel, login, logins)
        threads: list[Thread] = []
        try:
            stack = _begun(shop, threads)
            try:
                yield stack
            finally:
                watchers = stack.watchers()
                if request.keep.is_set():
                    for watcher in watchers:
                        watcher.stop()
                threads += watchers
        finally:
            _ended(shop, threads)
        shop.voice.check()


def _begun(shop: Workshop, threads: list[Thread]) -> DockerStack:
    """Build the image and make its container, and side by side start the database."""
    context = shop.request.scratch / CONTEXT / "content"
    networking = Job("network", lambda: _network(shop), threads)
    building = Job("build", lambda: _build(shop, context), threads)
    serving = Job("database", lambda: _serve(shop), threads)
    jobs: tuple[Job[Any], ...] = (networking, building, serving)
    try:
        while serving.is_alive() and not any(job.error for job in jobs) and not shop.starting.wait(0.05):
            shop.voice.check()
        import psycopg  # noqa: F401 — takes as long as a container's start, and that is now; earlier it would delay it

        shop.request.meanwhile()
        join_all(jobs, shop.cancel)
    except CancelledError:
        shop.voice.check()  # the reason is a listener's, raised in a thread that follows a log
        raise
    (built, apps), served = building.result(), serving.result()
    base = recipe.final_base((context / "Dockerfile").read_text("utf-8", "replace"))
    return DockerStack(shop, apps, served, built.image, built.tag, base, context)


def _build(shop: Workshop, context: Path) -> tuple[Built, tuple[App, ...]]:
    shop.cancel.check()
    request = shop.request
    with shop.voice.phase("build", "Building the image") as detail:
        _context.assemble(request.spec, context)
        told = shop.voice.progress("build")
        made = build.run(
            Build(shop.connection, request.spec, context, request.registry, request.timeout, told, shop.cancel)
        )
        detail.append(f"{made.tag}, {made.image.get('Size', 0) / 1e6:.0f} MB")
    apps = tuple(App(shop, made.image, replica) for replica in range(1, request.spec.replicas + 1))
    images.clear_superseded(shop.connection)
    return made, apps


def _network(shop: Workshop) -> None:
    with asking(shop.connection, "creating the run's network"):
        shop.connection.api.create_network(shop.network, driver="bridge", labels=shop.labels)
    shop.networked.set()


def _serve(shop: Workshop) -> Database:
    shop.cancel.check()
    with shop.voice.phase("database", "Starting PostgreSQL") as detail:
        served = database.start(shop)
        detail.append(f"PostgreSQL {served.version} answers")
        return served


def _ended(shop: Workshop, threads: list[Thread]) -> None:
    """Take all of it away, in a thread: an impatient second Ctrl-C must not stop the removal half-way."""
    if shop.request.keep.is_set():
        shop.release()
        wait_for(threads, 1.0)
        _clear(shop)
        return
    removal: Job[None] | None = None
    impatience: BaseException | None = None
    while removal is None or not removal.over.is_set():
        try:
            removal = removal or Job("teardown", lambda: _removed(shop, threads))
            removal.over.wait(0.5)
        except KeyboardInterrupt as interrupt:
            impatience = interrupt
    removal.result()
    if impatience is not None:
        raise impatience


def _removed(shop: Workshop, threads: list[Thread]) -> None:
    began = perf_counter()
    shop.voice.quietly(PhaseStarted("teardown", "Removing containers and network"))
    try:
        shop.cancel.set()
        shop.release()
        # Nobody may start anything any more once we look for what there is.
        wait_for([thread for thread in threads if isinstance(thread, Job)], _CALLED_OFF_SECONDS)
        _taken_away(shop)
        wait_for(threads, 1.0)
    except IncidentlabError as error:
        shop.voice.quietly(PhaseEnded("teardown", perf_counter() - began, error.what, ok=False))
        raise
    finally:
        _clear(shop)
    shop.voice.quietly(PhaseEnded("teardown", perf_counter() - began, "nothing is left"))


def _taken_away(shop: Workshop) -> None:
    run = shop.request.run
    try:
        teardown.take_away(shop.connection, run)
    except EngineLostError as gone:
        raise EngineLostError(
            f"The Docker engine at {shop.connection.endpoint} went away before run {run} could be removed.",
            why=f"Containers incidentlab-{run}-app, incidentlab-{run}-db and network incidentlab-{run} may be left. "
            f"{gone.why}",
            mend=("Start the engine again: sudo systemctl start docker", "Then remove what is left: incidentlab clean"),
        ) from gone


def _clear(shop: Workshop) -> None:
    """Remove the context from this machine; a stack that is kept has it in its image."""
    shutil.rmtree(shop.request.scratch / CONTEXT, ignore_errors=True)
