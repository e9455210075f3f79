"""Typed facts collected from a target; a diagnosis reads these and nothing else.

Every fact has an ``id`` which a finding can cite, and a ``command`` by which a person can see the same thing
with standard tools. Facts hold no secrets: collectors redact before they build one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from incidentlab.model.compose import ComposeFacts as ComposeFacts
from incidentlab.model.database import DatabaseFacts as DatabaseFacts


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One thing a program said: a line, or a whole traceback with the innermost cause named.

    ``first_line`` and ``last_line`` count from 1 in the log of ``source``. ``text`` is the line that matters (for a
    traceback the last one: ``module.Error: message``); ``exception`` the dotted class that is named there;
    ``cause`` the innermost exception of a chain (``psycopg.errors.UndefinedTable``) with ``cause_text`` its line and
    ``sql`` the statement where one is shown. ``key_lines`` are (line number, text) pairs worth showing to a person.
    ``packages`` are those whose code a traceback went through, outermost first (``alembic``, ``sqlalchemy``).
    ``service`` is which of several programs said it, where one log holds several (compose, Kubernetes, journald);
    ``speaker`` which of its replicas or processes (``web-2``, ``postgres[71]``), where the log holds more than one;
    ``from_server`` whether PostgreSQL's own server did. ``english`` is PostgreSQL's message in English, with its names,
    where the log has it in another language. ``repeats`` counts further events of the same shape that were left out
    after this one.
    """

    id: str  # "log:app:41"
    source: str
    first_line: int
    last_line: int
    text: str
    at: datetime | None = None
    severity: Literal["debug", "info", "warning", "error", "fatal"] = "info"
    exception: str | None = None
    cause: str | None = None
    cause_text: str | None = None
    sqlstate: str | None = None
    sql: str | None = None
    key_lines: tuple[tuple[int, str], ...] = ()
    command: str = ""
    packages: tuple[str, ...] = ()
    service: str = ""
    from_server: bool = False
    english: str = ""
    repeats: int = 0
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """How an image or a container starts, from its configuration or, on the local engine, from its Dockerfile."""

    id: str  # "image:app"
    name: str
    cmd: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    env: Mapping[str, str] = field(default_factory=dict)  # values redacted
    exposed: tuple[str, ...] = ()  # as Docker writes them: "8000/tcp"
    healthcheck: tuple[str, ...] = ()
    base: str = ""  # the FROM of the final stage, where known
    size: int | None = None  # bytes
    command: str = ""
    service: str = ""  # of a compose project
    memory_limit: int | None = None  # bytes, of a container


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """The state of a container, or of the process that stands for it on the local engine.

    ``exit_code`` is ``None`` while it runs; on the local engine a death by signal N reads 128+N, as Docker has it.
    """

    id: str  # "container:app"
    name: str
    status: Literal["created", "running", "restarting", "paused", "exited", "dead", "missing"]
    exit_code: int | None = None
    oom_killed: bool = False
    restarts: int = 0
    health: Literal["none", "starting", "healthy", "unhealthy"] = "none"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str = ""
    command: str = ""
    service: str = ""  # of a compose project
    image: str = ""
    health_output: str = ""  # what the last health check said, redacted and cut
    networks: tuple[str, ...] = ()
    one_shot: bool = False  # it is meant to end: a migration job, a compose service others wait for to complete


@dataclass(frozen=True, slots=True)
class RevisionFile:
    """One migration script, read without running it. ``adds_columns`` are (table, column) pairs.

    Django's are ``app.0001_initial``; their parents are those of the same app, what they need of others is in
    ``depends_on``. ``replaces`` are the revisions that a squashed one stands for.
    """

    revision: str
    down_revisions: tuple[str, ...]
    path: str
    message: str = ""
    creates_tables: tuple[str, ...] = ()  # the names given to ``op.create_table``
    adds_columns: tuple[tuple[str, str], ...] = ()  # from ``op.add_column``
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DockerfileFacts:
    """A Dockerfile as text, with the place of its last CMD or ENTRYPOINT, for a mend that is a diff."""

    path: str  # as people know it: relative to the project
    text: str
    start_line: int | None = None  # of the instruction that says how the container starts


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A shell script of the project, as text; an image may start with it."""

    path: str  # relative to the project
    text: str


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What the code that was shipped expects of its database, read as text and never executed.

    ``dockerfile`` is the one that counts, ``dockerfiles`` all that were found, that one first. ``missing_parents``
    are (revision, parent) pairs where no file has the parent; ``cycles`` the revisions of each circle in the graph.
    ``left_out`` are migration files and Alembic's configuration that ``.dockerignore`` keeps out of the image.
    ``unread`` says, in a sentence each, which of its files could not be read and why. ``duplicates`` are the
    revisions that more than one file claims to be; ``tool`` is whose migrations they are, empty where there are none.
    """

    id: str  # "project:app"
    migrations: tuple[RevisionFile, ...] = ()
    heads: tuple[str, ...] = ()
    script_location: str = ""
    dockerfile: DockerfileFacts | None = None
    command: str = ""
    scripts: tuple[ScriptFile, ...] = ()
    unread: tuple[str, ...] = ()
    configured_in: str = ""  # the file that names the script location: "alembic.ini"
    dockerfiles: tuple[DockerfileFacts, ...] = ()
    missing_parents: tuple[tuple[str, str], ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    tool: str = ""  # "alembic" or "django"


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """What the HTTP probes of a run saw, summed up."""

    id: str  # "probe:app"
    url: str
    answered: int = 0
    failed: int = 0
    last_status: int | None = None
    last_body: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All facts about one target; any part may be empty where a source was not asked or did not answer.

    ``unread`` says, in a sentence each, what could not be read and why.
    """

    logs: tuple[LogEvent, ...] = ()
    databases: tuple[DatabaseFacts, ...] = ()
    images: tuple[ImageFacts, ...] = ()
    containers: tuple[ContainerFacts, ...] = ()
    projects: tuple[ProjectFacts, ...] = ()
    probes: tuple[ProbeFacts, ...] = ()
    unread: tuple[str, ...] = ()
    compose: tuple[ComposeFacts, ...] = ()
