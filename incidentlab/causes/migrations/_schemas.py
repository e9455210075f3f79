"""Messages that speak of schemas and of the search_path: where a name is looked for, and where it is.

Source: PostgreSQL's ``namespace.c`` (SQLSTATE 3F000), its manual on ``search_path``, what psql prints of a table, and
ros-apartment's ``postgresql_adapter.rb``.
"""

import re
from collections.abc import Iterable

from incidentlab.causes._evidence import match, said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

NO_SCHEMA = Sign(
    name="no-schema",
    pattern=re.compile(
        r"\bno schema has been selected to create\b|\bschema \\?[\"“](?P<name>[^\"”\\\n]{1,200})\\?[\"”] does not exist"
        r"(?!, skipping)"
        r"|\bOne of the following schema\(s\) is invalid: \\?\"(?P<tenant>[^\"\\\n]{1,200})\\?\""
    ),
    literals=("no schema has been selected to create", " does not exist", "of the following schema(s) is invalid"),
    examples=(
        "psycopg2.errors.InvalidSchemaName: no schema has been selected to create in",
        'pq: no schema has been selected to create "schema_migrations" in',
        '** (Postgrex.Error) ERROR 3F000 (invalid_schema_name) schema "tenant" does not exist',
        'Apartment::TenantNotFound (One of the following schema(s) is invalid: "tenant" "public"):',
    ),
    sqlstates=frozenset({"3F000"}),
)
PATH = Sign(
    name="search-path",
    # libpq's and the server's own word; pgjdbc's, Npgsql's (Search Path, SearchPath) and Prisma's parameters of a URL,
    # of which Prisma writes schema=public into every one.
    pattern=re.compile(
        r"\bsearch_path\b|\bcurrentSchema=\w{1,80}|\bSearch ?Path=[\w\",]{1,80}|[?&]schema=(?!public\b)\w{1,80}"
        r"|\bSET SCHEMA '"
    ),
    literals=("search_path", "currentSchema=", "SearchPath=", "Search Path=", "?schema=", "&schema=", "SET SCHEMA "),
    examples=(
        "SELECT pg_catalog.set_config('search_path', '', false);",
        "SET search_path TO tenant_a",
        "Host=db;Port=5432;Database=hr;SearchPath=payroll",
        "postgresql://app@db:5432/shop?schema=tenant",
    ),
)
# psql's \\d and \\dt, and the notice of CREATE TABLE IF NOT EXISTS.
_SHOWN = re.compile(
    r"Table \"(?P<of>\w{1,100})\.(?P<described>\w{1,100})\""
    r"|^\s{0,8}(?P<in>\w{1,100})\s{1,60}\|\s{0,4}(?P<listed>\w{1,100})\s{1,60}\|\s{0,4}table\b"
    r"|\brelation \"(?:\w{1,100}\.)?(?P<skipped>\w{1,100})\" already exists, skipping"
)
# A row of whatever a person asked pg_tables or information_schema for: the first cells are schema and table.
_ROW = re.compile(r"\s{0,8}(?P<schema>[a-z_]\w{0,62})\s{0,60}\|\s{0,4}(?P<table>[A-Za-z_]\w{0,62})\s{0,60}(?:\||$)")
_ELSEWHERE = re.compile(r"\bunsupported startup parameter\b")


def schema_in(event: LogEvent) -> str | None:
    """Return the schema that an event says is missing, empty where none is selected; ``None`` where it says neither."""
    found = match(event, NO_SCHEMA)
    if found:
        return found["name"] or found["tenant"] or ""
    return "" if event.sqlstate in NO_SCHEMA.sqlstates else None


def sets_path(event: LogEvent) -> bool:
    """Whether an event speaks of the search_path; a pooler that refuses the parameter is another matter."""
    text = f"{said(event)}\n{event.sql or ''}"
    return bool(PATH.pattern.search(text)) and not _ELSEWHERE.search(text)


def shown_tables(logs: Iterable[LogEvent]) -> dict[tuple[str, str], tuple[LogEvent, str]]:
    """Return (source, table) → the first event that shows that the table is there, and its schema.

    The schema is that which psql lists; it is empty where a notice only says that the table exists.
    """
    shown: dict[tuple[str, str], tuple[LogEvent, str]] = {}
    for event in logs:
        found = _SHOWN.search(event.text)
        if found:
            name = found["described"] or found["listed"] or found["skipped"]
            shown.setdefault((event.source, name), (event, found["of"] or found["in"] or ""))
        elif "|" in event.text and (row := _ROW.match(event.text)):
            shown.setdefault((event.source, row["table"]), (event, row["schema"]))
    return shown
