"""Which files a compose project is made of, what it is called, and which variables its files may use."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentlab.collectors import _compose_dotenv
from incidentlab.errors import UsageError

# The names that compose looks for, in its order, and those of what it reads on top (compose-go, cli/options.go).
NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_LARGEST = 4 * 1024 * 1024  # bytes of a file that somebody wrote


def located(paths: Sequence[Path], environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files to read, in compose's order.

    One folder stands for the files that compose would take there: those of ``COMPOSE_FILE``, else the usual name
    with its override. One file with a usual name has its override read on top too; several are taken as they are.

    Raises:
        UsageError: a path is not there, or its folder has no compose file.
    """
    if not paths:
        raise UsageError("No compose file was named.", mend=("Name one: --compose compose.yaml",))
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += _in_folder(path, environment)
        elif len(paths) == 1 and path.name in NAMES:
            found += [path, *_override(path.parent)]
        else:
            found.append(path)
    return tuple(found)


def text_of(path: Path, what: str = "compose file") -> str:
    """Return a file's text.

    Raises:
        UsageError: it cannot be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"The {what} {path} cannot be read.",
            why=f"{error.strerror}.",
            mend=(f"See what is there: ls -l {path.parent}",),
        ) from error
    if len(raw) > _LARGEST:
        raise UsageError(f"{path} is too large for a {what}.", why=f"It has more than {_LARGEST:,} bytes.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise UsageError(
            f"The {what} {path} is not UTF-8 text.",
            why=f"{path}:{line}:{column}: byte 0x{raw[error.start]:02x}.",
            mend=(f"See what it is: file {path}", "Save it as UTF-8"),
        ) from error


def dotenv(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the ``.env`` of a project's folder sets; nothing where there is none, or none that can be read."""
    try:
        return _compose_dotenv.read(text_of(folder / ".env", "file"), environment)
    except UsageError:
        return {}


def project_name(folder: Path, written: str, variables: Mapping[str, str]) -> str:
    """Return what compose calls the project: ``COMPOSE_PROJECT_NAME``, the file's ``name``, else the folder's."""
    own = Path(os.path.abspath(folder)).name  # noqa: PTH100 - a link's own name counts, not its target's
    return normalised(variables.get("COMPOSE_PROJECT_NAME") or written or own)


def normalised(name: str) -> str:
    """Return a name in the letters that compose allows in a project's (compose-go, loader.NormalizeProjectName)."""
    return re.sub(r"[^-_a-z0-9]", "", name.lower()).lstrip("_-")


def _in_folder(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    variables = {**dotenv(folder, environment), **environment}
    if named := variables.get("COMPOSE_FILE"):
        separator = variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
        files = [folder / part for part in named.split(separator) if part]
        if all(file.is_file() for file in files):
            return files
    for name in NAMES:
        if (folder / name).is_file():
            return [folder / name, *_override(folder)]
    raise UsageError(
        f"There is no compose file in {folder}.",
        why=f"Looked for {', '.join(NAMES)}.",
        mend=("Name the file itself: --compose FILE", "Or the project by its name: --compose-project NAME"),
    )


def _override(folder: Path) -> list[Path]:
    return [folder / name for name in OVERRIDES if (folder / name).is_file()][:1]
