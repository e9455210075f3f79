"""A project's folder → what its code expects of the database; read as text, nothing is imported or run."""

import os
from pathlib import Path

from incidentlab.collectors import _alembic
from incidentlab.collectors._revisions import read_revision
from incidentlab.errors import UsageError
from incidentlab.model import dockerfile as dockerfiles
from incidentlab.model.evidence import DockerfileFacts, ProjectFacts, RevisionFile, ScriptFile
from incidentlab.redact import Redactor

_MOST_REVISIONS = 50_000
_MOST_SCRIPTS = 32
_LARGEST_TEXT = 262_144  # characters of a Dockerfile or script that anybody wrote


def read(
    directory: Path, *, name: str = "app", dockerfile: Path | str | None = None, command: str = ""
) -> ProjectFacts:
    """Read the revision graph, the Dockerfile and the shell scripts of a project.

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
    place = _alembic.find(directory, unread)
    migrations = _migrations(directory, place, unread) if place else ()
    return ProjectFacts(
        id=f"project:{name}",
        migrations=migrations,
        heads=_heads(migrations),
        script_location=_shown(directory, place.script_location) if place else "",
        dockerfile=_dockerfile(directory, dockerfile, unread),
        command=command or "alembic heads --verbose",
        scripts=_scripts(directory, unread),
        unread=tuple(unread),
    )


def _migrations(root: Path, place: _alembic.Place, unread: list[str]) -> tuple[RevisionFile, ...]:
    found: list[RevisionFile] = []
    for folder in place.versions:
        if not folder.is_dir():
            unread.append(f"{_shown(root, folder)}, named in {place.configured_in}, is not there.")
            continue
        shown_folder = _shown(root, folder)
        for name in _python_files(str(folder))[:_MOST_REVISIONS]:
            shown = f"{shown_folder}/{name}"
            try:
                revision = read_revision(f"{folder}/{name}", shown)
            except (OSError, SyntaxError, ValueError, RecursionError) as error:
                unread.append(f"{shown} could not be read: {str(error).partition(chr(10))[0]}.")
                continue
            if revision:
                found.append(revision)
    return tuple(found)


def _python_files(folder: str) -> list[str]:
    # Below it too: recursive_version_locations is for those who keep them by year.
    found = []
    for here, below, files in os.walk(folder):
        below[:] = [name for name in below if name != "__pycache__"]
        inside = os.path.relpath(here, folder)
        found += [file if inside == "." else f"{inside}/{file}" for file in files if file.endswith(".py")]
    return sorted(found)


def _heads(migrations: tuple[RevisionFile, ...]) -> tuple[str, ...]:
    parents = {parent for one in migrations for parent in one.down_revisions}
    return tuple(sorted({one.revision for one in migrations} - parents))


def _dockerfile(root: Path, given: Path | str | None, unread: list[str]) -> DockerfileFacts | None:
    usual = root / "Dockerfile"
    named = root / given if given else usual
    path = named if named.is_file() else usual
    if not path.is_file():
        if given:
            unread.append(f"{given} is not there.")
        return None
    text = _text(root, path, unread)
    return DockerfileFacts(_shown(root, named), text, _start_line(text)) if text is not None else None


def _start_line(text: str) -> int | None:
    """Return the line of the last CMD or ENTRYPOINT of the final stage, or ``None`` where it has none."""
    try:
        stage = dockerfiles.parse(text).final_stage
    except dockerfiles.DockerfileError:
        return None
    starts = [one.first_line for one in stage.instructions if one.keyword in ("CMD", "ENTRYPOINT")]
    return starts[-1] if starts else None


def _scripts(root: Path, unread: list[str]) -> tuple[ScriptFile, ...]:
    found: list[ScriptFile] = []
    for folder, files in _alembic.folders(root):
        for file in files:
            if file.endswith((".sh", ".bash")) or "entrypoint" in file:
                text = _text(root, folder / file, unread)
                if text is not None and len(found) < _MOST_SCRIPTS:
                    found.append(ScriptFile(_shown(root, folder / file), text))
        if len(found) >= _MOST_SCRIPTS:
            break
    return tuple(found)


def _text(root: Path, path: Path, unread: list[str]) -> str | None:
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            text = file.read(_LARGEST_TEXT)
    except OSError as error:
        unread.append(f"{_shown(root, path)} could not be read: {error.strerror}.")
        return None
    return Redactor().text(text)


def _shown(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
