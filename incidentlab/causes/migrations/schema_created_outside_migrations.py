"""Tables are there that the migrations want to create: somebody else made them."""

from incidentlab.causes._evidence import cited, from_server
from incidentlab.causes._toolbox import look, tool_of
from incidentlab.causes.migrations._account import (
    applied_since,
    ending,
    goes_on,
    leading,
    only_the_server_minds,
    over,
    over_now,
    words,
)
from incidentlab.causes.migrations._announcements import FAILED
from incidentlab.causes.migrations._graph import database_of, makers, project_of
from incidentlab.causes.migrations._objects import EXISTS, is_bookkeeping
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._starters import replicas_at_once, twice
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, ProjectFacts, RevisionFile

_ID = "schema-created-outside-migrations"
_TITLE = "The schema was created outside the migrations"


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a step finds its objects there, or a database has tables and no revision."""
    told = troubles(evidence, "exists")
    if not told:
        return _from_facts(evidence)
    told = tuple(one for one in told if not is_bookkeeping(one.name))
    if not told:
        return None  # a tool's own table is made by nobody else: it looks for it elsewhere, or several made it at once
    if twice(evidence) or replicas_at_once(evidence):
        return None  # several started at once; who lost found the winner's tables
    what = "Something that is there already was to be created"
    since = applied_since(evidence, told)
    if since:
        return over(_ID, _TITLE, what, since)
    serving = only_the_server_minds(evidence, told)
    if not serving and all(one.step is None for one in told):
        serving = goes_on(evidence, told)
    if serving:
        return over(_ID, _TITLE, what, serving)
    working = over_now(evidence, _ID, _TITLE, what) if all(from_server(one.event) for one in told) else None
    return working or _finding(evidence, leading(told))


def _finding(evidence: Evidence, lead: Trouble) -> Finding:
    project, database = project_of(evidence), database_of(evidence)
    made = makers(project, lead.name) if project and lead.table in ("relation", "table") else ()
    unnoted = _is_unnoted(database, made)
    migrating = lead.step is not None or bool(made) or _is_migrations(evidence, lead)
    confidence: Confidence = "certain" if unnoted and made and migrating else "likely" if migrating else "possible"
    shown = f"the {lead.table} {lead.name}" if lead.name else ""
    links = []
    if lead.step and lead.step.name:
        links.append(cited(lead.step.event, "The step begins"))
    claim = f"It cannot create {shown}, which is there already" if shown else _refused(lead)
    links.append(cited(lead.event, claim))
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(lead, shown, unnoted=unnoted),
        evidence=(*links, *_links(project, database, made), *ending(evidence, lead)),
        mend=_mends(evidence, made[-1].revision if made else _target(lead)),
        missing=() if confidence == "certain" else _wanted(project, database),
    )


def _is_migrations(evidence: Evidence, lead: Trouble) -> bool:
    """Whether a tool says nearby that a migration failed, or refuses a database that is not empty."""
    if not lead.name:
        return True
    near = (event for event in evidence.logs if event.source == lead.event.source)
    return any(FAILED.pattern.search(one.text) for one in near if abs(one.first_line - lead.event.first_line) <= 10)


def _is_unnoted(database: DatabaseFacts | None, made: tuple[RevisionFile, ...]) -> bool:
    """Whether the version table does not have the revision that makes the object."""
    if database is None or (database.version_table and database.revisions is None):
        return False
    return not {one.revision for one in made} & set(database.revisions or ())


def _summary(lead: Trouble, shown: str, *, unnoted: bool) -> str:
    step = f" in the step {lead.step.name}" if lead.step and lead.step.name else ""
    noted = ", and the version table does not say so" if unnoted else ""
    if not shown:
        return f"The migrations are for an empty database, and this one holds a schema already{noted}."
    return f"The migrations want to create {shown}{step}, but it exists{noted}: something else created it."


def _refused(lead: Trouble) -> str:
    whole = lead.table == "schema"
    return "The tool refuses a database that is not empty" if whole else "What it is to create is there already"


def _links(
    project: ProjectFacts | None, database: DatabaseFacts | None, made: tuple[RevisionFile, ...]
) -> tuple[Link, ...]:
    links = []
    if database:
        at = ", ".join(database.revisions or ()) or "no revision"
        links.append(
            Link(
                f"The database has {_tables(len(database.tables))} and records {at}",
                database.id,
                f"database {database.database or database.id}",
                command=database.command,
            )
        )
    if project:
        links += [
            Link(f"Revision {one.revision} is to create it", project.id, one.path, quote=one.message) for one in made
        ]
    return tuple(links)


def _from_facts(evidence: Evidence) -> Finding | None:
    """Return what facts alone show: tables of the code's revisions, in a database that records no revision."""
    project, database = project_of(evidence), database_of(evidence)
    if project is None or database is None or database.revisions or database.migration_tables:
        return None
    if database.version_table and database.revisions is None:
        return None
    there = {name.rpartition(".")[2] for name in database.tables}
    made = tuple(one for one in project.migrations if {name.rpartition(".")[2] for name in one.creates_tables} & there)
    if not made:
        return None
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="possible" if over_now(evidence, _ID, _TITLE, "") else "likely",
        summary=f"The database has {_tables(len(there))}, among them the migrations' own, and records none.",
        evidence=_links(project, database, made[:4]),
        mend=_mends(evidence, made[-1].revision if made else ""),
        missing=("The log of the step that applies the migrations would show whether it failed: give --logs.",),
    )


