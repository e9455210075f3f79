"""The database is at a revision that the code does not know."""

import re

from incidentlab.causes._evidence import cited, said, works
from incidentlab.causes._toolbox import Tool, look, tool_of
from incidentlab.causes._wanted import app_spoke
from incidentlab.causes.migrations._account import (
    applied_since,
    command,
    ending,
    is_fatal,
    leading,
    over,
    quoted,
    words,
)
from incidentlab.causes.migrations._graph import database_of, project_of, unknown
from incidentlab.causes.migrations._lacking import lacking, lead_of
from incidentlab.causes.migrations._out_of_order import mends as of_order
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._refusals import NEWER, UNKNOWN
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, ProjectFacts

_ID = "unknown-revision"
_TITLE = "The database is at a revision that the code does not have"


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a tool cannot find a revision, or database and code are seen to differ."""
    # A revision that ends with a carriage return is the last word of a script's line, and was never one.
    told = tuple(one for one in troubles(evidence, "unknown") if not _CARRIAGE_RETURN.search(said(one.event)))
    project, database = project_of(evidence), database_of(evidence)
    strange = unknown(project, database.revisions or ()) if project and database else ()
    if not told:
        return _from_facts(evidence, project, database, strange)
    since = applied_since(evidence, told)
    if since and not strange:
        return over(_ID, _TITLE, "A revision could not be found at first", since)
    lead = leading(told)
    newer = NEWER.search(said(lead.event)) is not None and not strange
    named = lead.name or next((one.name for one in told if one.name), "")
    proven = bool(strange)
    confidence: Confidence = "certain" if proven or (named and is_fatal(evidence, lead)) else "likely"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_NEWER_DATABASE if newer else _summary(lead, named),
        evidence=(
            cited(lead.event, "The program refuses the database" if newer else "The tool looks for a revision in vain"),
            *_fact_links(project, database, strange),
            *ending(evidence, lead),
        ),
        mend=_OF_RELEASES if newer else of_order(lead.event) or _mends(evidence, named or next(iter(strange), "")),
        missing=() if confidence == "certain" else (_RELEASE,) if newer else _wanted(project, database),
    )


_RELEASE = "Which release ran before: the image's tag in the history of the compose file, or docker image ls."
_NEWER_DATABASE = "A newer release has changed the schema of this database, and the one that runs now does not know it."
# A product with numbers of its own for its schema: no file has the revision, a release has.
_OF_RELEASES = (
    words(
        "Run the newer release again, the one that changed the schema: put its tag back and start it.",
        "Nothing in the database has to change for that.",
    ),
    words(
        "If the older release has to stay: the backup from before the upgrade, or the product's own way back, carried "
        "out with the newer release, where it has one.",
        "Few products can take their changes back; what was written since is not in the backup.",
    ),
    words("Name the release in full (IMAGE:1.2.3) where the tag was `latest`, or differs between two machines.",
          "Nobody then goes back without knowing."),
)  # fmt: skip
_CARRIAGE_RETURN = re.compile(r"(?:\\r|\^M)['\"]")
_PLAIN = re.compile(r"[\w.\-]{1,200}")
_A_WORD = 4  # characters of a name that is found in few other names
_NUMBERED = {
    "flyway": "*V{}__*",
    "golang-migrate": "*/{0}_*' '*/{0:0>6}_*",
    "goose": "*/{0}_*' '*/{0:0>5}_*",
    "django": "*{}_*",
}
_DEPLOYED = "Whether this code is the one that is deployed: compare it with the image."


def _from_facts(
    evidence: Evidence, project: ProjectFacts | None, database: DatabaseFacts | None, strange: tuple[str, ...]
) -> Finding | None:
    if not (project and database and strange):
        return None
    confidence: Confidence = "possible" if works(evidence) else "likely"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=f"The database's version table names {', '.join(strange)}, and no revision of the code has that id.",
        evidence=(*_fact_links(project, database, strange), *_suffering(evidence)),
        mend=_mends(evidence, strange[0]),
        missing=(_DEPLOYED if app_spoke(evidence) else f"{_DEPLOYED[:-1]}, or give --logs.",),
    )


def _suffering(evidence: Evidence) -> tuple[Link, ...]:
    """Return the statement that meets a schema which is not the code's."""
    found = (*lacking(evidence, "missing-column"), *lacking(evidence, "missing-table"))
    return (
        (cited(lead_of(found).event, "A statement of the code finds another schema than it expects"),) if found else ()
    )


def _fact_links(
    project: ProjectFacts | None, database: DatabaseFacts | None, strange: tuple[str, ...]
) -> tuple[Link, ...]:
    links = []
    if database and strange:
        at = ", ".join(database.revisions or ())
        links.append(
            Link(
                f"The database's version table holds {at}",
                database.id,
                f"database {database.database or database.id}",
                quote=f"revision: {at}",
                command=database.command,
            )
        )
    if project and strange:
        links.append(
            Link(
                f"The code has {len(project.migrations)} revisions up to {', '.join(project.heads)}; that one is not "
                "among them",
                project.id,
                project.script_location or "the revisions",
                command=project.command,
            )
        )
    return tuple(links)


