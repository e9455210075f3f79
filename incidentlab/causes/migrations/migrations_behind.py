"""The database is some revisions behind the code."""

import re
from collections.abc import Sequence

from incidentlab.causes._evidence import cited, from_server
from incidentlab.causes._toolbox import tool_of
from incidentlab.causes.migrations._account import ending, goes_on, is_fatal, over, over_now
from incidentlab.causes.migrations._announcements import BEHIND
from incidentlab.causes.migrations._apps import all_unapplied, unlisted
from incidentlab.causes.migrations._distance import ID, TITLE, distance, thing
from incidentlab.causes.migrations._graph import database_of, makers, pending, project_of, unknown
from incidentlab.causes.migrations._lacking import lacking, lead_of, migrated_before, of_no_account, settled
from incidentlab.causes.migrations._migrated import migrated_elsewhere
from incidentlab.causes.migrations._nothing_left import mends, nothing_left, skipped, unreflected, why
from incidentlab.causes.migrations._objects import MISSING_COLUMN
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._remedy import remedies
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent, ProjectFacts

# Words of a release that was changed: the schema then is an older one, not none.
_UPGRADED = re.compile(r"\b[Uu]pgrad(?:ed|ing) from (?:version )?v?\d|\b[Uu]pdat(?:ed|ing) from (?:version )?v?\d")
_IDLE = "The tool has nothing left to apply"
_SKIPPED = "The migrations are left out at the start"
_UNMADE = "The models have changes of which there is no migration"
_WEAK = re.compile(r"\bTarget database is not up to date\b")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: revisions that the database lacks, a missing column, or a tool's word."""
    project, database = project_of(evidence), database_of(evidence)
    found = _found(evidence)
    if project and database and database.revisions:
        if unknown(project, database.revisions):
            return None  # neither older nor newer can be said of a schema whose revision the code does not know
        behind = pending(project, database.revisions)
        if not behind and found:
            at = ", ".join(database.revisions)
            return RuledOut(ID, TITLE, f"The database is at the code's head, revision {at}.", database.id)
        if behind:
            return distance(evidence, project, database, behind, found)
    return _of_logs(evidence, found, database) or (None if found else _asked_by_others(evidence))


def _asked_by_others(evidence: Evidence) -> RuledOut | None:
    """Return that only a monitor or an administration tool asked for a column, and of the system's own tables."""
    asked = of_no_account(evidence, "missing-column")
    since = settled(evidence, asked) if asked else None
    what = "Another program asked for a column of the system's that this version does not have"
    return over(ID, TITLE, what, since) if since else None


def _found(evidence: Evidence) -> tuple[Trouble, ...]:
    return tuple(
        sorted(
            (*lacking(evidence, "missing-column"), *lacking(evidence, "missing-table")),
            key=lambda one: (one.event.source, one.event.first_line),
        )
    )


def _of_logs(
    evidence: Evidence, found: tuple[Trouble, ...], database: DatabaseFacts | None
) -> Finding | RuledOut | None:
    told = tuple(one for one in troubles(evidence, "behind") if not all_unapplied(one.event))
    columns = tuple(one for one in found if one.kind == "missing-column")
    speaking = columns or told or _tables(evidence, found)
    if not speaking or _has_it(database, speaking):
        return None
    since = settled(evidence, (*speaking, *found)) or (None if columns or found else goes_on(evidence, speaking))
    if since:
        return over(ID, TITLE, "Something newer than the schema was asked for", since)
    only_told = not columns and all(one.mild or _WEAK.search(one.event.text) for one in speaking)
    if only_told:
        working = over_now(evidence, ID, TITLE, "A tool said that migrations were not applied")
        if working:
            return working
    lead = lead_of(speaking)
    project = project_of(evidence)
    links = [cited(one.event, _claim(one)) for one in (lead, *(one for one in told[:1] if one is not lead))]
    others = [one for one in found if one.name != lead.name][:2]
    links += [cited(one.event, _claim(one)) for one in others]
    missed = lead.kind != "behind"
    idle, unmade = (nothing_left(evidence, lead), unreflected(evidence, lead)) if missed else (None, None)
    passed = skipped(evidence, lead) if missed and not idle else None
    links += [cited(event, claim) for event, claim in ((idle, _IDLE), (unmade, _UNMADE), (passed, _SKIPPED)) if event]
    return Finding(
        cause=ID,
        title=TITLE,
        confidence=_confidence(evidence, lead, told),
        summary=_summary(lead, told, _why(evidence, lead, idle, unmade)),
        evidence=(*links, *_maker_links(project, lead), *ending(evidence, lead)),
        mend=_mends(evidence, project, lead, idle, unmade),
        missing=_wanted(evidence),
    )


def _mends(
    evidence: Evidence, project: ProjectFacts | None, lead: Trouble, idle: LogEvent | None, unmade: LogEvent | None
) -> tuple[Mend, ...]:
    if idle or unmade:
        return mends(tool_of(evidence), lead, unmade)
    return remedies(evidence, project)


def _why(evidence: Evidence, lead: Trouble, idle: LogEvent | None, unmade: LogEvent | None) -> str:
    if lead.kind == "missing-table" and troubles(evidence, "files"):
        return "no migration was there to make it"
    return why(unmade) if idle or unmade else "its schema is an older one"


