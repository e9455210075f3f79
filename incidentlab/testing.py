"""Builders of evidence and a fake stack, for this project's tests and for users' own causes and steps.

::

    from incidentlab.testing import app_log, container, evidence, image

    facts = evidence(
        app_log('psycopg.errors.UndefinedTable: relation "tasks" does not exist'),
        image("uvicorn", "main:app"),
        container(exit_code=3),
    )
    assert diagnose(facts).findings[0].cause == "migrations-not-applied"
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import Literal

from incidentlab.collectors import log
from incidentlab.engines._base import Companion, CompanionState, Finished, Reached
from incidentlab.model.events import LogLine, LogSource
from incidentlab.model.evidence import (
    ContainerFacts,
    DatabaseFacts,
    DockerfileFacts,
    Evidence,
    ImageFacts,
    LogEvent,
    ProbeFacts,
    ProjectFacts,
    RevisionFile,
    ScriptFile,
)
from incidentlab.model.scenario import DatabaseSpec, StackSpec
from incidentlab.model.step import Login

Fact = tuple[LogEvent, ...] | DatabaseFacts | ImageFacts | ContainerFacts | ProjectFacts | ProbeFacts


def evidence(*facts: Fact, unread: Sequence[str] = ()) -> Evidence:
    """Return the evidence that consists of these facts, in any order."""
    return Evidence(
        logs=tuple(event for fact in facts if isinstance(fact, tuple) for event in fact),
        databases=tuple(fact for fact in facts if isinstance(fact, DatabaseFacts)),
        images=tuple(fact for fact in facts if isinstance(fact, ImageFacts)),
        containers=tuple(fact for fact in facts if isinstance(fact, ContainerFacts)),
        projects=tuple(fact for fact in facts if isinstance(fact, ProjectFacts)),
        probes=tuple(fact for fact in facts if isinstance(fact, ProbeFacts)),
        unread=tuple(unread),
    )


def app_log(text: str, *, source: str = "app") -> tuple[LogEvent, ...]:
    """Return the events of a program's log, as the collector reads them; times count where lines begin with one."""
    return log.read(text.split("\n"), source, f"docker logs incidentlab-test-{source}")


def database_log(text: str) -> tuple[LogEvent, ...]:
    """Return the events of a PostgreSQL server's log."""
    return app_log(text, source="database")


def image(*cmd: str, entrypoint: Sequence[str] = (), name: str = "incidentlab-test-app") -> ImageFacts:
    """Return an image that starts with this command."""
    shown_by = f"docker inspect {name} --format '{{{{json .Config.Cmd}}}}'"
    return ImageFacts("image:app", name, cmd, tuple(entrypoint), command=shown_by)


def container(
    name: str = "incidentlab-test-app",
    *,
    status: Literal["created", "running", "exited", "missing"] | None = None,
    exit_code: int | None = None,
    health: Literal["none", "starting", "healthy", "unhealthy"] = "none",
    error: str = "",
    restarts: int = 0,
) -> ContainerFacts:
    """Return a container's state; with an exit code it has exited, without one it runs, unless ``status`` is given."""
    state = status or ("running" if exit_code is None else "exited")
    return ContainerFacts(
        f"container:{name.rpartition('-')[2]}",
        name,
        state,
        exit_code,
        restarts=restarts,
        health=health,
        error=error,
        command=f"docker inspect {name} --format '{{{{json .State}}}}'",
    )


def database(
    revisions: Sequence[str] | None = None, *, tables: Sequence[str] = (), reachable: bool = True
) -> DatabaseFacts:
    """Return what a look into a database found; ``None`` for one without Alembic's version table."""
    return DatabaseFacts(
        "database:app",
        reachable,
        error=None if reachable else "connection refused",
        server_version="15.8",
        database="app",
        user="app",
        revisions=tuple(revisions) if revisions is not None else None,
        tables=(*tables, *(() if revisions is None else ("public.alembic_version",))),
        search_path='"$user", public',
        command='psql "$DATABASE_URL" -c "SELECT version_num FROM alembic_version"',
        version_table=None if revisions is None else "public.alembic_version",
    )


def project(
    *tables: str, dockerfile: str = "", path: str = "Dockerfile", scripts: Sequence[tuple[str, str]] = ()
) -> ProjectFacts:
    """Return a project with one revision for each table, in a line; the last one (``rev2`` of two) is the head."""
    migrations = tuple(
        RevisionFile(
            f"rev{number}",
            (f"rev{number - 1}",) if number > 1 else (),
            f"alembic/versions/rev{number}_create_{table}.py",
            f"create {table}",
            (table,),
        )
        for number, table in enumerate(tables, start=1)
    )
    lines = dockerfile.split("\n")
    start = next((n for n, line in enumerate(lines, 1) if line.startswith(("CMD", "ENTRYPOINT"))), None)
    return ProjectFacts(
        "project:app",
        migrations,
        (migrations[-1].revision,) if migrations else (),
        "alembic" if migrations else "",
        DockerfileFacts(path, dockerfile, start) if dockerfile else None,
        "alembic heads --verbose",
        tuple(ScriptFile(name, text) for name, text in scripts),
    )


