"""Where scenarios come from: bundled ones, folders of the user's, installed packages.

A user's folders are named by ``INCIDENTLAB_SCENARIOS`` (which ``--scenarios`` sets), else by ``scenarios = ["…"]`` in
``./incidentlab.toml``, in ``[tool.incidentlab]`` of ``./pyproject.toml``, or in the user's own ``config.toml``; the
first of these that says something counts. A package offers a folder by an entry point of the group
``incidentlab.scenarios``, whose value is the package that holds it.
"""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incidentlab import places
from incidentlab.errors import UsageError
from incidentlab.resources import bundled_scenarios

VARIABLE = "INCIDENTLAB_SCENARIOS"
GROUP = "incidentlab.scenarios"
_MEND = ('Write it as: scenarios = ["lab/scenarios"]',)


@dataclass(frozen=True, slots=True)
class Source:
    """A folder of scenario folders, and whose it is: ``bundled``, ``package NAME``, or the folder's own name."""

    origin: str
    folder: Path


def sources() -> Iterator[Source]:
    """Give every source, in the order in which an id is looked up: nothing can take a bundled one's place.

    Raises:
        UsageError: a configuration file cannot be read, or a folder that somebody named is not there.
    """
    yield Source("bundled", bundled_scenarios())
    for folder in _named():
        if not folder.is_dir():
            raise UsageError(
                f"There is no folder {folder}, which is to hold scenarios.", mend=[f"Look at {_said_in()}."]
            )
        yield Source(str(folder), folder)
    yield from _packages()


def _named() -> list[Path]:
    """Return the user's folders; one in a file counts from where that file lies."""
    if given := os.environ.get(VARIABLE):
        return [Path(each).expanduser().absolute() for each in given.split(os.pathsep) if each]
    for path, table in _files():
        found = _read(path, table)
        if found is not None:
            return [(path.parent / Path(each).expanduser()).absolute() for each in found]
    return []


def _said_in() -> str:
    if os.environ.get(VARIABLE):
        return f"--scenarios or {VARIABLE}"
    return str(next(path for path, table in _files() if _read(path, table) is not None))


def _files() -> tuple[tuple[Path, tuple[str, ...]], ...]:
    own: tuple[Path, tuple[str, ...]] = (places.config() / "config.toml", ())
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the folder was removed under the user
        return (own,)
    return ((here / "incidentlab.toml", ()), (here / "pyproject.toml", ("tool", "incidentlab")), own)


def _read(path: Path, table: tuple[str, ...]) -> list[str] | None:
    try:
        content: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read.", why=f"{error}.", mend=["Mend that file."]) from None
    for name in table:
        content = content.get(name, {}) if isinstance(content, dict) else {}
    found = content.get("scenarios") if isinstance(content, dict) else None
    if found is not None and not (isinstance(found, list) and all(isinstance(each, str) for each in found)):
        raise UsageError(f"`scenarios` in {path} is not a list of folders.", mend=_MEND)
    return found


def _packages() -> Iterator[Source]:
    """Give what installed packages offer, without importing any of them."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for each in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            spec = find_spec(each.module)
        except (ImportError, ValueError):
            spec = None
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Source(f"package {each.dist.name if each.dist else each.name}", Path(place))
