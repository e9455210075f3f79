"""A revision graph with a hole: one of its files builds on a revision which no file has."""

from incidentlab.causes.migrations._account import command, words
from incidentlab.model.diagnosis import Link, Mend
from incidentlab.model.evidence import ProjectFacts

_SAYS = ("nonexistent", " referenced from ", "NodeNotFoundError")


def is_torn(text: str) -> bool:
    """Whether a message says that one migration's parent is not among the files (Alembic's and Django's words)."""
    return any(words in text for words in _SAYS)


def summary(name: str) -> str:
    """Say what is wrong; ``name`` is the absent revision's, where it is known."""
    return f"A migration of the code builds on {name or 'another one'}, and no file here has that one."


def link(project: ProjectFacts) -> Link:
    """Return the proof from the code: which revision builds on one that is not there."""
    revision, parent = project.missing_parents[0]
    path = next((one.path for one in project.migrations if one.revision == revision), project.script_location)
    return Link(f"Revision {revision} builds on {parent}, which no file has", project.id, path, command=project.command)


def mends(name: str) -> tuple[Mend, ...]:
    """Return how the hole is closed; ``name`` is the absent revision's, where it is known."""
    shown = name.strip("()'\" ").split("'")[-1] or "REVISION"
    return (
        command(f"git log --all --oneline -- '*{shown}*'", "Shows where the file went, if it was ever committed."),
        words(
            "Bring the file back and ship the image again. If it was squashed or renamed on purpose, let the later "
            "one build on what replaced it.",
            "The tool reads all files before it applies any, so one hole stops everything.",
        ),
    )