def probe(status: int | None = 200, *, answered: int = 5, failed: int = 0) -> ProbeFacts:
    """Return what probes of a service saw."""
    url = "http://127.0.0.1:8000/health"
    return ProbeFacts("probe:app", url, answered if status else 0, failed, status, command=f"curl -i {url}")


@dataclass
class FakeStack:
    """A stack of which nothing runs: what it says is what it was given.

    It keeps the promises of ``incidentlab.engines._base.Stack`` without waiting: an app with an exit code has exited
    as soon as it was started.
    """

    app_facts: ContainerFacts = field(default_factory=container)
    database_facts: ContainerFacts = field(default_factory=lambda: container("incidentlab-test-database"))
    image_facts: ImageFacts = field(default_factory=lambda: image("uvicorn", "main:app"))
    lines: dict[LogSource, tuple[LogLine, ...]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    spec: StackSpec = field(default_factory=lambda: StackSpec("test", "broken", Path("Dockerfile"), (), DatabaseSpec()))
    app_url: str = "http://127.0.0.1:8000"
    app_urls: tuple[str, ...] = ("http://127.0.0.1:8000",)
    app_inside: tuple[str, ...] = ("127.0.0.1:8000",)
    database_url: str = "postgresql://app:secret@127.0.0.1:5432/app"
    owner_url: str = "postgresql://app:secret@127.0.0.1:5432/app"
    admin_url: str = "postgresql://app:secret@127.0.0.1:5432/app"
    volume: str = ""
    secrets: tuple[str, ...] = ("secret",)
    project: Path = Path()
    started: bool = False
    finished: Finished = field(default_factory=lambda: Finished(0, ()))  # what every job comes to
    hangs: bool = False  # whether jobs do not end by themselves
    did: list[str] = field(default_factory=list)  # what steps have asked of it

    def say(self, source: LogSource, texts: Iterable[str]) -> None:
        """Let the app or the database have written these lines."""
        before = self.lines.get(source, ())
        new = (LogLine(source, number, text) for number, text in enumerate(texts, start=len(before) + 1))
        self.lines[source] = (*before, *new)

    def start_app(self) -> None:
        """Note that the app was started."""
        self.started = True

    def app(self, replica: int = 1) -> ContainerFacts:
        """Return the app's state, the same for all replicas: missing before it was started."""
        del replica
        return self.app_facts if self.started else container(self.app_facts.name, status="missing")

    def wait_app_exit(self, timeout: float) -> bool:
        """Return at once whether the app has exited."""
        del timeout  # nothing runs, so there is nothing to wait for
        return self.started and self.app_facts.exit_code is not None

    def database(self) -> ContainerFacts:
        """Return the database server's state."""
        return self.database_facts

    def image(self) -> ImageFacts:
        """Return how the app's image starts."""
        return self.image_facts

    def logs(self, source: LogSource, replica: int = 1) -> tuple[LogLine, ...]:
        """Return the lines that were said; they are the first replica's."""
        return self.lines.get(source, ()) if replica == 1 else ()

    def run_once(
        self,
        argv: Sequence[str],
        *,
        files: Path | None = None,
        login: Login = "app",
        timeout: float = 120.0,
        over: Flag | None = None,
    ) -> Finished:
        """Note the command; it comes to what was given as ``finished``, or to no end of its own where it hangs."""
        del files, login
        self.did.append(" ".join(argv))
        if self.hangs:
            (over or Flag()).wait(timeout)
            return Finished(137, ())
        return self.finished

    def occupy_port(self) -> None:
        """Note it."""
        self.did.append("occupy the port")

    def stop_database(self) -> None:
        """Note it."""
        self.did.append("stop the database")

    def replace_database(self, image: str) -> bool:
        """Note it; the other server answers."""
        self.did.append(f"replace the database by {image}")
        return True

    def start_database(self) -> None:
        """Note it."""
        self.did.append("start the database")

    def accompany(self, companion: Companion) -> Reached:
        """Note it; it is said to be where people expect it."""
        self.did.append(f"start {companion.role}")
        return Reached(f"http://127.0.0.1:{companion.port}", f"{companion.role}:{companion.port}")

    def deploy(self, spec: StackSpec) -> None:
        """Note it; the app of another variant has not been started."""
        self.did.append(f"deploy {spec.variant}")
        self.spec, self.started = spec, False

    def companion(self, role: str) -> CompanionState:
        """Say that it runs."""
        return CompanionState(f"start {role}" in self.did)