def _tables(evidence: Evidence, found: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """Return the missing tables that speak for an older schema and not for none."""
    missing = (one for one in found if one.kind == "missing-table")
    # A table of a schema that the migrations did not work in is not what an older schema lacks.
    tables = tuple(one for one in missing if not migrated_elsewhere(evidence.logs, one.event, one.name))
    if not tables or unlisted(evidence):
        return ()
    upgraded = any(_UPGRADED.search(event.text) for event in evidence.logs)
    return tables if upgraded or migrated_before(evidence, tables[0]) else ()


def _has_it(database: DatabaseFacts | None, speaking: Sequence[Trouble]) -> bool:
    """Whether the database that was asked has no schema at all, or has the column that is said to be missing."""
    if database is None:
        return False
    never = database.revisions is None and not database.migration_tables and database.version_table is None
    if never and not database.columns:
        return not database.tables
    held = {name.rpartition(".")[2]: columns for name, columns in database.columns.items()}
    return any(
        one.kind == "missing-column" and one.name in held.get(one.table.rpartition(".")[2], ()) for one in speaking
    )


def _confidence(evidence: Evidence, lead: Trouble, told: Sequence[Trouble]) -> Confidence:
    if lead.kind == "missing-column":
        unsure = from_server(lead.event) and not is_fatal(evidence, lead)
        return "possible" if unsure and not told else "likely"
    if lead.kind == "behind":
        return "possible" if _WEAK.search(lead.event.text) or lead.mild else "likely"
    return "possible" if from_server(lead.event) else "likely"


def _claim(one: Trouble) -> str:
    if one.kind == "behind":
        return "The tool says that migrations are not applied"
    return f"A statement needs {thing(one)}, which is not there"


def _summary(lead: Trouble, told: Sequence[Trouble], why_not: str) -> str:
    if lead.kind == "behind":
        count = f"{lead.name} migrations are" if lead.name.isdigit() else "Migrations of the code are"
        return f"{count} not applied to the database, which has an older schema than the code expects."
    said = " and the tool says that migrations are not applied" if told else ""
    rest = " of a table that is there" if lead.kind == "missing-column" else ""
    return f"The code asks for {thing(lead)}{rest}, and the database does not have it{said}: {why_not}."


def _maker_links(project: ProjectFacts | None, lead: Trouble) -> tuple[Link, ...]:
    if project is None:
        return ()
    column = lead.name if lead.kind == "missing-column" else ""
    made = makers(project, lead.table if column else lead.name, column)
    return tuple(
        Link(
            f"Revision {one.revision} makes it",
            project.id,
            one.path,
            quote=one.message,
            command=f"alembic show {one.revision}",
        )
        for one in made[:2]
    )


def _wanted(evidence: Evidence) -> tuple[str, ...]:
    wanted = []
    if database_of(evidence) is None:
        wanted.append("At which revision the database is, and which tables and columns it has: give --database-url.")
    if project_of(evidence) is None:
        wanted.append("Which revisions the code has, and which one adds what is missing: give --project.")
    return tuple(wanted)


CAUSE = Cause(
    id=ID,
    title=TITLE,
    summary="The database has an older schema than the deployed code expects: some revisions were never applied to it.",
    explanation="""\
A new release brings new models and the revisions that belong to them. The image was replaced, the database kept,
and nobody applied what lies between. Most of the service goes on as before; what touches a new column or table
fails, with SQLSTATE `42703` (undefined column) or `42P01` (undefined table).

A missing *column* is the clearest sign: its table exists, so migrations ran once. A missing table fits too where
others are there and the version table names a revision. What tells it from "never applied" is that version table.

Development machines get there by pulling code over an old volume; production, by a start script whose migration
step is skipped, fails unnoticed, or runs against another database.""",
    shows=(
        "column workflows.vendor does not exist; column “track_id” of relation “points” does not exist",
        "You have 3 unapplied migration(s); Migrations are pending; There are still unapplied migrations",
        "Detected out-of-date database schema; Target database is not up to date",
    ),
    check=(
        "alembic current && alembic heads && alembic history -i | head",
        'psql "$DATABASE_URL" -c "SELECT version_num FROM alembic_version"',
        "python manage.py showmigrations | grep '\\[ \\]'",
    ),
    mend=(
        "Apply what is missing, from the image that is deployed: `alembic upgrade head`; take a backup first.",
        "For good: apply the migrations as a step of each deployment, which stops the deployment when it fails.",
        "If it cannot be applied now: deploy the release that belongs to the schema.",
    ),
    prevent=(
        "Let the service's health answer compare the database's revision with the code's head.",
        "Deploy in two steps: first the schema, in a way that the old code bears, then the code.",
        "Start each release in CI on a database of the release before it.",
    ),
    confidence="""\
- **certain**: the database is at a known revision behind the code's head, and a statement failed for want of what
  one of the missing revisions makes.
- **likely**: the database is behind and no such failure is known; or a program failed for want of a column, or for
  a table in a log in which migrations had been applied before; or a tool says that migrations are not applied.
- **possible**: only the server's log or a warning speaks of it, or it is behind and the service works.""",
    find=find,
    explains=("migrations-not-applied",),
    links=(
        "https://alembic.sqlalchemy.org/en/latest/tutorial.html#getting-information",
        "https://www.postgresql.org/docs/current/errcodes-appendix.html",
    ),
    signs=(MISSING_COLUMN, BEHIND),
)
