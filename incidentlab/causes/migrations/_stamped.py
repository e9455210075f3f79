"""A database that says it is at the code's head and has none of its tables: stamped, never migrated."""

from incidentlab.causes._evidence import cited
from incidentlab.causes.migrations._missing_table import MissingTable
from incidentlab.causes.migrations._proof import creators
from incidentlab.model.diagnosis import Finding, Link, Mend
from incidentlab.model.evidence import DatabaseFacts, ProjectFacts


def nothing_created(project: ProjectFacts, database: DatabaseFacts) -> bool:
    """Say whether the revisions create tables and the database, in whatever schema, has none of these."""
    created = {name.rpartition(".")[2] for one in project.migrations for name in one.creates_tables}
    return bool(created) and not created & {name.rpartition(".")[2] for name in database.tables}


def is_stamped(project: ProjectFacts, database: DatabaseFacts, missing: MissingTable) -> bool:
    """Say whether the revision is recorded and nothing of it is there."""
    at_head = bool(database.revisions) and set(database.revisions or ()) == set(project.heads)
    return at_head and nothing_created(project, database) and bool(creators(project, missing.bare))


def stamped(cause: str, title: str, project: ProjectFacts, database: DatabaseFacts, missing: MissingTable) -> Finding:
    """Return the finding, with the way back: what the stamp has written down is taken away, then all is applied."""
    at = ", ".join(database.revisions or ())
    claim = f"The database records revision {at}, the code's head"
    found = ", ".join(database.tables) or "none"
    return Finding(
        cause=cause,
        title=title,
        confidence="certain",
        summary=f"The database says that it is at {at} and has none of the tables that the revisions create: it was "
        "stamped, or its tables were dropped. An upgrade finds nothing to do.",
        evidence=(
            Link(claim, database.id, f"database {database.database or database.id}", quote=f"tables: {found}",
                 command=database.command),
            cited(missing.event, f"The first statement that needs {missing.name} fails"),
            *creators(project, missing.bare),
        ),
        mend=(
            Mend("command", "alembic stamp base && alembic upgrade head",
                 "Takes the stamp back and applies everything. Only where the database is empty: see \\dt first."),
        ),
    )  # fmt: skip