def _summary(lead: Trouble, named: str) -> str:
    if "is applied before its dependency" in lead.event.text:
        return (
            f"The database says that a migration was applied whose parent ({named}) was not: its history is "
            f"not the code's."
        )
    shown = f" {named}" if named else ""
    return (
        f"The version table names a revision{shown} which the deployed code does not contain, so no migration can run."
    )


def _wanted(project: ProjectFacts | None, database: DatabaseFacts | None) -> tuple[str, ...]:
    wanted = []
    if database is None:
        wanted.append("What the version table holds: give --database-url.")
    if project is None:
        wanted.append("Which revisions the deployed code has: give --project.")
    return tuple(wanted)


def _mends(evidence: Evidence, name: str) -> tuple[Mend, ...]:
    tool = tool_of(evidence)
    mends = [
        _search(tool, name),
        words(
            "Deploy the code that contains it: an older image in front of a newer database is the usual reason. "
            "Go back "
            "to the older schema only with that newer code (downgrade), or from a backup.",
            "Nothing in the database has to change for that.",
        ),
    ]
    if tool.name in ("alembic", "flask"):
        stamp = tool.mark.replace("REVISION", "LAST_COMMON_REVISION").replace("stamp ", "stamp --purge ")
        mends.append(
            words(
                "If the revision was only renamed or squashed and the schema is the one of another revision: "
                f"`{stamp}`, after a backup and a look at the tables.",
                "It rewrites the version table and runs no migration.",
            )
        )
    elif name:
        mends.append(
            words(f"If {quoted(name)} was renamed, put the old name back, or correct the tool's table after a backup.")
        )
    return tuple(mends)


def _search(tool: Tool, name: str) -> Mend:
    """Return how to find the code that has the revision; a short number is sought as the tool writes it in a name."""
    first = name.partition(",")[0].strip()
    if not _PLAIN.fullmatch(first) or (len(first) < _A_WORD and tool.name not in _NUMBERED):
        claim = "Shows what is applied beside what the code has; git log --all finds the release that has the rest."
        return look(tool, claim)
    if tool.name == "django":
        first = first.replace(".", "/migrations/", 1)
    pattern = _NUMBERED.get(tool.name, "*{}*").format(first) if len(first) < _A_WORD else f"*{first}*"
    return command(
        f"git log --all --oneline -- '{pattern}'",
        "Shows the branch or release that has this revision, if the code ever had it.",
    )


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The version table names a revision that no file of the deployed code has.",
    explanation="""\
Before a tool applies anything it reads from the database which revision is there, and looks for that revision among
its files. Where it is not found the tool stops, for it cannot know what lies between.

The usual ways to get there: the software went *back* to an older release while the database stayed with the newer
one; a branch was tried on a shared database and its revision deleted or renamed afterwards; revisions were
squashed; an image was built without the newest file; or two applications share one database and one version table.

Django's `InconsistentMigrationHistory` tells the same of its graph: what the database says was applied, and what the
files say, are no longer one history.""",
    shows=(
        "Can't locate revision identified by '…'; No such revision or branch '…'",
        "InconsistentMigrationHistory: Migration … is applied before its dependency …",
        "Detected applied migration not resolved locally; no migration found for version …",
        "The migration directory is corrupt, the following files are missing: …",
        "unknown migration in database; previously executed migration … is missing",
        "Downgrade detected; the database is newer than, or too new for, this release",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SELECT version_num FROM alembic_version"',
        "alembic history | head",
        "git log --all --oneline -- '*REVISION*'",
    ),
    mend=(
        "Deploy the code that has the revision (the newer release), or take the file back from version control.",
        "If the older code has to stay: go down with the newer code first (`alembic downgrade`), or restore the "
        "backup.",
        "If only the id changed: `alembic stamp --purge REVISION` for the revision whose schema the database "
        "really has.",
    ),
    prevent=(
        "Never delete or rename a revision that has been applied anywhere.",
        "Give each branch and each application a database of its own, or a `version_table` of its own.",
        "Before going back to an older release, run its downgrade or have a backup.",
    ),
    confidence="""\
- **certain**: the tool names a revision that it cannot find and the program ends, or database and code were both
  asked and the one's revision is not among the other's.
- **likely**: the tool complains of it and how it went on is not known, or database and code differ and no log was
  given.
- **possible**: database and code differ, and the service works.""",
    find=find,
    explains=("migrations-not-applied", "migrations-behind", "migration-failed"),
    links=(
        "https://alembic.sqlalchemy.org/en/latest/api/commands.html#alembic.command.stamp",
        "https://docs.djangoproject.com/en/stable/ref/django-admin/#django-admin-showmigrations",
    ),
    signs=(UNKNOWN,),
)
