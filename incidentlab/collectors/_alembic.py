"""Where a project keeps Alembic's migrations: alembic.ini, pyproject.toml, setup.cfg, or a folder like Alembic's."""

import os
import re
import tomllib
from collections.abc import Sequence
from configparser import Error as IniError
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

from incidentlab.collectors._tree import Folder, shown

_LARGEST = 1_000_000  # bytes of a configuration that anybody wrote
_TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Place:
    """Alembic's folder and the folders of its revision files; ``configured_in`` names the file that says so.

    Files below those folders count only where ``recursive`` (Alembic's ``recursive_version_locations``).
    """

    script_location: Path
    versions: tuple[Path, ...]
    configured_in: str
    recursive: bool = False


def find(root: Path, tree: Sequence[Folder], unread: list[str]) -> Place | None:
    """Return where the migrations of the project at ``root`` are; what cannot be read is added to ``unread``."""
    guess: Place | None = None
    for folder, files in tree:
        for name, reader in (("alembic.ini", _from_ini), ("pyproject.toml", _from_pyproject), ("setup.cfg", _from_ini)):
            if name in files:
                try:
                    place = reader(root, folder / name, unread)
                except (OSError, ValueError, IniError, RecursionError) as error:
                    unread.append(f"{shown(root, folder / name)} could not be read: {_first_line(error)}.")
                    continue
                if place:
                    return place
        if guess is None and "env.py" in files and (folder / "versions").is_dir():
            guess = Place(folder, (folder / "versions",), shown(root, folder))
    return guess


def _from_ini(root: Path, path: Path, unread: list[str]) -> Place | None:
    parser = RawConfigParser(strict=False)  # raw: a "%" in a URL or a log format is nothing to us
    parser.read_string(_text(path), str(path))
    here = path.parent
    if path.name == "setup.cfg" and not parser.has_section("alembic"):
        return None
    named = [section for section in parser.sections() if parser.get(section, "script_location", fallback="")]
    if not named:
        # Flask-Migrate names the folder in code; its alembic.ini lies inside.
        return Place(here, (here / "versions",), shown(root, path)) if (here / "env.py").is_file() else None
    section = "alembic" if "alembic" in named else named[0]
    others = [one for one in named if one != section]
    if others:
        unread.append(
            f"{shown(root, path)} names further migrations ({', '.join(others)}, for alembic --name);"
            f" only those of [{section}] were read."
        )
    separator = parser.get(section, "path_separator", fallback="") or parser.get(
        section, "version_path_separator", fallback=""
    )
    listed = _split(_option(parser, section, "version_locations"), separator)
    recursive = _option(parser, section, "recursive_version_locations").lower() in _TRUE
    return _place(root, path, _option(parser, section, "script_location"), listed, recursive)


def _from_pyproject(root: Path, path: Path, unread: list[str]) -> Place | None:
    text = _text(path)
    if "alembic" not in text:
        return None
    table = tomllib.loads(text).get("tool", {})
    settings = table.get("alembic", {}) if isinstance(table, dict) else {}
    location = settings.get("script_location") if isinstance(settings, dict) else None
    if not isinstance(location, str):
        return None
    given = settings.get("version_locations", [])
    listed = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
    recursive = str(settings.get("recursive_version_locations", "")).lower() in _TRUE
    return _place(root, path, _filled(location), [_filled(one) for one in listed], recursive)


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST:
        raise ValueError("it is larger than a configuration can be")
    return path.read_text("utf-8-sig", "replace")


def _option(parser: RawConfigParser, section: str, name: str) -> str:
    value = parser.get(section, name, fallback="") or ""
    return _filled(value.strip()).replace("%%", "%")


def _filled(text: str) -> str:
    # A location is taken from the configuration's folder anyway; that folder's own path would count twice.
    return text.replace("%(here)s", ".")


def _split(text: str, separator: str) -> list[str]:
    signs = {"space": r"\s+", "newline": r"\n+", ":": r":", ";": r";", "os": re.escape(os.pathsep)}
    return [part.strip() for part in re.split(signs.get(separator.strip(), r"[\s,]+"), text) if part.strip()]


def _place(root: Path, configured_in: Path, location: str, listed: list[str], recursive: bool) -> Place:
    script = _folder(root, configured_in.parent, location)
    versions = tuple(_folder(root, configured_in.parent, one) for one in listed) or (script / "versions",)
    return Place(script, versions, shown(root, configured_in), recursive)


def _folder(root: Path, here: Path, location: str) -> Path:
    package, colon, rest = location.partition(":")
    if colon and len(package) > 1:  # "package:folder", not "C:\folder"
        location = "/".join((*package.split("."), rest))
    candidates = [Path(os.path.normpath(base / location)) for base in (here, root, root / "src")]
    return next((one for one in candidates if one.is_dir()), candidates[0])


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
