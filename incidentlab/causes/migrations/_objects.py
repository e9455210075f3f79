"""What a database lacks, or has already: tables, columns and other objects, as the servers, drivers and mappers say it.

Sources: PostgreSQL's ``parse_relation.c``, ``namespace.c``, ``heap.c`` and ``tablecmds.c``; Prisma's error reference
(P2021, P2022); Hibernate's ``AbstractSchemaValidator``; ActiveRecord's ``SchemaCache``.
"""

import re

from incidentlab.causes._evidence import match, said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

_OPEN, _CLOSE = r"\\?[\"“`']", r"\\?[\"”`']"

MISSING_TABLE = Sign(
    name="undefined-table",
    pattern=re.compile(
        rf"(?<!\bof )(?<!\bfor )(?<!\bon )\brelation {_OPEN}(?P<pg>[^\"”\\]{{1,200}}?){_CLOSE}"
        r" does not exist(?!, skipping)"
        r"|\b[Tt]he table [`'\"](?P<prisma>[\w.]{1,200})[`'\"] does not exist in the current database"
        r"|\bCould not find table '(?P<rails>[\w.]{1,200})'|\bNoSuchTableError: (?P<reflected>[\w.]{1,200})"
        r"|\bmissing table \[(?P<hibernate>[\w.]{1,200})\]"
        r"|\bDatabase (?P<odoo>\S{1,120}) not initialized, you can force it"
    ),
    literals=(
        " does not exist",
        "Could not find table ",
        "missing table [",
        "NoSuchTableError: ",
        "not initialized, you can force it",
    ),
    examples=(
        'psycopg.errors.UndefinedTable: relation "tasks" does not exist',
        'ERROR:  relation "public.tasks" does not exist at character 15',
        '{"error": "relation \\"tasks\\" does not exist"}',
        "The table `public.Task` does not exist in the current database.",
        "ActiveRecord::StatementInvalid (Could not find table 'tasks')",
        "sqlalchemy.exc.NoSuchTableError: tasks",
        "Schema-validation: missing table [tasks]",
        "odoo.modules.loading: Database shop not initialized, you can force it with `-i base`",
    ),
    sqlstates=frozenset({"42P01"}),
)
MISSING_COLUMN = Sign(
    name="undefined-column",
    pattern=re.compile(
        rf"\bcolumn {_OPEN}(?P<of>[^\"”\\]{{1,200}}?){_CLOSE} of relation {_OPEN}(?P<table>[^\"”\\]{{1,200}}?){_CLOSE}"
        r" does not exist(?!, skipping)"
        rf"|\bcolumn (?P<pg>{_OPEN}?[\w.\"\\]{{1,200}}?{_CLOSE}?) does not exist"
        r"|\b[Tt]he column [`'\"](?P<prisma>[^`'\"\n]{1,200})[`'\"] does not exist in the current database"
        r"|\bmissing column \[(?P<hibernate>\w{1,200})\] in table \[(?P<in>[\w.]{1,200})\]"
    ),
    literals=(" does not exist", "missing column ["),
    examples=(
        "asyncpg.exceptions.UndefinedColumnError: column specs.vendor does not exist",
        'ERROR:  column "completed" of relation "tasks" does not exist at character 20',
        'PG::UndefinedColumn: ERROR:  column "track_id" does not exist',
        'column "startScan_history".initiated_by does not exist',
        "The column `tasks.done` does not exist in the current database.",
        "Schema-validation: missing column [done] in table [tasks]",
    ),
    sqlstates=frozenset({"42703"}),
)
EXISTS = Sign(
    name="already-exists",
    pattern=re.compile(
        rf"\b(?P<kind>relation|type|column|constraint|index|function|schema|trigger|policy|sequence|extension|table"
        rf"|view|language|operator class|collation) {_OPEN}?(?P<name>[^\"”\\\s]{{1,200}}?){_CLOSE}?"
        rf"(?: (?:of|for|on) (?:relation|table|type) {_OPEN}(?P<table>[^\"”\\]{{1,200}}?){_CLOSE})?"
        r" already exists(?!, skipping)(?! in this)"
        r"|\bfunction (?P<signature>\w{1,120}\([^)\n]{0,200}\)) already exists"
        r"|\bThe database schema is not empty\b"
        r"|\bFound non-empty schema\(s\) (?P<flyway>[^\n]{1,120}?) (?:but )?(?:with(?:out)?|no) schema history"
    ),
    literals=("already exists", "The database schema is not empty", "Found non-empty schema"),
    examples=(
        'psycopg2.errors.DuplicateTable: relation "member" already exists',
        'django.db.utils.ProgrammingError: column "slug" of relation "blog_post" already exists',
        'asyncpg.exceptions.DuplicateObjectError: type "status" already exists',
        'ERROR:  constraint "fk_owner" for relation "task" already exists',
        "The database schema is not empty. Read more about how to baseline an existing production database",
        'Found non-empty schema(s) "public" but no schema history table.',
        'Found non-empty schema(s) "public" without schema history table! Use baseline()',
        "function next_id() already exists with same argument types",
    ),
    sqlstates=frozenset({"42P07", "42701", "42710", "42723", "42P06"}),
)
# How a tool refuses a database as a whole: it does not go on, whatever level its caller gives the line.
_REFUSED = re.compile(r"\bThe database schema is not empty\b|\bFound non-empty schema\(s\)")
# Objects of the whole server, which no migration of an application makes.
_SERVER_WIDE = re.compile(r"\b(?:role|user|database|tablespace) \\?[\"“'`]?[^\"”'`\n]{1,120}\\?[\"”'`]? already exists")
# Where only the SQLSTATE tells what a message in another language says, its names stand in quotes.
_QUOTED = re.compile(r"[«„“”\"»]\s?(?P<name>[\w.$]{1,200})\s?[»“”\"«]")
_UNQUOTED = re.compile(r"\b(?P<name>\w{1,100}\.\w{1,100})\b")
# A migration tool's own tables; their absence says nothing about the application's. Many more have "migrat" in them.
_BOOKKEEPING = frozenset(
    {"alembic_version", "flyway_schema_history", "schema_version", "schema_versions", "databasechangelog", "south_log"}
    | {"databasechangeloglock", "sequelizemeta", "goose_db_version", "pgmigrations", "ar_internal_metadata", "aerich"}
    | {"typeorm_metadata", "refinery_schema_history", "schema_info", "atlas_schema_revisions", "hdb_version", "version"}
    | {"applied_schema_deltas", "schema_meta", "__efmigrationshistory", "schema_history", "db_version"}
)


