"""One run of the local engine, from an empty folder to nothing left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

from incidentlab.engines import _context
from incidentlab.engines._base import Companion, Reached, StackRequest
from incidentlab.engines._local import carry, companion, files, household, jobs, launch, ledger, processes
from incidentlab.engines._local.app import App, log_path
from incidentlab.engines._local.identity import Identity
from incidentlab.engines._local.job import Job
from incidentlab.engines._local.server import Server
from incidentlab.engines._local.stack import Identification, LocalStack, Parts
from incidentlab.engines._local.tail import Tail
from incidentlab.errors import EnvironmentUnfitError, LeftBehindError
from incidentlab.model.events import LogSource, Phase, PhaseEnded, PhaseProgress, PhaseStarted, Tell, log_name
from incidentlab.model.scenario import StackSpec
from incidentlab.redact import Redactor

T = TypeVar("T")


class Session:
    """Holds what one run has started and takes it down again."""

    def __init__(self, request: StackRequest, title: str, tell: Tell) -> None:
        self.request = request
        self.tell = tell
        self.about = Identification(request.run, title, request.spec.dockerfile)
        self.ledger = ledger.Ledger(request.run)
        self.redactor = Redactor()
        self.stop_asked = Event()
        self.ground: Path | None = None
        self.tails: list[Tail] = []
        self.server: Server | None = None
        self.apps: list[App] = []
        self.beside: list[companion.Beside] = []

    def up(self) -> LocalStack:
        """Build and start the database, side by side.

        Raises:
            EnvironmentUnfitError: it is asked for what only a container can do, or one of its kinds.
        """
        _refuse(self.request.spec)
        # The driver takes longer to import than PostgreSQL to start: begin before anything else.
        Thread(target=self._load, name="incidentlab-load", daemon=True).start()
        wanted = self.request.spec.database
        major = wanted.major if wanted.replaced else ""
        host, identity = jobs.both(lambda: household.database_host(major), household.app_identity)
        ground = household.ground(self.request.run, self.request.scratch, (host.identity, identity))
        self.ground = ground
        self.ledger.folder(ground)
        server = self.server = self._server(host, ground)
        self.redactor = Redactor(server.logins.passwords)
        context = ground / "context"
        image, _ = jobs.both(
            lambda: self._phase("build", "Carrying out the Dockerfile", lambda: self._build(context, ground)),
            lambda: self._phase("database", f"Starting PostgreSQL {server.host.version}", lambda: self._serve(server)),
            stop=self.stop_asked,
        )
        return self._stack(image, server, identity, ground, context)

    def _load(self) -> None:
        import_module("psycopg")
        self.request.meanwhile()

    def _server(self, host: household.DatabaseHost, ground: Path) -> Server:
        quick = household.quick_ground(self.request.run, host.identity)
        if quick:
            self.ledger.folder(quick)
        folder = (quick or ground) / "database"
        folder.mkdir(mode=0o700)
        host.identity.own(folder)
        log = self._tail(ground / "database.log", "database")
        spec = self.request.spec.database
        return Server(host, spec, folder, self.ledger, log, self.stop_asked)

    def _tail(self, path: Path, source: LogSource, replica: int = 1) -> Tail:
        tail = Tail(path, source, lambda: self.redactor, self.tell, replica)
        self.tails.append(tail)
        return tail

    def _build(self, context: Path, ground: Path) -> carry.Image:
        _context.assemble(self.request.spec, context)
        into = ground / "image"
        into.mkdir(mode=0o755)
        return carry.carry_out(
            self.about.dockerfile, context, into, lambda text: self.tell(PhaseProgress("build", text))
        )

    def _serve(self, server: Server) -> None:
        server.start(self.request.timeout)

    def _phase(self, phase: Phase, title: str, do: Callable[[], T]) -> T:
        began = time.monotonic()
        self.tell(PhaseStarted(phase, title))
        ok = False
        try:
            result = do()
            ok = True
            return result
        finally:
            self.tell(PhaseEnded(phase, time.monotonic() - began, ok=ok))

    def _stack(self, image: carry.Image, server: Server, identity: Identity, ground: Path, context: Path) -> LocalStack:
        spec = self.request.spec
        job = Job(image, identity, self.ledger, ground, lambda: self.redactor, self.stop_asked)
        ports: list[int] = []
        words = launch.translation(image, launch.exposed_port(image), 0)
        for replica in range(1, spec.replicas + 1):
            wanted = companion.wanted(self.request.app_port) if replica == 1 else 0
            words = launch.translation(image, launch.exposed_port(image), wanted or self.ledger.port())
            if words.outside in ports:
                raise _one_port(words.outside)
            ports.append(words.outside)
            what = job.started(words, job.home(log_name("app", replica)), spec, server.logins.app)
            log = self._tail(log_path(ground, replica), "app", replica)
            self.apps.append(App(what, image.config, identity, self.ledger, log, replica))
        stack = LocalStack(
            self.about, spec, Parts(image, server, tuple(self.apps), tuple(ports), job, self._accompany, self._made)
        )
        stack.project = context
        stack.notes = (
            *image.notes,
            *_database_note(server),
            *launch.notes(words, image),
            f"The app runs as a process ({identity.describe()}), not in a container: no limits, no network of its own.",
            *_replicas_note(spec),
        )
        return stack

    def _made(self, spec: StackSpec, ports: tuple[int, ...]) -> tuple[carry.Image, tuple[App, ...]]:
        """Make another variant's app, with logs and homes of its own."""
        ground, server = self.ground, self.server
        if ground is None or server is None:
            raise RuntimeError("another variant comes after the stack is up")
        context, into = ground / f"context-{spec.variant}", ground / f"image-{spec.variant}"
        _context.assemble(spec, context)
        into.mkdir(mode=0o755)
        image = carry.carry_out(spec.dockerfile, context, into, lambda text: self.tell(PhaseProgress("mend", text)))
        job = Job(image, household.app_identity(), self.ledger, ground, lambda: self.redactor, self.stop_asked)
        apps = []
        for replica, port in enumerate(ports, 1):
            words = launch.translation(image, launch.exposed_port(image), port)
            name = f"{log_name('app', replica)}-{spec.variant}"
            what = job.started(words, job.home(name), spec, server.logins.app)
            log = self._tail(ground / f"{name}.log", "app", replica)
            apps.append(App(what, image.config, job.identity, self.ledger, log, replica))
        self.apps += apps
        return image, tuple(apps)

    def _accompany(self, wanted: Companion) -> tuple[companion.Beside, Reached]:
        ground = self.ground
        if ground is None:
            raise RuntimeError("a companion comes after the stack is up")
        begun = companion.start(wanted, ground / f"beside-{wanted.role}", household.app_identity(), self.ledger)
        self.beside.append(begun[0])
        return begun

    def down(self) -> None:
        """End every process and remove every file of this run.

        Raises:
            LeftBehindError: something could not be removed, and what.
        """
        self._phase("teardown", "Removing everything of this run", self._down)

    def _down(self) -> None:
        stops = [Thread(target=part.stop if isinstance(part, App) else part.halt) for part in self._parts()]
        stops += [Thread(target=part.halt) for part in self.beside]
        for thread in stops:
            thread.start()
        for thread in stops:
            thread.join()
        folders = self.ledger.record.own_folders()
        stubborn = processes.end_all(folders, grace=0.5) if folders else []
        for tail in self.tails:
            tail.close()
        problems = [f"process {pid}" for pid in stubborn]
        for folder in folders:
            try:
                files.remove_tree(folder)
            except OSError as error:
                problems.append(f"folder {folder}: {error.strerror}")
        if problems:
            self.ledger.state("failed")
            raise LeftBehindError(
                "Something of this run could not be removed.", why="\n".join(problems), mend=("incidentlab clean",)
            )
        ledger.drop(self.request.run)

    def _parts(self) -> list[App | Server]:
        return [*self.apps, *([self.server] if self.server is not None else [])]

    def leave(self) -> None:
        """Leave everything running, on purpose, and say so in the record."""
        self.ledger.state("kept")
        for tail in self.tails:
            tail.drain()