def _wanted(project: ProjectFacts | None, database: DatabaseFacts | None) -> tuple[str, ...]:
    wanted = []
    if database is None:
        wanted.append("Which revision the database records, beside its tables: give --database-url.")
    if project is None:
        wanted.append("Which revision is to create it: give --project.")
    return tuple(wanted)


def _target(lead: Trouble) -> str:
    """Return the revision of the step that fails, where the tool names it ("a -> b, message")."""
    name = lead.step.name if lead.step else ""
    return name.rpartition("->")[2].strip() if "->" in name else ""


def _mends(evidence: Evidence, revision: str) -> tuple[Mend, ...]:
    tool = tool_of(evidence)
    mark = tool.mark.replace("REVISION", revision) if revision else tool.mark
    return (
        look(tool, "Shows what the tool believes is applied; compare it with the tables."),
        words(
            f"If the schema is exactly that of a revision, mark it as applied: `{mark}`, then `{tool.apply}`. "
            f"Compare first ({'`alembic check`, or ' if tool.name == 'alembic' else ''}a dump of both): what is marked "
            "is never run.",
            "The tool then goes on after what is there.",
        ),
        words(
            "If the tables hold nothing of value (a new installation, a test): drop and create the database, and apply "
            "the migrations to the empty one.",
            "Nothing is guessed then.",
        ),
        words(
            "Take the other maker away: create_all() at start, synchronize: true, an init script, a dump that is "
            "loaded "
            "without its version table.",
            "Otherwise it comes back with the next new table.",
        ),
    )


def _tables(count: int) -> str:
    return "1 table" if count == 1 else f"{count} tables"


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="A migration creates a table, column or type that is there, because something other than migrations "
    "made it.",
    explanation="""\
Two makers of one schema: the migrations, and something else. The something is often `Base.metadata.create_all()` in
the application's start, TypeORM's `synchronize: true`, Hibernate's `ddl-auto=update`, an SQL file in
`docker-entrypoint-initdb.d`, a dump restored without its version table, or a person.

The tables are right or nearly so; what is missing is the note that they are there. The tool reads its version
table, finds no revision or an old one, begins with that step, and PostgreSQL refuses with SQLSTATE `42P07`
(tables), `42701` (columns) or `42710` (types, constraints).

It also happens when somebody deletes the version table to "start over", and when a database is copied while only
its data and tables are taken along.""",
    shows=(
        'psycopg2.errors.DuplicateTable: relation "member" already exists, after “Running upgrade”',
        'column "slug" of relation "post" already exists; type "status" already exists',
        "Error: P3005 The database schema is not empty; Found non-empty schema(s) … but no schema history table",
    ),
    check=(
        "alembic current",
        'psql "$DATABASE_URL" -c "\\\\dt"',
        "grep -rn 'create_all\\|synchronize' --include='*.py' --include='*.ts' .",
    ),
    mend=(
        "Find the revision whose schema the database has, and mark it: `alembic stamp REVISION`; then `alembic "
        "upgrade head`.",
        "Where nothing is of value yet: an empty database, and all migrations from the first.",
        "Remove `create_all()` and its like from the application's start.",
    ),
    prevent=(
        "Let migrations be the only maker of the schema, also in development and tests.",
        "Hold models and migrations to each other in CI: `alembic check`, `makemigrations --check`.",
        "Restore dumps whole, with the version table.",
    ),
    confidence="""\
- **certain**: the log shows the refusal, the code has the revision that creates the object, and the database does
  not record that revision.
- **likely**: a migration is refused because an object is there already, or a database has the migrations' tables
  and no revision.
- **possible**: something is refused because it exists, and whether a migration wanted it is not known.

Where several programs applied the same step at one time it is `concurrent-migrations`.""",
    find=find,
    explains=("migration-failed", "migrations-not-applied", "migrations-behind"),
    links=(
        "https://alembic.sqlalchemy.org/en/latest/cookbook.html#building-an-up-to-date-database-from-scratch",
        "https://www.prisma.io/docs/orm/prisma-migrate/workflows/baselining",
    ),
    signs=(EXISTS,),
)
