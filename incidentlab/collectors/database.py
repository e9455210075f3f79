"""A database's URL → its state: versions, tables, rights, locks and limits, read and never changed."""

import shlex
from dataclasses import replace

from incidentlab.collectors import _db_session
from incidentlab.collectors._db_look import Look
from incidentlab.collectors._dsn import target
from incidentlab.model.database import DatabaseFacts
from incidentlab.redact import Redactor


def read(url: str, *, name: str = "database", command: str = "") -> DatabaseFacts:
    """Look into a database with one read-only session; a database that refuses or stalls is a fact, no error.

    Args:
        url: a URL or connection string as programs write them (see ``_dsn``). A service (``?service=`` or
            PGSERVICE), a password file and libpq's environment variables count as they do for psql.
        name: what the facts call it; their id is ``database:NAME``.
        command: what a person types to see the same; by default psql on ``$DATABASE_URL``.

    Returns:
        What was found, after at most about ten seconds. With ``reachable=False`` and a redacted ``error`` where no
        session could be had; ``unread`` names the parts that the role may not see or that took too long.

    Raises:
        UsageError: ``url`` is not that of a PostgreSQL database.
    """
    import psycopg
    from psycopg.pq import Conninfo

    where = target(url, frozenset(option.keyword.decode() for option in Conninfo.get_defaults()))
    redactor = Redactor(where.secrets)
    remarks = list(where.remarks)
    look = Look(DatabaseFacts(f"database:{name}", reachable=False, command=command), remarks, redactor)
    try:
        with _db_session.opened(where, remarks) as session:
            look.at(session, where.search_path)
    except psycopg.Error as error:
        look.ended_by(error)
    facts = replace(look.facts, unread=tuple(remarks))
    return facts if facts.command else replace(facts, command=_command(facts))


def _command(facts: DatabaseFacts) -> str:
    """Return what a person types to see the heart of the facts; the password stays in the variable."""
    if not facts.reachable:
        statement = "SELECT version()"
    elif facts.version_table:
        schema, _, table = facts.version_table.partition(".")
        place = ".".join(part if part.isidentifier() and part.islower() else f'"{part}"' for part in (schema, table))
        statement = f"SELECT version_num FROM {place}"  # noqa: S608  (to be shown, not run)
    else:
        statement = r"\dt *.*"
    quoted = f'"{statement}"' if '"' not in statement and "\\" not in statement else shlex.quote(statement)
    return f'psql "$DATABASE_URL" -c {quoted}'
