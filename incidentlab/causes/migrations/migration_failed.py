"""A migration was begun and failed."""

import re

from incidentlab.causes._evidence import cited, from_server, said
from incidentlab.causes._toolbox import tool_of
from incidentlab.causes.migrations._account import (
    applied_since,
    ending,
    is_fatal,
    leading,
    only_the_server_minds,
    over,
    over_now,
)
from incidentlab.causes.migrations._announcements import FAILED
from incidentlab.causes.migrations._changed_file import is_changed
from incidentlab.causes.migrations._changed_file import mends as restore
from incidentlab.causes.migrations._changed_file import summary as of_changed
from incidentlab.causes.migrations._failure_mends import mends
from incidentlab.causes.migrations._graph import database_of, project_of
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._reasons import in_words, is_of_the_step, missing_extension, version_in
from incidentlab.model.cause import Cause
from incidentlab.model.database import MigrationTable
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent

_ID = "migration-failed"
_TITLE = "A migration failed"
_MESSAGE = re.compile(r"\b(?:ERROR|error|FATAL):\s{1,4}(?P<said>[^\n]{8,400})")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: an error within a step, a tool's word of one, or the mark in its table."""
    told = troubles(evidence, "failed")
    marked = _marked(evidence)
    if not told:
        return _from_table(evidence, *marked) if marked else None
    since = None if marked else applied_since(evidence, told)
    if since:
        return over(_ID, _TITLE, "A migration failed at first", since)
    if all(missing_extension(one.event) and one.step is None for one in told) and not marked:
        # Nobody who applies migrations was seen: it may have been tried, to see whether it is there.
        minded = only_the_server_minds(evidence, told)
        if minded:
            return over(_ID, _TITLE, "An extension was not there", minded)
    if all(one.mild for one in told) and not marked:
        working = over_now(evidence, _ID, _TITLE, "A tool complained of a migration")
        if working:
            return working
    return _finding(evidence, told, marked)


def _finding(
    evidence: Evidence, told: tuple[Trouble, ...], marked: tuple[DatabaseFacts, MigrationTable] | None
) -> Finding:
    lead = leading(told)
    changed = None if lead.event.sqlstate else next((one for one in told if is_changed(one.event)), None)
    if changed:
        return _of_a_changed_file(evidence, changed)
    named = lead.name or next((one.name for one in told if one.name), "")
    confidence = _confidence(evidence, lead, named, marked)
    claim = f"The step {named} fails" if named else "A step of the migrations fails"
    links = [*_step_links(lead), cited(lead.event, claim + _statement(lead)), *_detail(evidence, lead)]
    if marked:
        links += _table_links(*marked)
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(lead, named),
        evidence=(*links, *_file_links(evidence, named), *ending(evidence, lead)),
        mend=mends(tool_of(evidence), lead, named, version=version_in(evidence.logs)),
        missing=() if confidence == "certain" else _wanted(evidence, lead),
    )


def _of_a_changed_file(evidence: Evidence, changed: Trouble) -> Finding:
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely",
        summary=of_changed(changed.name),
        evidence=(cited(changed.event, "The file is not the one that was applied"), *ending(evidence, changed)),
        mend=restore(tool_of(evidence), changed.name),
        missing=_wanted(evidence, changed),
    )


def _confidence(
    evidence: Evidence, lead: Trouble, named: str, marked: tuple[DatabaseFacts, MigrationTable] | None
) -> Confidence:
    if is_of_the_step(lead.event) and named:
        return "certain" if is_fatal(evidence, lead) or lead.event.exception else "likely"
    if marked and not lead.announced:
        return "certain"
    return "possible" if lead.announced and lead.mild else "likely"


def _summary(lead: Trouble, named: str) -> str:
    step = f"The migration {named}" if named else "A migration"
    reason = in_words(lead.event)
    if reason:
        return f"{step} failed: {reason}. What it and later ones would have made is not there."
    if lead.announced and not (lead.step and lead.step.name):
        return f"{step} failed, now or at an earlier start, and the tool applies nothing more until that is resolved."
    return f"{step} failed with an error of its own; what it and later ones would have made is not there."


def _statement(lead: Trouble) -> str:
    sql = " ".join((lead.event.sql or "").split())
    return f": {sql[:160]}" if sql else ""


def _detail(evidence: Evidence, lead: Trouble) -> tuple[Link, ...]:
    """Return PostgreSQL's DETAIL, which names the row or the object: the program's own, else the server's."""
    found = _MESSAGE.search(said(lead.event))
    words = (found["said"] if found else lead.event.text.rpartition(": ")[2]).strip()
    servers = [one for one in evidence.logs if from_server(one) and len(words) > 12 and words[:120] in one.text]
    for event in (lead.event, *servers[:1]):
        line = next(((number, text) for number, text in event.key_lines if _is_detail(event, text)), None)
        if line:
            claim = "What stands in its way"
            return (Link(claim, event.id, f"log of {event.source}", line[0], line[1].strip(), event.command),)
    return ()


