"""The code's revisions as a graph: what a database at some revision lacks, and which revision makes a thing."""

from collections.abc import Iterable

from incidentlab.model.evidence import DatabaseFacts, Evidence, ProjectFacts, RevisionFile


def project_of(evidence: Evidence) -> ProjectFacts | None:
    """Return the project whose revisions count: the first that has any."""
    return next((one for one in evidence.projects if one.heads or one.migrations), None)


def database_of(evidence: Evidence) -> DatabaseFacts | None:
    """Return the database that was asked and answered."""
    return next((one for one in evidence.databases if one.reachable), None)


def pending(project: ProjectFacts, revisions: Iterable[str]) -> tuple[RevisionFile, ...]:
    """Return the code's revisions that a database at ``revisions`` lacks, each after those it builds on."""
    files = {one.revision: one for one in project.migrations}
    applied = _ancestors(files, revisions)
    return tuple(files[name] for name in _ordered(files) if name not in applied)


def unknown(project: ProjectFacts, revisions: Iterable[str]) -> tuple[str, ...]:
    """Return the revisions that the database names and the code does not have."""
    known = {one.revision for one in project.migrations}
    return tuple(one for one in revisions if one not in known)


def makers(project: ProjectFacts, table: str, column: str = "") -> tuple[RevisionFile, ...]:
    """Return the revisions that create a table, or add a column to it; the table may be unknown for a column."""
    bare = table.rpartition(".")[2]
    if column:
        return tuple(
            one
            for one in project.migrations
            if any(name == column and (not bare or of.rpartition(".")[2] == bare) for of, name in one.adds_columns)
        )
    return tuple(one for one in project.migrations if bare in {name.rpartition(".")[2] for name in one.creates_tables})


def _ancestors(files: dict[str, RevisionFile], revisions: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(revisions)
    while waiting:
        name = waiting.pop()
        if name not in seen and name in files:
            seen.add(name)
            waiting += (*files[name].down_revisions, *files[name].depends_on)
    return seen


def _ordered(files: dict[str, RevisionFile]) -> list[str]:
    """Return the revisions, parents first; a circle is broken where it is entered."""
    done: dict[str, None] = {}
    entered: set[str] = set()
    for start in files:
        waiting = [(start, False)]
        while waiting:
            name, left = waiting.pop()
            if left:
                done.setdefault(name)
            elif name not in entered and name in files:
                entered.add(name)
                waiting.append((name, True))
                waiting += [(parent, False) for parent in files[name].down_revisions]
    return list(done)
