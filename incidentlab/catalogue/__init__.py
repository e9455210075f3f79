"""YAML in, scenarios out; errors name file, line and column."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from incidentlab.catalogue._load import FILE_NAME, load
from incidentlab.catalogue._sources import VARIABLE, sources
from incidentlab.errors import UnknownNameError
from incidentlab.model.scenario import Scenario, Variant
from incidentlab.resources import bundled_root, bundled_scenarios

__all__ = [
    "FILE_NAME",
    "VARIABLE",
    "Place",
    "clashes",
    "find",
    "folders",
    "load_folder",
    "names",
    "places",
    "variant_of",
]


@dataclass(frozen=True, slots=True)
class Place:
    """A scenario's folder and where it comes from: ``bundled``, ``package NAME``, or a folder of the user's."""

    id: str
    folder: Path
    origin: str


def folders() -> dict[str, Path]:
    """Return id → folder of the bundled scenarios; the folder is the registry."""
    return {path.parent.name: path.parent for path in sorted(bundled_scenarios().glob(f"*/{FILE_NAME}"))}


def places() -> dict[str, Place]:
    """Return id → place of every scenario there is, without reading it; of two with one id the first source's.

    Raises:
        UsageError: a folder or configuration that the user named cannot be used.
    """
    found: dict[str, Place] = {}
    for each in _all():
        found.setdefault(each.id, each)
    return dict(sorted(found.items()))


def clashes() -> tuple[Place, ...]:
    """Return the scenarios that cannot be named by their id, because another source has one of that id."""
    chosen = places()
    return tuple(each for each in _all() if chosen[each.id] != each)


def _all() -> Iterator[Place]:
    for source in sources():
        for path in sorted(source.folder.glob(f"*/{FILE_NAME}")):
            yield Place(path.parent.name, path.parent, source.origin)


def names() -> tuple[str, ...]:
    """Return the ids of all scenarios without reading them; quick enough for shell completion."""
    return tuple(places())


def load_folder(folder: Path) -> Scenario:
    """Read and validate the scenario in a folder; its context is looked up in the bundled material.

    Raises:
        ScenarioError: with every problem found.
    """
    return load(folder, bundled_root())


def find(scenario: str) -> Scenario:
    """Return a scenario by its id, or by its folder.

    Args:
        scenario: an id, or the path of a folder that holds a ``scenario.yaml``; an id wins.

    Raises:
        UnknownNameError: there is none of that id; the nearest ids are offered.
        ScenarioError: it is there and cannot be used.
    """
    known = places()
    if scenario not in known:
        folder = Path(scenario)
        if (folder / FILE_NAME).is_file():
            return load_folder(folder.resolve())
        raise UnknownNameError("scenario", scenario, tuple(known), listing="incidentlab scenarios list")
    return load_folder(known[scenario].folder)


def variant_of(scenario: Scenario, name: str) -> Variant:
    """Return a variant of a scenario by its name.

    Raises:
        UnknownNameError: the scenario has no such variant.
    """
    if name not in scenario.variants:
        listing = f"incidentlab scenarios show {scenario.id}"
        raise UnknownNameError(f"variant of {scenario.id}", name, tuple(scenario.variants), listing=listing)
    return scenario.variants[name]
