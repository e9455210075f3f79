"""The schema was never brought to the database that the service uses."""

from incidentlab.causes._evidence import cited, from_server
from incidentlab.causes._wanted import app_spoke
from incidentlab.causes.migrations._account import ending, goes_on, is_fatal, over, over_now
from incidentlab.causes.migrations._announcements import NEVER
from incidentlab.causes.migrations._apps import all_unapplied
from incidentlab.causes.migrations._lacking import hindered, lacking, lead_of, migrated_before, of_no_account, settled
from incidentlab.causes.migrations._missing_table import MissingTable
from incidentlab.causes.migrations._objects import MISSING_TABLE
from incidentlab.causes.migrations._proof import chain, creators
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._remedy import remedies
from incidentlab.causes.migrations._stamped import is_stamped, nothing_created, stamped
from incidentlab.causes.migrations._start import applies_migrations
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, ProjectFacts

_ID = "migrations-not-applied"
_TITLE = "The migrations were never applied"


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a table is missing, and the database has no revision of the code's."""
    project = next((one for one in evidence.projects if one.heads), None)
    database = next((one for one in evidence.databases if one.reachable), None)
    tables = lacking(evidence, "missing-table")
    since = settled(evidence, tables) if tables else None
    lead = None if since or not tables else lead_of(tables)
    missing = MissingTable(lead.event, lead.name) if lead else None
    if project and database and missing and is_stamped(project, database, missing):
        return stamped(_ID, _TITLE, project, database, missing)
    against = _against(project, database, missing)
    if against or (database and not _unmigrated(database)):
        return against
    if database:
        return _with_database(evidence, project, database, missing)
    if since:
        return over(_ID, _TITLE, f"The table {tables[0].name} was missing at first", since)
    return _of_logs(evidence, project, lead) or (None if tables else _first_start(evidence))


def _with_database(
    evidence: Evidence, project: ProjectFacts | None, database: DatabaseFacts, missing: MissingTable | None
) -> Finding | None:
    if missing:
        proven = project and creators(project, missing.bare) and not hindered(evidence)
        confidence: Confidence = "certain" if proven else "likely"
    elif project and _shown_by_tables(evidence, project, database):
        confidence = "likely"
    else:
        return None
    return _found(evidence, project, database, missing, confidence)


def _of_logs(evidence: Evidence, project: ProjectFacts | None, lead: Trouble | None) -> Finding | RuledOut | None:
    """Return what the log tells where no database was asked."""
    told = _told(evidence)
    if lead is None and not told:
        return None
    shown = lead or told[0]
    if not told and (migrated_before(evidence, shown) or _is_behind(evidence)):
        return None
    if lead is None:
        since = settled(evidence, told) or goes_on(evidence, told)
        if since:
            return over(_ID, _TITLE, "A tool found no schema at first", since)
        return _announced(evidence, project, shown)
    fatal = is_fatal(evidence, shown)
    sure = fatal or bool(told) or not from_server(shown.event)
    return _found(evidence, project, None, MissingTable(shown.event, shown.name), "likely" if sure else "possible")


def _first_start(evidence: Evidence) -> RuledOut | None:
    """Return that a tool only asked for its own table, as it does at a first start, or a monitor for the system's."""
    asked = of_no_account(evidence, "bookkeeping", "missing-table")
    since = settled(evidence, asked) if asked else None
    if since is None:
        return None
    whose = "A migration tool asked for its own table" if asked[0].kind == "bookkeeping" else "A monitor asked"
    return over(_ID, _TITLE, f"{whose}, {asked[0].name}, which was not there", since)


def _told(evidence: Evidence) -> tuple[Trouble, ...]:
    """Return the tools' own words that nothing was applied; Django says it by naming its own apps."""
    behind = tuple(one for one in troubles(evidence, "behind") if all_unapplied(one.event))
    return troubles(evidence, "never") + behind


def _is_behind(evidence: Evidence) -> bool:
    partly = any(not all_unapplied(one.event) and not one.mild for one in troubles(evidence, "behind"))
    return partly or bool(lacking(evidence, "missing-column"))


def _announced(evidence: Evidence, project: ProjectFacts | None, told: Trouble) -> Finding:
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely",
        summary="The migration tool, or the application itself, says that the database has no schema yet.",
        evidence=(cited(told.event, "It says that nothing is applied"), *ending(evidence, told)),
        mend=remedies(evidence, project),
        missing=_wanted(evidence, project, None, None),
    )


def _found(
    evidence: Evidence,
    project: ProjectFacts | None,
    database: DatabaseFacts | None,
    missing: MissingTable | None,
    confidence: Confidence,
) -> Finding:
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(evidence, project, database, missing.bare if missing else None),
        evidence=(*chain(evidence, project, database, missing), *_in_its_words(evidence, missing)),
        mend=remedies(evidence, project),
        missing=_wanted(evidence, project, database, missing) if confidence != "certain" else (),
    )


def _in_its_words(evidence: Evidence, missing: MissingTable | None) -> tuple[Link, ...]:
    """Return the tool's own word for it beside the first statement that fails: it often says what to do."""
    told = (event for event in evidence.logs if not from_server(event) and NEVER.pattern.search(event.text))
    found = next(told, None) if missing else None
    return (cited(found, "The tool says so itself"),) if found and missing and found.id != missing.event.id else ()


def _unmigrated(database: DatabaseFacts) -> bool:
    noted = any(table.versions is None or table.versions for table in database.migration_tables)
    return not noted and not database.revisions and not (database.version_table and database.revisions is None)


