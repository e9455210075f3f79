"""The locks of the migration tools themselves: an advisory lock of a session, or a row that says "I am at work".

They are another matter than a table's lock: no table is held, a row or a lock that is only tried again and again waits
for nothing that the server could log, and what lets go is the end of a session, or a command of the tool.
Sources: Prisma's "advisory locking" page; Flyway's ``PostgreSQLAdvisoryLockTemplate``; golang-migrate's
``database/postgres``; Knex's ``migrate/Migrator.js``; Liquibase's ``StandardLockService``; PostgreSQL's manual on
pg_locks and advisory locks; PgBouncer's table of what does not work in which pooling mode.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from incidentlab.causes._account import whole
from incidentlab.causes._evidence import said
from incidentlab.causes._toolbox import named, tool_of
from incidentlab.causes.migrations._account import command, words
from incidentlab.causes.migrations._locks import TOOL_LOCK
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence, LogEvent


@dataclass(frozen=True, slots=True)
class _Lock:
    """One tool's own lock; ``row`` is the table that holds it, empty where it is an advisory one."""

    tool: str
    title: str
    seen: re.Pattern[str]
    row: str = ""
    unlock: str = ""


_LOCKS = (
    _Lock("prisma", "Prisma", re.compile(r"\bacquire a postgres advisory lock\b")),
    _Lock("flyway", "Flyway", re.compile(r"\bacquire PostgreSQL advisory lock\b")),
    _Lock("golang-migrate", "golang-migrate", re.compile(r"\bcan't acquire (?:database )?lock\b")),
    _Lock("knex", "Knex", re.compile(r"\bMigration table is already locked\b|\bCan't take lock to run migrations\b"),
          "knex_migrations_lock", "npx knex migrate:unlock"),
    _Lock("liquibase", "Liquibase", re.compile(r"\bWaiting for changelog lock\b|\bacquire change log lock\b"),
          "databasechangeloglock", "liquibase release-locks"),
)  # fmt: skip
_ANY = _Lock("", "The migration's program", re.compile(r"(?!)"))
_HOLDER = re.compile(
    r"\bCurrently locked by (?P<who>[^\n]{1,160}? since [^\n]{4,40}?)(?=[\s.]{0,3}$|[\"'\n])", re.MULTILINE
)
_KEY = re.compile(r"\bpg_(?:try_)?advisory_lock\((?P<key>-?\d{1,20})\)")


def lock_of(event: LogEvent) -> _Lock | None:
    """Return the tool's own lock that an event speaks of, or ``None`` where it is a table's."""
    text = said(event)
    if not TOOL_LOCK.pattern.search(text):
        return None
    return next((one for one in _LOCKS if one.seen.search(text)), _ANY)


def summary(lock: _Lock, events: Iterable[LogEvent]) -> str:
    """Return who has the lock, as far as it is said, and what that can mean."""
    text = "\n".join(whole(event) for event in events)
    holder, key = _HOLDER.search(text), _KEY.search(text)
    if lock.row:
        by = f": {holder['who']}" if holder else ""
        return (
            f"{lock.title} finds its own lock taken, a row in {lock.row}{by}. Another run of it is at work, or one "
            "that was killed has left the row behind."
        )
    number = f" {key['key']}" if key else ""
    return (
        f"{lock.title} does not get the lock by which one program at a time migrates (an advisory lock{number}): "
        "another session holds it, of a migration that is at work or one that hangs."
    )


def mends(lock: _Lock, evidence: Evidence) -> tuple[Mend, ...]:
    """Return how to see who has the lock, how it is let go, and how to go on."""
    apply = command((named(lock.tool) if lock.tool else tool_of(evidence)).apply, "Applies them again.")
    if lock.row:
        return (
            command(f"psql \"$DATABASE_URL\" -c 'TABLE {lock.row}'", "Shows whether it is taken, and by whom."),
            command(
                lock.unlock,
                "Only after you have seen that no migration is running: the lock is a row that a killed "
                "one left behind.",
            ),
            apply,
        )
    return (
        command(
            'psql "$DATABASE_URL" -c "SELECT pid, l.granted, client_addr, application_name, state, now() - '
            "state_change AS since, left(query, 60) AS query FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE "
            "l.locktype = 'advisory'\"",
            "Names the session that holds it (granted: t), and those that wait for it.",
        ),
        command(
            'psql "$DATABASE_URL" -c "SELECT pg_terminate_backend(PID)"',
            "Only where no migration is at work: the lock goes with its session.",
        ),
        apply,
        words(
            "Let one program migrate before the others start, and connect it to the server itself, not to a pooler.",
            "Behind PgBouncer in transaction mode the lock stays with a connection of the pool.",
        ),
    )


def wanted(lock: _Lock) -> str:
    """Return what would tell whether the lock is held rightly."""
    if lock.row:
        return "Whether another migration still runs: give the logs of all programs that apply them."
    return "Whether another migration is at work: give the logs of all programs that apply them."
