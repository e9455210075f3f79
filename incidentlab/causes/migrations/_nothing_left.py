"""A tool says that nothing is left to apply, and yet something is missing: to migrate once more cannot bring it.

Then no migration makes it, or the tool works in another schema or database than the service. Sources: Flyway's
``DbMigrate``, Prisma's ``MigrateDeploy``, Django's ``migrate``, Liquibase's update summary, Knex, TypeORM, Sequelize,
goose, golang-migrate's ``ErrNoChange``, Ecto's migrator, Laravel's migrator, EF Core's ``Migrator`` and its
``PendingModelChangesWarning``.
"""

import re

from incidentlab.causes._evidence import from_server
from incidentlab.causes._toolbox import Tool
from incidentlab.causes.migrations._account import command, in_psql, quoted, words
from incidentlab.causes.migrations._reading import Trouble
from incidentlab.causes.migrations._steps import NOTHING_LEFT
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence, LogEvent

# Django's and EF Core's word that the models went on and no migration followed them.
_UNREFLECTED = re.compile(
    r"\bhave changes that are not yet reflected in a migration\b|\bhas pending changes\. Add a new migration\b"
)
# A start that leaves them out, by a setting or because another one is at it.
_SKIPPED = re.compile(r"\b[Mm]igrations? (?:is |are |was |were )?skipped\b|\b[Ss]kipping (?:\w{1,20} )?migrations?\b")
_MAKE = {
    "django": "python manage.py makemigrations",
    "alembic": "alembic revision --autogenerate -m MESSAGE",
    "flask": "flask db migrate -m MESSAGE",
    "prisma": "npx prisma migrate dev --name NAME",
    "ef": "dotnet ef migrations add NAME",
    "typeorm": "npx typeorm migration:generate PATH",
    "rails": "bin/rails generate migration NAME",
    "drizzle": "npx drizzle-kit generate",
}


def nothing_left(evidence: Evidence, one: Trouble) -> LogEvent | None:
    """Return the tool's last word, before something was missed, that it has nothing left to apply."""
    return _last(evidence, one, NOTHING_LEFT)


def unreflected(evidence: Evidence, one: Trouble) -> LogEvent | None:
    """Return the tool's word, before something was missed, that the models have changes of which no migration is."""
    return _last(evidence, one, _UNREFLECTED)


def skipped(evidence: Evidence, one: Trouble) -> LogEvent | None:
    """Return the program's word, before something was missed, that it did not migrate at its start."""
    return _last(evidence, one, _SKIPPED)


def _last(evidence: Evidence, one: Trouble, pattern: re.Pattern[str]) -> LogEvent | None:
    said = [
        event
        for event in evidence.logs
        if event.source == one.event.source
        and event.last_line < one.event.first_line
        and _is_its_tool(event, one)
        and pattern.search(event.text)
    ]
    return said[-1] if said else None


def _is_its_tool(event: LogEvent, one: Trouble) -> bool:
    """Whether a tool's word may be about the schema of the program that misses something, and not another one's."""
    return event.service == one.event.service or from_server(one.event) or "migrat" in event.service.lower()


def why(unmade: LogEvent | None) -> str:
    """Return the reason as the end of a sentence about what is missing."""
    if unmade:
        return "the models were changed, and no migration was made of it"
    return "the tool has nothing left to apply, so no migration makes it, or the two do not mean the same place"


def mends(tool: Tool, one: Trouble, unmade: LogEvent | None) -> tuple[Mend, ...]:
    """Return what helps where to migrate again does not: the migration that is missing, or one place for both."""
    make = _MAKE.get(tool.name, "")
    shown = f"`{make}`, " if make else ""
    made = words(
        f"Make the migration that is missing where the code is developed ({shown}then look at what it wrote), commit "
        "it, and build the image with it.",
        "The tool applies what the image holds, and all of that is applied.",
    )
    if unmade:
        return made, words(f"Then apply it as always: {tool.apply}.")
    where = one.table if one.kind == "missing-column" else one.name
    bare = where.replace('"', "").rpartition(".")[2]
    look = command(
        f'psql "$DATABASE_URL" -c {quoted(chr(92) + "d *." + in_psql(bare))}',
        "With the failing service's DATABASE_URL: shows the table in every schema that has it.",
    )
    same = words(
        "If it is there, or in the database that the tool uses: give service and tool one URL and one search_path.",
        "The tool says of its own database and schema that nothing is left to apply.",
    )
    return look, same, made
