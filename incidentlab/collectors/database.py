"""A database's URL → its state: version, revision and tables, read and never changed."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any

from incidentlab.collectors._dsn import libpq_url, secrets_of
from incidentlab.model.evidence import DatabaseFacts
from incidentlab.redact import Redactor

if TYPE_CHECKING:
    from psycopg import Connection

    Session = Connection[tuple[Any, ...]]

_CONNECT_SECONDS = 3
_STATEMENT_MILLISECONDS = 2_000
_LOCK_MILLISECONDS = 500
# The statement timeout is the server's; this one is ours, for a server that has stopped answering at all.
_ANSWER_SECONDS = 6.0
_MOST_TABLES = 10_000
_OPTIONS = (
    f"-c default_transaction_read_only=on -c statement_timeout={_STATEMENT_MILLISECONDS}"
    f" -c lock_timeout={_LOCK_MILLISECONDS}"
)
_SERVER = "SELECT current_setting('server_version'), current_database(), current_user, current_setting('search_path')"
_TABLES = """
    SELECT n.nspname || '.' || c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    ORDER BY 1 LIMIT %s
"""
# What an assessment of good practice asks; each may be read by every role.
_SETTINGS = (
    "SELECT name, setting FROM pg_catalog.pg_settings"
    " WHERE name IN ('ssl', 'archive_mode', 'wal_level', 'max_connections', 'listen_addresses', 'port')"
)
# Alembic's table may have another name (version_table) and lie in another schema (version_table_schema); it always has
# version_num as its only column. One that is called by its usual name and is seen without a schema comes first.
_VERSION_TABLES = """
    SELECT n.nspname, c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1 AND a.attname = 'version_num'
    WHERE c.relkind IN ('r', 'p') AND c.relnatts = 1
    ORDER BY c.relname <> 'alembic_version', NOT pg_catalog.pg_table_is_visible(c.oid), 1, 2
    LIMIT 1
"""


def read(url: str, *, name: str = "database", command: str = "") -> DatabaseFacts:
    """Look into a database with one read-only session; a database that refuses or stalls is a fact, no error.

    Args:
        url: ``postgres://``, ``postgresql://`` or ``postgresql+driver://``.
        name: what the facts call it; their id is ``database:NAME``.
        command: what a person types to see the same; by default psql on ``$DATABASE_URL``.

    Returns:
        What was found, after at most about ten seconds; with ``reachable=False`` and a redacted ``error`` where no
        session could be had.

    Raises:
        UsageError: ``url`` is not that of a PostgreSQL database.
    """
    import psycopg
    from psycopg.pq import Conninfo

    keywords = frozenset(option.keyword.decode() for option in Conninfo.get_defaults())
    target = libpq_url(url, keywords)
    shown_by = command or 'psql "$DATABASE_URL" -c "SELECT version_num FROM alembic_version"'
    redactor = Redactor(secrets_of(url))
    try:
        with _session(target) as session:
            return _look(session, f"database:{name}", shown_by, redactor)
    except psycopg.Error as error:
        said = redactor.text(" ".join(str(error).split())) or type(error).__name__
        return DatabaseFacts(f"database:{name}", reachable=False, error=said, command=shown_by)


@contextmanager
def _session(url: str) -> "Iterator[Session]":
    session = _connect(url)
    deadline = Timer(_ANSWER_SECONDS, _hang_up, [session.fileno()])
    deadline.daemon = True
    deadline.start()
    try:
        with session.transaction(force_rollback=True):
            # Again, and for this transaction alone: a pooler may have dropped the options, and hands the server's
            # session to somebody else afterwards.
            session.execute("SET TRANSACTION READ ONLY")
            session.execute(f"SET LOCAL statement_timeout = {_STATEMENT_MILLISECONDS}")
            session.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
            yield session
    finally:
        deadline.cancel()
        session.close()


def _connect(url: str) -> "Session":
    from psycopg import OperationalError, connect

    def attempt(options: str) -> "Session":
        return connect(
            url,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name="incidentlab",
            options=options,
        )

    try:
        return attempt(_OPTIONS)
    except OperationalError as error:
        if "startup parameter" not in str(error):
            raise
        return attempt("")  # PgBouncer refuses options that it does not know


def _hang_up(descriptor: int) -> None:
    """End the conversation from outside: whoever waits for an answer gets an end of file at once."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as line:
            line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it ended by itself in the same moment


def _look(session: "Session", fact: str, command: str, redactor: Redactor) -> DatabaseFacts:
    import psycopg

    version, database, user, search_path = session.execute(_SERVER).fetchone() or (None,) * 4
    tables = tuple(row[0] for row in session.execute(_TABLES, (_MOST_TABLES,)))
    settings = {str(row[0]): str(row[1]) for row in session.execute(_SETTINGS)}
    place = session.execute(_VERSION_TABLES).fetchone()
    revisions, error = None, None
    if place:
        try:
            revisions = _revisions(session, place[0], place[1])
        except psycopg.DatabaseError as refused:
            if session.broken:
                raise
            error = redactor.text(str(refused).partition("\n")[0])
    return DatabaseFacts(
        fact,
        reachable=True,
        error=error,
        server_version=version,
        database=database,
        user=user,
        revisions=revisions,
        tables=tables,
        search_path=search_path,
        command=command,
        version_table=f"{place[0]}.{place[1]}" if place else None,
        settings=settings,
    )


def _revisions(session: "Session", schema: str, table: str) -> tuple[str, ...]:
    from psycopg import sql

    query = sql.SQL("SELECT version_num FROM {} ORDER BY 1").format(sql.Identifier(schema, table))
    with session.transaction():  # a refusal must not end the outer transaction
        return tuple(row[0] for row in session.execute(query))
