"""The table is there, in a schema in which the session does not look."""

import re

from incidentlab.causes._account import whole
from incidentlab.causes._evidence import cited, is_after
from incidentlab.causes.migrations._account import applied_since, ending, only_the_server_minds, over, over_now
from incidentlab.causes.migrations._alternating import in_turns
from incidentlab.causes.migrations._lacking import lead_of, settled
from incidentlab.causes.migrations._migrated import migrated_elsewhere
from incidentlab.causes.migrations._objects import is_bookkeeping
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._schema_mends import hidden, of_absent, of_path, of_sessions, of_tools
from incidentlab.causes.migrations._schemas import NO_SCHEMA, PATH, sets_path, shown_tables
from incidentlab.causes.migrations._starters import several, twice
from incidentlab.causes.migrations._tenants import mends as mends_of_tenant
from incidentlab.causes.migrations._tenants import of_tenant
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent

_ID = "wrong-schema"
_TITLE = "The table is in another schema than the session looks in"
# pg_dump writes it at the head of every script.
_EMPTIED = re.compile(r"\bset_config\('search_path', '', false\)")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: no schema is selected, or what is missing is seen in another schema."""
    lacking = troubles(evidence, "missing-table", "bookkeeping")
    elsewhere = _in_database(evidence, lacking)
    if elsewhere:
        return _of_facts(evidence, *elsewhere)
    again = None if twice(evidence) or several(evidence) else _made_again(evidence)
    if again:
        return again
    refused = troubles(evidence, "schema")
    if refused:
        since = settled(evidence, refused)
        if since:
            return over(_ID, _TITLE, "A schema was missing at first", since)
        return over_now(evidence, _ID, _TITLE, "A schema was missing at first") or _without_schema(evidence, refused)
    return _seen_elsewhere(evidence, lacking)


def _in_database(evidence: Evidence, lacking: tuple[Trouble, ...]) -> tuple[DatabaseFacts, Trouble, str] | None:
    """Return the database in which a missing table lies in a schema that its search_path does not have."""
    for database in evidence.databases:
        path = database.schemas or _path(database)
        by_name: dict[str, list[str]] = {}
        for name in database.tables:
            by_name.setdefault(name.rpartition(".")[2], []).append(name)
        for one in lacking:
            asked, _, bare = one.name.replace('"', "").rpartition(".")
            places = by_name.get(bare, [])
            hidden = [name for name in places if name.rpartition(".")[0] not in ((asked,) if asked else path)]
            if places and len(hidden) == len(places):
                return database, one, hidden[0]
    return None


def _path(database: DatabaseFacts) -> tuple[str, ...]:
    """Return what the search_path resolves to, as well as its words tell it."""
    words_ = [one.strip().strip('"') for one in (database.search_path or '"$user", public').split(",")]
    return tuple((database.user or "") if one == "$user" else one for one in words_ if one)


def _of_facts(evidence: Evidence, database: DatabaseFacts, one: Trouble, place: str) -> Finding:
    schema, _, table = place.rpartition(".")
    path = database.search_path or ", ".join(database.schemas)
    where = f"database {database.database or database.id}"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely" if settled(evidence, (one,)) is None else "possible",
        summary=f"The table {table} exists in the schema {schema}; the session looks in {path or 'no schema'}.",
        evidence=(
            cited(one.event, f"The statement does not find {one.name}"),
            Link(f"The table is there: {place}", database.id, where, quote=place, command=database.command),
            Link(
                "The search_path does not lead there",
                database.id,
                where,
                quote=f"search_path: {path}",
                command='psql "$DATABASE_URL" -c "SHOW search_path"',
            ),
            *ending(evidence, one),
        ),
        mend=of_path(schema, database.user or ""),
        missing=("Whether the service's own session has this search_path: SHOW search_path, asked by the service.",),
    )


def _made_again(evidence: Evidence) -> Finding | None:
    """Return the finding that a tool looked for its own version table in one schema and creates it in another."""
    told = tuple(one for one in troubles(evidence, "exists") if is_bookkeeping(one.name))
    if not told or applied_since(evidence, told) or only_the_server_minds(evidence, told):
        return None
    lead = lead_of(told)
    links = [cited(event, "The search_path is set here") for event in _paths(evidence, lead)]
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely" if links else "possible",
        summary=f"The tool does not find its own table {lead.name} where it looks, and then cannot create it: it is "
        f"there, in the schema in which the session creates.",
        evidence=(*links, cited(lead.event, "The tool's own table exists already"), *ending(evidence, lead)),
        mend=of_path("", ""),
        missing=("In which schemas the table lies, and the session's search_path: give --database-url.",),
    )


def _without_schema(evidence: Evidence, refused: tuple[Trouble, ...]) -> Finding:
    lead = lead_of(refused)
    database = next((one for one in evidence.databases if one.reachable), None)
    absent = bool(database and lead.name and not any(one.startswith(f"{lead.name}.") for one in database.tables))
    empty = bool(database and not lead.name and not database.schemas and database.search_path is not None)
    confidence: Confidence = (
        "certain" if empty or (absent and database and lead.name not in database.schemas) else "likely"
    )
    named = f"The schema {lead.name} does not exist" if lead.name else "No schema of the search_path exists"
    tenant = of_tenant(lead.event)
    links = [cited(lead.event, named if tenant else f"{named}, so nothing can be created there")]
    links += [cited(event, "The search_path is set here") for event in _paths(evidence, lead)]
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=f"{named}, and a tenant of that name is asked for: it was never made here, or has another name."
        if tenant
        else _why_none(lead.name),
        evidence=(*links, *ending(evidence, lead)),
        mend=mends_of_tenant(lead.name) if tenant else of_absent(lead.name) if lead.name else of_path("", ""),
        missing=()
        if confidence == "certain"
        else ("Which schemas exist and what the search_path is: --database-url.",),
    )


def _why_none(schema: str) -> str:
    if schema:
        return f"The schema {schema} does not exist, and a statement names it: nothing has created it before."
    return (
        "No schema of the search_path exists for this session: the migrations and the connection do not mean the same "
        "place."
    )


def _seen_elsewhere(evidence: Evidence, lacking: tuple[Trouble, ...]) -> Finding | RuledOut | None:
    """Return what a log alone shows: it has the table and misses it, or sets the search_path before it misses one."""
    tables = shown_tables(evidence.logs) if lacking else {}
    for one in lacking:
        shown, schema = tables.get((one.event.source, one.name.rpartition(".")[2].strip('"')), (None, ""))
        # A notice that comes later tells of a table made since; a person who looks into a schema is still to be heard.
        if shown and (shown.last_line < one.event.first_line or schema):
            return _of_log(evidence, one, shown, schema)
        apart = migrated_elsewhere(evidence.logs, one.event, one.name)
        if apart:
            return _migrated_apart(evidence, one, *apart)
    turns = _by_sessions(evidence, lacking)
    if turns:
        return turns
    first = lacking[0] if lacking else None
    return _of_log(evidence, first, None, "") if first and _paths(evidence, first) else None


def _of_log(evidence: Evidence, one: Trouble, shown: LogEvent | None, schema: str) -> Finding | RuledOut:
    paths = _paths(evidence, one)
    since = settled(evidence, (one,))
    if since:
        return over(_ID, _TITLE, f"The table {one.name} was not found at first", since)
    links = [cited(shown, f"The table {one.name} is there")] if shown else []
    links += [cited(event, "The search_path is set here") for event in paths]
    claim = f"It is not found, although it exists: {one.name}" if shown else f"The table {one.name} is not found then"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely" if shown and (paths or _is_apart(one, shown, schema)) else "possible",
        summary=_summary(one.name, schema, shown=shown is not None, path=bool(paths)),
        evidence=(*links, cited(one.event, claim), *ending(evidence, one)),
        mend=of_path(schema, "", emptied=any(_EMPTIED.search(whole(event)) for event in paths)),
        missing=("In which schemas the table lies, and the session's search_path: give --database-url.",),
    )


def _by_sessions(evidence: Evidence, lacking: tuple[Trouble, ...]) -> Finding | None:
    """Return the finding that some sessions have a table and others do not, where they set their search_path."""
    path = next((event for event in evidence.logs if sets_path(event)), None) if lacking else None
    after = (one for one in lacking if path and one.event.source == path.source and is_after(one.event, path))
    first = next(after, None)
    turns = in_turns(evidence, first) if first else None
    if path is None or turns is None:
        return None
    lead = lead_of(lacking)
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely",
        summary=f"Some sessions find the table {lead.name} and others do not: the search_path is one session's, "
        "and the next request may have another one.",
        evidence=(
            cited(lead.event, f"A session does not find {lead.name}"),
            cited(turns[0], "Another one answers the same request before"),
            cited(turns[1], "and after it"),
            cited(path, "The search_path is set for a session"),
        ),
        mend=of_sessions(),
        missing=("Which session has which search_path: SHOW search_path, asked by the service.",),
    )


def _migrated_apart(evidence: Evidence, one: Trouble, told: LogEvent, schema: str) -> Finding | RuledOut:
    since = settled(evidence, (one,))
    if since:
        return over(_ID, _TITLE, f"The table {one.name} was not found at first", since)
    asked = one.name.replace('"', "").rpartition(".")[0]
    looks = f"in the schema {asked}" if asked else "along its search_path"
    links = (cited(told, f"The migrations are those of the schema {schema}"),
             cited(one.event, f"The code looks {looks}: {one.name}"))  # fmt: skip
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely",
        summary=f"The code asks for {one.name}, and the migrations were applied to the schema {schema}.",
        evidence=(*links, *ending(evidence, one)),
        mend=of_tools(asked, schema) if asked else hidden(evidence, one.name, schema),
        missing=("In which schemas the table lies, and the session's search_path: give --database-url.",),
    )


def _is_apart(one: Trouble, shown: LogEvent, schema: str) -> bool:
    """Whether a table that is shown cannot be the one that was looked for: it was there before, or lies elsewhere."""
    if shown.last_line < one.event.first_line:
        return True
    return schema != (one.name.rpartition(".")[0].strip('"') or "public")


def _summary(table: str, schema: str, *, shown: bool, path: bool) -> str:
    where = f" in the schema {schema}" if schema else ""
    if shown:
        why = " whose search_path was changed" if path else ""
        return f"The table {table} exists{where}, and a session{why} does not find it."
    return f"The search_path was set, and the table {table} is not found in it."


def _paths(evidence: Evidence, one: Trouble) -> list[LogEvent]:
    before = [
        event
        for event in evidence.logs
        if event.source == one.event.source and event.first_line <= one.event.first_line and sets_path(event)
    ]
    return before[-1:]


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="A table exists, but in a schema that the session's search_path does not contain.",
    explanation="""\
