"""In which schema the migrations worked, by the tool's own word: a table of another one is looked for elsewhere."""

import re
from collections.abc import Iterable

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


def migrated_elsewhere(logs: Iterable[LogEvent], trouble: LogEvent, table: str) -> tuple[LogEvent, str] | None:
    """Return where a tool says that it migrated another schema than the one in which a table is missed afterwards.

    A schema that the same log created or migrated is not another one, nor is that of a name without a schema.
    """
    asked = table.replace('"', "").rpartition(".")[0].rpartition(".")[2]
    told: dict[str, LogEvent] = {}
    for event in logs:
        if event.source == trouble.source and event.last_line < trouble.first_line:
            found = _MIGRATED.search(event.text)
            if found:
                told[next(name for name in found.groups() if name)] = event
    if not asked or not told or asked.lower() in {name.lower() for name in told}:
        return None
    schema, event = list(told.items())[-1]
    return event, schema
