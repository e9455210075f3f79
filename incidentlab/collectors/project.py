"""A project's folder → what its code expects of the database; read as text, nothing is imported or run."""

from collections.abc import Sequence
from pathlib import Path

from incidentlab.collectors import _alembic, _django, _dockerfiles, _graph
from incidentlab.collectors._revisions import read_revision
from incidentlab.collectors._tree import Folder, entries, folders, shown
from incidentlab.errors import UsageError
from incidentlab.model.evidence import ProjectFacts, RevisionFile, ScriptFile
from incidentlab.redact import Redactor

_MOST_REVISIONS = 50_000
_MOST_NAMED = 6  # revisions of a circle
_MOST_SCRIPTS = 32
_LARGEST_TEXT = 262_144  # characters of a Dockerfile or script that anybody wrote


def read(
    directory: Path, *, name: str = "app", dockerfile: Path | str | None = None, command: str = ""
) -> ProjectFacts:
    """Read the migrations, the Dockerfiles and the shell scripts of a project.

    Args:
        directory: the project's folder, as it was shipped or as a person keeps it.
        name: what the facts call it; their id is ``project:NAME``.
        dockerfile: the one that counts, as a path; relative ones are looked for in ``directory``. Where there is no
            such file it is the name by which people know the project's ``Dockerfile``, which is the default.
        command: what a person types to see the revisions.

    Returns:
        The facts; ``unread`` names the files that could not be read. A graph may have cycles, several heads or
        missing parents: it is given as it is written.

    Raises:
        UsageError: ``directory`` is no folder.
    """
    if not directory.is_dir():
        raise UsageError(
            f"{directory} is not a folder.",
            why="A project is the folder that holds alembic.ini or pyproject.toml.",
            mend=("Name that folder.",),
        )
    unread: list[str] = []
    tree = tuple(folders(directory))
    place = _alembic.find(directory, tree, unread)
    migrations = _migrations(directory, place, unread) if place else ()
    tool = "alembic" if migrations or place else ""
    if not migrations and (of_django := _django.read(directory, tree, unread)):
        migrations, tool, place = of_django, "django", None
    found = _dockerfiles.read(directory, tree, dockerfile, lambda path: _text(directory, path, unread))
    counts = found[0] if found else None
    if dockerfile and not (directory / dockerfile).is_file() and not (directory / "Dockerfile").is_file():
        unread.append(f"{dockerfile} is not there.")
    circles = _graph.cycles(migrations)
    unread += (_of_circle(circle, migrations) for circle in circles)
    shipped = [one.path for one in migrations] + ([place.configured_in] if place else [])
    return ProjectFacts(
        id=f"project:{name}",
        migrations=migrations,
        heads=_graph.heads(migrations),
        script_location=shown(directory, place.script_location) if place else "",
        dockerfile=counts,
        command=command or ("python manage.py showmigrations" if tool == "django" else "alembic heads --verbose"),
        scripts=_scripts(directory, tree, unread),
        configured_in=place.configured_in if place else "",
        dockerfiles=found,
        missing_parents=_graph.missing_parents(migrations),
        cycles=circles,
        left_out=_dockerfiles.left_out(directory, counts, shipped, unread),
        duplicates=_graph.duplicates(migrations),
        tool=tool,
        unread=tuple(unread),
    )


def _of_circle(circle: Sequence[str], migrations: Sequence[RevisionFile]) -> str:
    paths = ", ".join([one.path for one in migrations if one.revision in circle][:_MOST_NAMED])
    others = f" and {len(circle) - _MOST_NAMED} more" if len(circle) > _MOST_NAMED else ""
    return (
        f"The revisions {', '.join(circle[:_MOST_NAMED])}{others} build on each other in a circle, so that none of "
        f"them is the first: the tool applies nothing until one names another parent ({paths}{others})."
    )


def _migrations(root: Path, place: _alembic.Place, unread: list[str]) -> tuple[RevisionFile, ...]:
    found: list[RevisionFile] = []
    for folder in place.versions:
        if not folder.is_dir():
            unread.append(f"{shown(root, folder)}, named in {place.configured_in}, is not there.")
            continue
        shown_folder = shown(root, folder)
        for name in _python_files(folder, place.recursive)[:_MOST_REVISIONS]:
            shown_name = f"{shown_folder}/{name}"
            try:
                revision = read_revision(f"{folder}/{name}", shown_name, unread)
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
                said = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
                unread.append(f"{shown_name} could not be read: {(said or type(error).__name__).rstrip('.')}.")
                continue
            if revision:
                found.append(revision)
    return tuple(found)


def _python_files(folder: Path, recursive: bool) -> list[str]:
    files, below = entries(folder)
    # As Alembic's script/base.py: an editor's lock ".#name.py" and __init__ are no revisions.
    names = [name for name in files if name.endswith(".py") and not name.startswith((".#", "__init__"))]
    if recursive:
        for inside in below:
            if inside != "__pycache__":
                names += [f"{inside}/{name}" for name in _python_files(folder / inside, recursive)]
    return names


def _scripts(root: Path, tree: Sequence[Folder], unread: list[str]) -> tuple[ScriptFile, ...]:
    found: list[ScriptFile] = []
    for folder, files in tree:
        for file in files:
            if len(found) < _MOST_SCRIPTS and (file.endswith((".sh", ".bash")) or "entrypoint" in file):
                text = _text(root, folder / file, unread)
                if text is not None:
                    found.append(ScriptFile(shown(root, folder / file), text))
    return tuple(found)


def _text(root: Path, path: Path, unread: list[str]) -> str | None:
    try:
        # As it is: a carriage return at the end of a line is why a script cannot be started.
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            text = file.read(_LARGEST_TEXT)
    except OSError as error:
        unread.append(f"{shown(root, path)} could not be read: {error.strerror}.")
        return None
    return Redactor().text(text)