A table has a schema, and a name without one is looked up along the session's `search_path`, by default the schema
of the role's name and then `public`. The migrations and the service may look in different places: they connect with
different roles, one of them sets the path in its URL, the pooler between them drops the setting, or `public` was
removed.

PostgreSQL says the same words for "nowhere" and for "not where you look": relation … does not exist. To *create* a
table it needs the first schema of the path that exists; where there is none it says "no schema has been selected to
create in".

A migration made from `pg_dump` empties the path for its whole session, and the tool then no longer finds its own
version table.""",
    shows=(
        'no schema has been selected to create in; schema "tenant" does not exist (SQLSTATE 3F000)',
        "Apartment::TenantNotFound: One of the following schema(s) is invalid: …",
        "relation … does not exist, although \\dt or another session shows it",
        "SELECT pg_catalog.set_config('search_path', '', false) in a migration",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SHOW search_path" -c "\\\\dt *.tasks"',
        'psql "$DATABASE_URL" -c "\\\\drds"',
    ),
    mend=(
        "Set the path where both use it: `ALTER ROLE app SET search_path = app, public`, or `options` in the URL.",
        "Or name the schema in the models and in the tool's configuration.",
        "Take `set_config('search_path', '', …)` out of migrations made from a dump.",
    ),
    prevent=(
        "Let service and migrations connect with one URL.",
        "Write in a test which schema each table is in after the migrations.",
    ),
    confidence="""\
- **certain**: a schema is missing by the log, and the database that was asked has no such schema.
- **likely**: the table that is missing lies in another schema of the database that was asked; or the log shows the
  table and then misses it, or shows it in another schema; or a tool says that it migrated another schema than the one
  in which the table is missed, or that it is through with a schema to which nothing leads the service; or one request
  is answered and refused in turns while sessions set their path; or a schema is missing or none is selected; or
  a migration tool wants to create its own version table, which is there.
- **possible**: the search_path is set in the log, and a table is missing afterwards; or a person who looked saw it.""",
    find=find,
    explains=("migrations-not-applied", "migrations-behind", "migration-failed", "schema-created-outside-migrations"),
    links=(
        "https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH",
        "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#setting-alternate-search-paths-on-connect",
    ),
    signs=(NO_SCHEMA, PATH),
)
