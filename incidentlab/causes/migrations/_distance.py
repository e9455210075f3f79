"""How far a database is behind its code, by its own revisions: how many are missing, and which of them is missed."""

from collections.abc import Sequence

from incidentlab.causes._evidence import cited, works
from incidentlab.causes._wanted import app_spoke
from incidentlab.causes.migrations._account import ending
from incidentlab.causes.migrations._graph import makers
from incidentlab.causes.migrations._lacking import hindered, lead_of, settled
from incidentlab.causes.migrations._reading import Trouble
from incidentlab.causes.migrations._remedy import remedies
from incidentlab.model.diagnosis import Confidence, Finding, Link
from incidentlab.model.evidence import DatabaseFacts, Evidence, ProjectFacts, RevisionFile

ID = "migrations-behind"
TITLE = "The database is behind the code"


def distance(
    evidence: Evidence,
    project: ProjectFacts,
    database: DatabaseFacts,
    behind: Sequence[RevisionFile],
    found: tuple[Trouble, ...],
) -> Finding:
    """Return the finding that a database at a known revision lacks some of the code's.

    It is certain where a statement failed for want of what one of them makes, and nothing kept them from being applied.
    """
    open_ = () if found and settled(evidence, found) else found
    by_cause = next(((one, made) for one in _different(open_) if (made := _makes(behind, project, one))), None)
    lead = by_cause[0] if by_cause else lead_of(open_) if open_ else None
    confidence: Confidence = "possible" if not open_ and works(evidence) else "likely"
    if by_cause and not hindered(evidence):
        confidence = "certain"
    at = ", ".join(database.revisions or ())
    count = f"{len(behind)} revision{'s' if len(behind) != 1 else ''}"
    names = ", ".join(one.revision for one in behind[:5]) + (", …" if len(behind) > 5 else "")
    links = [
        Link(
            f"The database is at {at}; the code's head is {', '.join(project.heads)}, {count} further",
            database.id,
            f"database {database.database or database.id}",
            quote=f"revision: {at}",
            command=database.command,
        ),
    ]
    if lead:
        links.append(cited(lead.event, f"A statement needs {thing(lead)}, which is not there"))
    for one in (by_cause[1] if by_cause else behind)[:3]:
        links.append(
            Link(
                f"Revision {one.revision} is not applied",
                project.id,
                one.path,
                quote=one.message,
                command=f"alembic show {one.revision}",
            )
        )
    needs = f"{thing(lead)} is missing: the" if lead else "The"
    return Finding(
        cause=ID,
        title=TITLE,
        confidence=confidence,
        summary=f"{needs[0].upper()}{needs[1:]} database is {count} behind the code ({names}).",
        evidence=(*links, *(ending(evidence, lead) if lead else ())),
        mend=remedies(evidence, project),
        missing=()
        if confidence == "certain" or app_spoke(evidence)
        else ("The service's log would show whether it fails for want of them: give --logs.",),
    )


def _different(found: Sequence[Trouble]) -> tuple[Trouble, ...]:
    """Return one failure for each thing that is missing, the first hundred: a log may tell of one thing endlessly."""
    return tuple({(one.kind, one.table, one.name): one for one in reversed(found)}.values())[-100:]


def _makes(behind: Sequence[RevisionFile], project: ProjectFacts, one: Trouble) -> tuple[RevisionFile, ...]:
    made = makers(project, one.table, one.name) if one.kind == "missing-column" else makers(project, one.name)
    names = {file.revision for file in behind}
    return tuple(file for file in made if file.revision in names)


def thing(one: Trouble) -> str:
    """Return what is missing, in words: a table or a column."""
    if one.kind == "missing-column":
        return f"the column {one.table}.{one.name}" if one.table else f"the column {one.name}"
    return f"the table {one.name}"
