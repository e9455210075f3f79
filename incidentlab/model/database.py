"""What a read-only look into a PostgreSQL database found."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MigrationTable:
    """The table in which a migration tool notes what it has applied.

    ``versions`` are the newest last, at most some thousands; ``None`` where the table could not be read.
    ``failed`` are those that the tool itself marks as failed or unfinished (Flyway, Prisma, golang-migrate).
    ``locked`` says who holds the tool's own lock, where it keeps one in a table (Liquibase, Knex) and it is taken.
    """

    tool: str  # "alembic", "django", "flyway", "liquibase", "rails", "prisma", "golang-migrate" …
    place: str  # "public.django_migrations"
    versions: tuple[str, ...] | None = ()
    failed: tuple[str, ...] = ()
    locked: str = ""


@dataclass(frozen=True, slots=True)
class LockWait:
    """One session that waits for another; both statements redacted and cut, empty where the role may not see them.

    A ``blocker`` of 0 is a prepared transaction; its name then stands in ``blocker_query``.
    """

    blocked: int  # the backend's process id
    blocked_query: str
    blocker: int
    blocker_query: str
    blocker_state: str  # as pg_stat_activity has it: "idle in transaction"
    relation: str = ""  # "public.tasks", where the lock is on a table
    mode: str = ""  # "AccessExclusiveLock"
    waited: float | None = None  # seconds
    blocker_age: float | None = None  # seconds since the blocker's transaction began
    kind: str = ""  # of lock, as pg_locks has it: "relation", "transactionid", "tuple", "advisory"


@dataclass(frozen=True, slots=True)
class Connections:
    """How many sessions there are against the limit, ours left out; ``by_state`` as pg_stat_activity counts them.

    Where the role may not see the state of a session it is counted as ``not shown``.
    """

    used: int
    limit: int  # max_connections
    reserved: int = 0  # superuser_reserved_connections and reserved_connections
    by_state: Mapping[str, int] = field(default_factory=dict)
    oldest_idle_in_transaction: float | None = None  # seconds
    role_limit: int | None = None  # rolconnlimit of the role that asked, where it has one
    database_limit: int | None = None  # datconnlimit, where there is one


@dataclass(frozen=True, slots=True)
class SequenceUse:
    """A sequence near its end, or one whose column is narrower than itself."""

    name: str  # "public.tasks_id_seq"
    last: int
    limit: int  # the smaller of the sequence's end and what its column can hold
    column: str = ""  # "public.tasks.id integer"


@dataclass(frozen=True, slots=True)
class Privileges:
    """What the role that asked may not do, where an application would need it."""

    superuser: bool = False
    cannot_use: tuple[str, ...] = ()  # schemas without USAGE
    cannot_create: tuple[str, ...] = ()  # schemas of the search_path without CREATE
    cannot_read: tuple[str, ...] = ()  # tables without SELECT
    cannot_write: tuple[str, ...] = ()  # tables with SELECT and without INSERT or UPDATE
    not_owned: tuple[str, ...] = ()  # tables of another owner, of whose role this one is no member


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a read-only look into the database found.

    ``revisions`` is what Alembic's version table holds: ``None`` where there is no such table, empty where it has no
    row. ``tables`` are ``schema.name`` of ordinary and partitioned tables outside the system schemas.
    ``version_table`` is where that table lies (``public.alembic_version``); with ``revisions`` ``None`` beside it, the
    table is there and could not be read, and ``error`` says why. ``settings`` are some of the server's settings, as
    ``SHOW`` has them. ``unread`` says, in a sentence each, which parts the role may not see.
    """

    id: str  # "database:taskmanager"
    reachable: bool
    error: str | None = None
    server_version: str | None = None
    database: str | None = None
    user: str | None = None
    revisions: tuple[str, ...] | None = None
    tables: tuple[str, ...] = ()
    search_path: str | None = None
    command: str = ""
    version_table: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    sqlstate: str | None = None  # of the refusal, where the server gave one
    schemas: tuple[str, ...] = ()  # those that the search_path resolves to, in its order
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "public.tasks" → its columns
    migration_tables: tuple[MigrationTable, ...] = ()
    databases: tuple[str, ...] = ()  # the server's other databases, by name
    privileges: Privileges | None = None
    locks: tuple[LockWait, ...] = ()
    connections: Connections | None = None
    invalid_indexes: tuple[str, ...] = ()
    sequences: tuple[SequenceUse, ...] = ()  # at 80 % of their limit and more
    size: int | None = None  # bytes, of this database
    transaction_age: int | None = None  # age(datfrozenxid), in transactions
    in_recovery: bool = False
    read_only: bool = False  # default_transaction_read_only of the server, not of our session
    unread: tuple[str, ...] = ()