@contextmanager
def session(request: StackRequest, title: str, tell: Tell) -> Iterator[LocalStack]:
    """Give the living stack; take everything down on the way out, whatever the way, unless it is to be kept."""
    run = Session(request, title, tell)
    up = False
    stack = None
    try:
        stack = run.up()
        up = True
        yield stack
    finally:
        if stack is not None:
            stack.release_port()
        if up and request.keep.is_set():
            run.leave()
        else:
            jobs.to_its_end(run.down)


def _refuse(spec: StackSpec) -> None:
    """Refuse what would only look the same: a limit that ends a process in another way is another incident."""
    asked = [("limit memory", spec.memory), ("give the database a small volume", spec.database.volume)]
    for what, value in asked:
        if value:
            raise EnvironmentUnfitError(
                f"The local engine cannot {what}.",
                why="Processes without a container have neither limits nor volumes of their own.",
                mend=("Use the Docker engine: --engine docker",),
            )


def _one_port(port: int) -> EnvironmentUnfitError:
    return EnvironmentUnfitError(
        "The local engine cannot run several replicas of this image.",
        why=f"Its start command does not name port {port}, so that every replica would ask for the same one.",
        mend=("Name the port in CMD, or use the Docker engine: --engine docker",),
    )


def _replicas_note(spec: StackSpec) -> tuple[str, ...]:
    return ("All replicas share the image's files; in containers each has its own.",) if spec.replicas > 1 else ()


def _database_note(server: Server) -> tuple[str, ...]:
    if server.spec.major in ("", server.host.version.split(".")[0]):
        return ()
    return (f"PostgreSQL {server.host.version} stands in for {server.spec.image}.",)
