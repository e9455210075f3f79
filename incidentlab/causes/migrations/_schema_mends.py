"""What to do where a session looks in another schema than the one in which its tables are, or in one that is not."""

import re

from incidentlab.causes.migrations._account import command, in_psql, quoted, words
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence

_JAVA = re.compile(r"\b[Hh]ibernate\b|\borg\.postgresql\b|\bjdbc:|\bSqlExceptionHelper\b|\b[Ff]lyway|\bTomcat\b")
_LIBPQ = "?options=-csearch_path%3D{0} in the URL, or ALTER ROLE ROLE SET search_path = {0}, public"
_POOLER = re.compile(r"\bpg_?bouncer\b|\bpooler\b|\bpgcat\b|\bodyssey\b", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z_]\w{0,62}")


def hidden(evidence: Evidence, table: str, schema: str) -> tuple[Mend, ...]:
    """Return what helps where a tool has filled a schema to which nothing leads the service's sessions."""
    texts = [event.text for event in evidence.logs]
    where = (
        "hibernate.default_schema={0}, or ?currentSchema={0} in the JDBC URL"
        if any(_JAVA.search(text) for text in texts)
        else _LIBPQ
    )
    name, bare = schema, table.replace('"', "").rpartition(".")[2]
    look = command(
        f'psql "$DATABASE_URL" -c "SHOW search_path" -c {quoted(chr(92) + "d *." + in_psql(bare))}',
        f"With the service's DATABASE_URL: shows where its sessions look, and whether {bare} is in {schema}.",
    )
    give = words(
        f"Give the service the schema of the tool: {where.format(name)}.",
        "A schema that a migration tool is given is its own; the service's sessions look along their search_path.",
    )
    if not any(_POOLER.search(text) for text in texts):
        return look, give
    path = f"ALTER ROLE ROLE SET search_path = {name}, public"
    return (
        look,
        words(
            f"Behind the pooler let the server set the path for the service's role ({path}), or write the schema into "
            f'the statement ("{schema}"."{bare}").',
            "Between transactions a pooler hands out another connection: what one session set is not there.",
        ),
        give,
    )


def of_sessions() -> tuple[Mend, ...]:
    """Return what helps where a pooler hands one client's search_path to another, or takes it away."""
    return (
        words(
            "Set the path anew at the beginning of every transaction (SET LOCAL search_path = …), or write the schema "
            "into the statements.",
            "SET LOCAL ends with its transaction, so no other client gets it.",
        ),
        words(
            "Or let PgBouncer give a client one connection for its whole session: pool_mode = session for this "
            "database.",
            "With pool_mode = transaction what a session sets stays on a connection that others get next.",
        ),
        command('psql "$DATABASE_URL" -c "SHOW search_path"', "Asked several times: shows whether it changes."),
    )


def of_absent(schema: str) -> tuple[Mend, ...]:
    """Return what helps where a statement names a schema that nobody has created; no search_path can do that."""
    named = schema if _PLAIN.fullmatch(schema) else "SCHEMA"
    create = f'CREATE SCHEMA IF NOT EXISTS "{named}"'
    return (
        command(f'psql "$DATABASE_URL" -c {quoted(create)}', "Creates it, empty; then apply the migrations again."),
        words(
            f"So that every database gets it: {create} in the first migration, before what is created there (Alembic: "
            "op.execute).",
            "Migration tools create their tables, and seldom a schema.",
        ),
        command('psql "$DATABASE_URL" -c "\\dn"', "Lists the schemas that there are, if the name is what is wrong."),
    )


def of_tools(asked: str, migrated: str) -> tuple[Mend, ...]:
    """Return what helps where the tool's schema and the one that the code names are two."""
    look = of_path(migrated, "")[0]
    both = words(
        f"Let the migrations and the code mean one schema: either the tool is given {asked} (Flyway: "
        f"spring.flyway.schemas or FLYWAY_SCHEMAS={asked}; Liquibase: defaultSchemaName), or the code {migrated} "
        "(Hibernate: hibernate.default_schema, or the schema that an entity names).",
        "The tool creates what it creates in its own schema, and says so.",
    )
    return look, both


def of_path(schema: str, user: str, *, emptied: bool = False) -> tuple[Mend, ...]:
    """Return what leads a session to a schema: the role's search_path, the URL, or the names themselves.

    Where a script has emptied the path of its session, that script is what to change: ``emptied``.
    """
    look = command(
        'psql "$DATABASE_URL" -c "SHOW search_path" -c "SELECT table_schema, table_name FROM '
        "information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')\"",
        "Shows where this session looks, and where the tables are.",
    )
    name = schema or "SCHEMA"
    role = user or "ROLE"
    path = ", ".join(dict.fromkeys((name, "public")))
    dump = words(
        "Take SELECT pg_catalog.set_config('search_path', '', false) out of migrations that were made by pg_dump"
        + ("." if emptied else f', and create a missing schema first: CREATE SCHEMA IF NOT EXISTS "{name}".'),
        "The setting stays for the rest of the session, and hides everything that is not written with its schema.",
    )
    if emptied:
        return dump, look
    return (
        look,
        command(
            f'psql "$DATABASE_URL" -c "ALTER ROLE {quoted(role)} SET search_path = {path}"',
            "For every new session of that role; the service has to connect again.",
        ),
        words(
            f"Or say it in the URL (?options=-csearch_path%3D{name}), or in the models and the tool: schema={name!r}, "
            "version_table_schema.",
            "Code and migrations then mean the same place.",
        ),
        dump,
    )