def table_in(event: LogEvent) -> str | None:
    """Return the table that an event says is missing, perhaps with its schema; ``None`` where it says no such thing."""
    if event.sqlstate in MISSING_COLUMN.sqlstates:
        return None
    found = match(event, MISSING_TABLE)
    if found:
        return "ir_module_module" if found["odoo"] else _first(found)
    return _foreign(event, _QUOTED) if event.sqlstate in MISSING_TABLE.sqlstates else None


def column_in(event: LogEvent) -> tuple[str, str] | None:
    """Return (table, column) of the column that an event says is missing; the table is empty where it is not named."""
    found = match(event, MISSING_COLUMN)
    if found:
        if found["of"]:
            return found["table"], found["of"]
        if found["in"]:
            return found["in"], found["hibernate"]
        table, _, column = _first(found).replace("\\", "").replace('"', "").strip("'`“”").rpartition(".")
        return table, column
    if event.sqlstate not in MISSING_COLUMN.sqlstates:
        return None
    name = _foreign(event, _UNQUOTED) or _foreign(event, _QUOTED) or ""
    table, _, column = name.rpartition(".")
    return table, column


def refuses(event: LogEvent) -> bool:
    """Whether a tool refuses a database because of what it holds, and not one object among others."""
    return bool(_REFUSED.search(said(event)))


def existing_in(event: LogEvent) -> tuple[str, str] | None:
    """Return (kind, name) of the object that an event says is there already; the name is empty where none is given."""
    text = said(event)
    if _SERVER_WIDE.search(text):
        return None
    found = match(event, EXISTS)
    if found:
        name = found["name"] or found["signature"] or ""
        kind = found["kind"] or ("function" if found["signature"] else "schema")
        return kind, f"{found['table']}.{name}" if found["table"] else name
    if event.sqlstate in EXISTS.sqlstates:
        return "object", _foreign(event, _QUOTED) or ""
    return None


def is_bookkeeping(table: str) -> bool:
    """Whether a table is one in which a migration tool notes what it has applied."""
    name = table.rpartition(".")[2].lower()
    return "migrat" in name or name in _BOOKKEEPING


def _first(found: re.Match[str]) -> str:
    return next(str(group) for group in found.groups() if group is not None)


def _foreign(event: LogEvent, pattern: re.Pattern[str]) -> str | None:
    # The message alone: its SQL, on further lines, is full of names.
    for line in (event.cause_text, event.text):
        message = (line or "").partition(": ")[2] or line or ""
        found = pattern.search(message)
        if found:
            return found["name"]
    return None
