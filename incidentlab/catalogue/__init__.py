"""YAML in, scenarios out; errors name file, line and column."""

from pathlib import Path

from incidentlab.catalogue._load import FILE_NAME, load
from incidentlab.errors import UnknownNameError
from incidentlab.model.scenario import Scenario, Variant
from incidentlab.resources import bundled_root, bundled_scenarios

__all__ = ["find", "folders", "load_folder", "names", "variant_of"]


def folders() -> dict[str, Path]:
    """Return id → folder of the bundled scenarios; the folder is the registry."""
    return {path.parent.name: path.parent for path in sorted(bundled_scenarios().glob(f"*/{FILE_NAME}"))}


def names() -> tuple[str, ...]:
    """Return the ids of the bundled scenarios without reading them; quick enough for shell completion."""
    return tuple(folders())


def load_folder(folder: Path) -> Scenario:
    """Read and validate the scenario in a folder; its context is looked up in the bundled material.

    Raises:
        ScenarioError: with every problem found.
    """
    return load(folder, bundled_root())


def find(scenario: str) -> Scenario:
    """Return a bundled scenario by its id, or a user's own by its folder.

    Args:
        scenario: an id, or the path of a folder that holds a ``scenario.yaml``; an id wins.

    Raises:
        UnknownNameError: there is none of that id; the nearest ids are offered.
        ScenarioError: it is there and cannot be used.
    """
    known = folders()
    if scenario not in known:
        folder = Path(scenario)
        if (folder / FILE_NAME).is_file():
            return load_folder(folder.resolve())
        raise UnknownNameError("scenario", scenario, tuple(known), listing="incidentlab scenarios list")
    return load_folder(known[scenario])


def variant_of(scenario: Scenario, name: str) -> Variant:
    """Return a variant of a scenario by its name.

    Raises:
        UnknownNameError: the scenario has no such variant.
    """
    if name not in scenario.variants:
        listing = f"incidentlab scenarios show {scenario.id}"
        raise UnknownNameError(f"variant of {scenario.id}", name, tuple(scenario.variants), listing=listing)
    return scenario.variants[name]
