"""Where a project keeps its migrations: alembic.ini, pyproject.toml, or a folder that looks like it."""

import os
import re
import tomllib
from collections.abc import Iterator
from configparser import Error as IniError
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

# Folders in which nobody keeps migrations of his own, and which are large.
_PASSED_OVER = frozenset(
    {"node_modules", "site-packages", "__pycache__", "venv", "env", "dist", "build", "target", "vendor"}
)
_DEEPEST = 4
_MOST_FOLDERS = 5_000


@dataclass(frozen=True, slots=True)
class Place:
    """Alembic's folder and the folders of its revision files; ``configured_in`` names the file that says so."""

    script_location: Path
    versions: tuple[Path, ...]
    configured_in: str


def folders(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Give each folder below ``root`` with the names of its files, shallow ones first, links not followed."""
    level, seen = [root], 0
    for _ in range(_DEEPEST + 1):
        following: list[Path] = []
        for folder in level:
            seen += 1
            if seen > _MOST_FOLDERS:
                return
            files, below = _entries(folder)
            yield folder, files
            following += below
        level = following


def _entries(folder: Path) -> tuple[list[str], list[Path]]:
    files, below = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _PASSED_OVER and not entry.name.startswith("."):
                        below.append(folder / entry.name)
                elif entry.is_file():
                    files.append(entry.name)
    except OSError:
        return [], []  # no right to look: what cannot be seen holds no migration for us
    return files, below


def find(root: Path, unread: list[str]) -> Place | None:
    """Return where the migrations of the project at ``root`` are; what cannot be read is added to ``unread``."""
    guess: Place | None = None
    for folder, files in folders(root):
        for name, reader in (("alembic.ini", _from_ini), ("pyproject.toml", _from_pyproject)):
            if name in files:
                try:
                    place = reader(root, folder / name)
                except (OSError, ValueError, IniError) as error:
                    unread.append(f"{_shown(root, folder / name)} could not be read: {_first_line(error)}.")
                    continue
                if place:
                    return place
        if guess is None and "env.py" in files and (folder / "versions").is_dir():
            guess = Place(folder, (folder / "versions",), _shown(root, folder))
    return guess


def _from_ini(root: Path, path: Path) -> Place | None:
    parser = RawConfigParser(strict=False)  # raw: a "%" in a URL or a log format is nothing to us
    parser.read_string(path.read_text("utf-8-sig", "replace"), str(path))
    here = path.parent
    location = _option(parser, "script_location", here)
    if not location:
        # Flask-Migrate names the folder in code; its alembic.ini lies inside.
        return Place(here, (here / "versions",), _shown(root, path)) if (here / "env.py").is_file() else None
    separator = parser.get("alembic", "path_separator", fallback="") or parser.get(
        "alembic", "version_path_separator", fallback=""
    )
    listed = _split(_option(parser, "version_locations", here), separator)
    return _place(root, path, location, listed)


def _from_pyproject(root: Path, path: Path) -> Place | None:
    table = tomllib.loads(path.read_text("utf-8", "replace")).get("tool", {})
    settings = table.get("alembic", {}) if isinstance(table, dict) else {}
    location = settings.get("script_location") if isinstance(settings, dict) else None
    if not isinstance(location, str):
        return None
    given = settings.get("version_locations", [])
    listed = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
    here = str(path.parent)
    return _place(root, path, location.replace("%(here)s", here), [one.replace("%(here)s", here) for one in listed])


def _option(parser: RawConfigParser, name: str, here: Path) -> str:
    value = parser.get("alembic", name, fallback="") or ""
    return value.strip().replace("%(here)s", str(here)).replace("%%", "%")


def _split(text: str, separator: str) -> list[str]:
    signs = {"space": r"\s+", "newline": r"\n+", ":": r":", ";": r";", "os": re.escape(os.pathsep)}
    return [part.strip() for part in re.split(signs.get(separator.strip(), r"[\s,]+"), text) if part.strip()]


def _place(root: Path, configured_in: Path, location: str, listed: list[str]) -> Place:
    script = _folder(root, configured_in.parent, location)
    versions = tuple(_folder(root, configured_in.parent, one) for one in listed) or (script / "versions",)
    return Place(script, versions, _shown(root, configured_in))


def _folder(root: Path, here: Path, location: str) -> Path:
    package, colon, rest = location.partition(":")
    if colon and len(package) > 1:  # "package:folder", not "C:\folder"
        location = "/".join((*package.split("."), rest))
    candidates = [here / location, root / location, root / "src" / location]
    return next((one for one in candidates if one.is_dir()), candidates[0])


def _shown(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
