"""One run of the local engine, from an empty folder to nothing left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

from incidentlab.engines import _context
from incidentlab.engines._base import StackRequest
from incidentlab.engines._local import carry, files, household, jobs, launch, ledger, processes
from incidentlab.engines._local.app import App, log_path
from incidentlab.engines._local.identity import Identity
from incidentlab.engines._local.server import Server
from incidentlab.engines._local.stack import Identification, LocalStack
from incidentlab.engines._local.tail import Tail
from incidentlab.errors import LeftBehindError
from incidentlab.model.events import Phase, PhaseEnded, PhaseProgress, PhaseStarted, Tell
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
        self.app: App | None = None

    def up(self) -> LocalStack:
        """Build and start the database, side by side."""
        # The driver takes longer to import than PostgreSQL to start: begin before anything else.
        Thread(target=import_module, args=("psycopg",), name="import-psycopg", daemon=True).start()
        host, identity = jobs.both(household.database_host, household.app_identity)
        ground = household.ground(self.request.run, self.request.scratch, (host.identity, identity))
        self.ground = ground
        self.ledger.folder(ground)
        server = self.server = self._server(host, ground)
        self.redactor = Redactor((server.password,))
        context = ground / "context"
        image, _ = jobs.both(
            lambda: self._phase("build", "Carrying out the Dockerfile", lambda: self._build(context, ground)),
            lambda: self._phase("database", f"Starting PostgreSQL {server.host.version}", lambda: self._serve(server)),
            stop=self.stop_asked,
        )
        return self._stack(image, server, identity, ground, context)

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

    def _tail(self, path: Path, source: str) -> Tail:
        tail = Tail(path, "app" if source == "app" else "database", lambda: self.redactor, self.tell)
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
        words = launch.translation(image, launch.exposed_port(image), self.ledger.port())
        home = _home(ground, identity)
        what = launch.launch(image, words, home, {"DATABASE_URL": server.url}, spec.env)
        app = self.app = App(what, image.config, identity, self.ledger, self._tail(log_path(ground), "app"))
        stack = LocalStack(self.about, image, server, app, f"http://127.0.0.1:{words.outside}")
        stack.project = context
        stack.notes = (
            *image.notes,
            *_database_note(server),
            *launch.notes(words, image),
            f"The app runs as a process ({identity.describe()}), not in a container: no limits, no network of its own.",
        )
        return stack

    def down(self) -> None:
        """End every process and remove every file of this run.

        Raises:
            LeftBehindError: something could not be removed, and what.
        """
        self._phase("teardown", "Removing everything of this run", self._down)

    def _down(self) -> None:
        stops = [Thread(target=part.stop if isinstance(part, App) else part.halt) for part in self._parts()]
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
        return [part for part in (self.app, self.server) if part is not None]

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
    try:
        stack = run.up()
        up = True
        yield stack
    finally:
        if up and request.keep.is_set():
            run.leave()
        else:
            jobs.to_its_end(run.down)


def _home(ground: Path, identity: Identity) -> Path:
    home = ground / "home"
    for folder in (home, home / "tmp"):
        folder.mkdir(mode=0o700)
        identity.own(folder)
    return home


def _database_note(server: Server) -> tuple[str, ...]:
    wanted = server.spec.image.partition(":")[2].partition("-")[0]
    if not wanted or wanted.split(".")[0] == server.host.version.split(".")[0]:
        return ()
    return (f"PostgreSQL {server.host.version} stands in for {server.spec.image}.",)