def _against(
    project: ProjectFacts | None, database: DatabaseFacts | None, missing: MissingTable | None
) -> RuledOut | None:
    if database is None:
        return None
    if project and database.revisions and set(database.revisions) == set(project.heads):
        at = ", ".join(database.revisions)
        return RuledOut(_ID, _TITLE, f"The database is at the code's head, revision {at}.", database.id)
    present = {name.rpartition(".")[2]: name for name in database.tables}
    if missing and missing.bare in present:
        why = f"The table {present[missing.bare]} exists in the database that was asked."
        return RuledOut(_ID, _TITLE, why, database.id)
    return None


def _shown_by_tables(evidence: Evidence, project: ProjectFacts, database: DatabaseFacts) -> bool:
    """Say whether an empty database tells it alone: not where what would have migrated it could not even start."""
    never_started = any(each.status == "created" and each.error for each in evidence.containers)
    empty = nothing_created(project, database) and not never_started
    return empty and over_now(evidence, _ID, _TITLE, "") is None


def _summary(
    evidence: Evidence, project: ProjectFacts | None, database: DatabaseFacts | None, table: str | None
) -> str:
    wants = (
        f"The service asks for the table {table}, which does not exist"
        if table
        else "The service's tables do not exist"
    )
    if database and project:
        count = len(project.migrations)
        held = "1 revision" if count == 1 else f"{count} revisions"
        return f"{wants}: the database has none of the code's {held}{_at_start(evidence, project)}."
    if database:
        return f"{wants}: the database records no revision at all."
    return f"{wants}; nothing in the log applies a migration."


def _at_start(evidence: Evidence, project: ProjectFacts) -> str:
    """Say what the start command does about it, where its words tell: one that was stopped before is not to blame."""
    judged = {applies_migrations((*one.entrypoint, *one.cmd), project.scripts) for one in evidence.images}
    if "applies" in judged:
        return ", although the start command applies them"
    return ", and nothing applies them at start" if "does-not" in judged else ""


def _wanted(
    evidence: Evidence, project: ProjectFacts | None, database: DatabaseFacts | None, missing: MissingTable | None
) -> tuple[str, ...]:
    wanted = []
    if database is None:
        wanted.append("The database's revision and tables would tell never migrated from behind: give --database-url.")
    if project is None:
        wanted.append("The code's revisions would show which one creates the table: give --project.")
    if missing is None and not app_spoke(evidence):
        wanted.append("The service's log would show whether it fails for want of a table: give --logs.")
    return tuple(wanted)


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The code expects tables that no migration has created in the database it uses.",
    explanation="""\
Migrations are code that changes the database, and somebody has to run them: they do not come with the image. On a
developer's machine that happened long ago, by hand, so everything works there. In a new environment the database is
empty; the server starts, its first query names a table, and PostgreSQL answers with SQLSTATE `42P01`.

If that query runs while the application starts (a health query, a settings table, a warm-up), the process ends
and the container restarts in a loop. If not, the service looks healthy until the first request fails.

A missing table alone does not prove it. The same message comes from a database that is *behind* (some revisions
applied), from a table in another schema, and from a URL that names the wrong database. What tells them apart is
the version table: here it is absent or empty, while the code has at least one revision.""",
    shows=(
        'relation "tasks" does not exist',
        "psycopg.errors.UndefinedTable, psycopg2.errors.UndefinedTable, asyncpg.exceptions.UndefinedTableError",
        "sqlalchemy.exc.ProgrammingError or django.db.utils.ProgrammingError with one of these inside",
        "no table alembic_version (or django_migrations), or one without a row",
        "a start command that names the server alone: uvicorn, gunicorn",
    ),
    check=(
        "docker logs app 2>&1 | grep -A 3 'does not exist'",
        "docker inspect app --format '{{json .Config.Entrypoint}} {{json .Config.Cmd}}'",
        'psql "$DATABASE_URL" -c "SELECT version_num FROM alembic_version"',
        "alembic current && alembic heads",
    ),
    mend=(
        "Now: run `alembic upgrade head` once against that database, from the image that is deployed, then start the "
        "service again.",
        "For good, with one replica: let the image apply them: "
        '`CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app --host 0.0.0.0 --port 8000"]`.',
        "For good, with several replicas: a one-shot job before the roll-out (a Kubernetes Job or init container, a "
        "compose service with `condition: service_completed_successfully`), so that they do not race.",
        "Before that, make sure that the URL names the database you mean: an empty database may be the wrong one.",
    ),
    prevent=(
        "Start the image against an empty database in CI and ask its health address.",
        "Let the health check compare the database's revision with the code's head.",
        "Make the migration a step of the deployment that can fail it, not a line in a manual.",
    ),
    confidence="""\
- **certain**: the database records no revision, the code has revisions, and a statement failed on a table which one
  of them creates; or it records the code's head and has none of the tables that the revisions create: it was stamped.
- **likely**: one of these is unknown: no project was given, or only a log is there, in which a program fails for
  want of a table or says that the database has no schema.
- **possible**: only the server's own log is there, and whose statement failed is not known.""",
    find=find,
    signs=(MISSING_TABLE, NEVER),
    links=(
        "https://alembic.sqlalchemy.org/en/latest/tutorial.html#running-our-first-migration",
        "https://www.postgresql.org/docs/current/errcodes-appendix.html",
        "https://docs.docker.com/reference/dockerfile/#cmd",
    ),
)
