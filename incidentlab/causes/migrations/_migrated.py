"""In which schema the migrations worked, by the tool's own word: a table of another one is looked for elsewhere."""

import re

from incidentlab.causes._once import once_per_log
from incidentlab.model.evidence import LogEvent

# In which schema a tool says that it applies migrations, or keeps the account of them: Flyway's DbMigrate and
# DbSchemas, Liquibase's history, Prisma's datasource.
_MIGRATED = re.compile(
    r"\b(?:Migrating|Current version of|Successfully applied \d{1,6} migrations? to) schema "
    r"\\?[`\"](?P<a>[^`\"\\]{1,63})"
    r"|\bSchema \\?[`\"](?P<b>[^`\"\\]{1,63})\\?[`\"] is up to date\b"
    r"|\bCreating schema \\?[`\"](?P<c>[^`\"\\]{1,63})\\?[`\"]"
    r"|\b(?:Reading from|history table with name:) (?P<d>\w{1,63})\.databasechangelog\b"
    r"|\bPostgreSQL database \"[^\"]{1,63}\", schema \"(?P<e>[^\"]{1,63})\""
)
# Everything is applied there: Flyway's word, and Prisma's, which sets the path of its own connections only.
_COMPLETE = re.compile(
    r"\bSuccessfully applied \d{1,6} migrations? to schema\b|\bis up to date\. No migration necessary\b"
    r"|\bNo pending migrations to apply\b|\bmigrations have been successfully applied\b"
)


def migrated_elsewhere(logs: tuple[LogEvent, ...], trouble: LogEvent, table: str) -> tuple[LogEvent, str] | None:
    """Return where a tool says that it migrated another schema than the one in which a table is missed afterwards.

    A schema that the same log created or migrated is not another one. A name without a schema is looked for along
    the session's search_path, which begins at public unless somebody sets it: then a tool has to have said that its
    schema is complete.
    """
    asked = table.replace('"', "").rpartition(".")[0].rpartition(".")[2]
    before = [
        (event, schema)
        for event, schema in _told(logs)
        if event.source == trouble.source and event.last_line < trouble.first_line
    ]
    if not before or (asked or "public").lower() in {schema.lower() for _, schema in before}:
        return None
    if not asked and not _is_complete_and_hidden(logs, trouble, *before[-1]):
        return None
    return before[-1]


def _is_complete_and_hidden(logs: tuple[LogEvent, ...], trouble: LogEvent, told: LogEvent, schema: str) -> bool:
    """Whether a tool is through with its schema, and nothing in the log leads the service's sessions there."""
    if told.service != trouble.service and "migrat" not in told.service.lower():
        return False
    complete = any(
        told.first_line <= one.first_line < trouble.first_line
        for one in _complete(logs)
        if one.source == trouble.source
    )
    return complete and not any(
        one.source == trouble.source and one.last_line < trouble.first_line for one in _leading_to(logs, schema)
    )


@once_per_log
def _complete(logs: tuple[LogEvent, ...]) -> tuple[LogEvent, ...]:
    return tuple(event for event in logs if _COMPLETE.search(event.text))


@once_per_log
def _leading_to(logs: tuple[LogEvent, ...], schema: str) -> tuple[LogEvent, ...]:
    """Return the events that set a session's path to a schema; Prisma's parameter of that name is its own."""
    leads = re.compile(
        rf"(?:search_path|current_?schema|search ?path)[^\n]{{0,40}}\b{re.escape(schema)}\b", re.IGNORECASE
    )
    return tuple(event for event in logs if leads.search(event.text))


@once_per_log
def _told(logs: tuple[LogEvent, ...]) -> tuple[tuple[LogEvent, str], ...]:
    """Return the first and the last event by which a tool names each schema."""
    first: dict[tuple[str, str], tuple[LogEvent, str]] = {}
    last: dict[tuple[str, str], tuple[LogEvent, str]] = {}
    for event in logs:
        found = _MIGRATED.search(event.text)
        if found:
            schema = next(name for name in found.groups() if name)
            first.setdefault((event.source, schema), (event, schema))
            last[event.source, schema] = (event, schema)
    return tuple(dict.fromkeys((*first.values(), *last.values())))
