"""The chain of proof for a missing schema: from how the image starts to the statement that failed."""

import shlex

from incidentlab.causes._evidence import cited, died
from incidentlab.causes.migrations._missing_table import MissingTable
from incidentlab.causes.migrations._start import applies_migrations
from incidentlab.model.diagnosis import Link
from incidentlab.model.evidence import DatabaseFacts, Evidence, ProjectFacts


def chain(
    evidence: Evidence, project: ProjectFacts | None, database: DatabaseFacts | None, missing: MissingTable | None
) -> tuple[Link, ...]:
    """Return what is known, in the order in which one thing led to the next."""
    links = [*_start_link(evidence, project), *_exit_link(evidence)]
    if database:
        links.append(_revision_link(project, database))
    if missing:
        sql = f": {' '.join((missing.event.sql or '').split())[:160]}" if missing.event.sql else ""
        links.append(cited(missing.event, f"The first statement that needs {missing.name} fails{sql}"))
        links += creators(project, missing.bare) if project else []
    return tuple(links)


def creators(project: ProjectFacts, table: str) -> list[Link]:
    """Return the revisions that create a table, as links to their files."""
    return [
        Link(
            f"Revision {one.revision} creates {table}",
            project.id,
            one.path,
            quote=one.message,
            # A stored run can be looked at anywhere; Alembic needs the project around it.
            command=project.command if project.command.startswith("incidentlab ") else f"alembic show {one.revision}",
        )
        for one in project.migrations
        if table in {name.rpartition(".")[2] for name in one.creates_tables}
    ]


def _start_link(evidence: Evidence, project: ProjectFacts | None) -> list[Link]:
    for image in evidence.images:
        argv = (*image.entrypoint, *image.cmd)
        if applies_migrations(argv, project.scripts if project else ()) == "does-not":
            claim = f"The image {image.name} starts its server and applies no migration"
            file = project.dockerfile if project else None
            if file and file.start_line:
                quote = file.text.split("\n")[file.start_line - 1].strip()
                return [Link(claim, image.id, file.path, file.start_line, quote, image.command)]
            return [
                Link(claim, image.id, f"configuration of {image.name}", quote=shlex.join(argv), command=image.command)
            ]
    return []


def _exit_link(evidence: Evidence) -> list[Link]:
    container = died(evidence)
    if container is None or container.exit_code is None:
        return []
    claim = f"The app ({container.name}) ended with exit code {container.exit_code}"
    quote = f"exited ({container.exit_code})"
    return [Link(claim, container.id, f"state of {container.name}", quote=quote, command=container.command)]


def _revision_link(project: ProjectFacts | None, database: DatabaseFacts) -> Link:
    holds = "an empty alembic_version table" if database.revisions == () else "no alembic_version table"
    claim = f"The database {database.database or ''} has {holds}".replace("  ", " ")
    quote = f"revision: none; tables: {len(database.tables)}"
    if project:
        count = len(project.migrations)
        claim += f"; the code's head is {', '.join(project.heads)} ({count} revision{'s' if count != 1 else ''})"
    return Link(
        claim, database.id, f"database {database.database or database.id}", quote=quote, command=database.command
    )
