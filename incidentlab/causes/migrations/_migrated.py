"""In which schema the migrations worked, by the tool's own word: a table of another one is looked for elsewhere."""

import re
from functools import lru_cache

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


def migrated_elsewhere(logs: tuple[LogEvent, ...], trouble: LogEvent, table: str) -> tuple[LogEvent, str] | None:
    """Return where a tool says that it migrated another schema than the one in which a table is missed afterwards.

    A schema that the same log created or migrated is not another one, nor is that of a name without a schema.
    """
    asked = table.replace('"', "").rpartition(".")[0].rpartition(".")[2]
    before = [
        (event, schema)
        for event, schema in (_told(logs) if asked else ())
        if event.source == trouble.source and event.last_line < trouble.first_line
    ]
    if not before or asked.lower() in {schema.lower() for _, schema in before}:
        return None
    return before[-1]


@lru_cache(maxsize=2)
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