def _is_detail(event: LogEvent, text: str) -> bool:
    return text.lstrip().startswith("DETAIL:") and text.strip() != event.text.strip()


def _step_links(lead: Trouble) -> tuple[Link, ...]:
    return (cited(lead.step.event, "The step begins"),) if lead.step and lead.step.name else ()


def _file_links(evidence: Evidence, named: str) -> tuple[Link, ...]:
    project = project_of(evidence)
    target = named.rpartition("->")[2].strip()
    if project is None or not target:
        return ()
    return tuple(
        Link(
            f"Revision {one.revision} is this file",
            project.id,
            one.path,
            quote=one.message,
            command=f"alembic show {one.revision}",
        )
        for one in project.migrations
        if one.revision == target
    )


def _marked(evidence: Evidence) -> tuple[DatabaseFacts, MigrationTable] | None:
    database = database_of(evidence)
    if database is None:
        return None
    return next(((database, table) for table in database.migration_tables if table.failed), None)


def _table_links(database: DatabaseFacts, table: MigrationTable) -> tuple[Link, ...]:
    claim = f"{table.place} marks {', '.join(table.failed[:4])} as failed or unfinished"
    return (Link(claim, database.id, f"database {database.database or database.id}", command=database.command),)


def _from_table(evidence: Evidence, database: DatabaseFacts, table: MigrationTable) -> Finding:
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely",
        summary=f"The tool's own table says that {table.failed[0]} failed or did not finish; it applies nothing more.",
        evidence=_table_links(database, table),
        mend=mends(tool_of(evidence), None, table.failed[0]),
        missing=("The log of that migration would show what it failed of: give --logs.",),
    )


def _wanted(evidence: Evidence, lead: Trouble) -> tuple[str, ...]:
    wanted = []
    if lead.announced:
        wanted.append("The statement that failed: the log of the first attempt, or the database's log.")
    if not evidence.containers and not is_fatal(evidence, lead):
        wanted.append("Whether the program ended there: give --container.")
    if database_of(evidence) is None:
        wanted.append("Which revision the database is at, and which tables it has: give --database-url.")
    return tuple(wanted)


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="A step of the migrations fails, every later one is not applied, and each start fails in the same way.",
    explanation="""\
A migration is tried on an empty or small database, and meets another one in production: rows with NULL where the
new column must have none, duplicates where an index must be unique, a view that somebody built on the table, a type
or an extension that is not there. PostgreSQL runs the change in a transaction and takes all of it back; the version
table stays at the revision before.

From then on the deployment is stuck. The start script ends with the error, the container restarts, and each start
fails in the same step. Where the script goes on, the server starts on the older schema and reports missing columns
and tables: consequences of this one failure.

Tools that keep a mark of their own (Prisma, Flyway, golang-migrate) refuse everything after a failure until
somebody says how it was resolved; their message tells no longer what the reason was.""",
    shows=(
        "Running upgrade a -> b … followed by a traceback with NotNullViolation, DependentObjectsStillExist, …",
        "Applying app.0002_name...Traceback; StandardError: An error has occurred, this and all later migrations "
        "canceled",
        "Error: P3018, P3009 (Prisma); Migration V2__name.sql failed (Flyway); Dirty database version N "
        "(golang-migrate)",
        "Migration checksum mismatch (Flyway), changesets check sum (Liquibase): a file was changed",
    ),
    check=(
        "docker logs app 2>&1 | grep -B 2 -A 20 'Running upgrade'",
        "alembic current && alembic heads",
        'psql "$DATABASE_URL" -c "SELECT version_num FROM alembic_version"',
    ),
    mend=(
        "Read the statement and its DETAIL: they name the rows or objects that stand in the way.",
        "Mend the data or the revision, and apply it again; PostgreSQL has taken back the failed attempt.",
        "With a tool that marks the failure: undo its remains, then `prisma migrate resolve`, `flyway repair` or "
        "`migrate force`.",
    ),
    prevent=(
        "Run each migration in CI on a copy of production's data, or on a sample with its oddities.",
        "Add constraints in steps: a nullable column, a backfill, then `NOT NULL`; `NOT VALID`, then `VALIDATE`.",
        "Take a backup right before, and know how long it takes to restore.",
    ),
    confidence="""\
- **certain**: a named step failed on data, on dependent objects or on its own SQL, and the program ended with it;
  or a failure in the log and the tool's own mark in its table agree.
- **likely**: a step failed for want of a table or column, with another exception, or the tool says that one has
  failed.
- **possible**: only a warning speaks of it.

No connection, no rights, a lock, a full disk and objects that exist already are causes of their own.""",
    find=find,
    explains=("migrations-not-applied", "migrations-behind", "schema-created-outside-migrations"),
    links=(
        "https://www.postgresql.org/docs/current/sql-altertable.html",
        "https://www.prisma.io/docs/orm/prisma-migrate/workflows/patching-and-hotfixing",
        "https://alembic.sqlalchemy.org/en/latest/tutorial.html#running-our-second-migration",
    ),
    signs=(FAILED,),
)
