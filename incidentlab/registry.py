"""A folder is a registry: what a package's modules define is what there is; no second list."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def module_names(package: ModuleType) -> tuple[str, ...]:
    """List the full names of the public modules below a package, without importing them.

    Modules and folders whose name starts with an underscore are helpers and are passed over.
    """
    root = Path(next(iter(package.__path__)))
    names = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if not any(part.startswith("_") for part in parts):
            names.append(".".join((package.__name__, *parts)))
    return tuple(names)


def load(package: ModuleType, attribute: str, name_of: Callable[[T], str]) -> dict[str, T]:
    """Return name → object for a package in which each public module defines one ``attribute``.

    Args:
        package: the folder.
        attribute: the constant which every module defines, for example ``CAUSE``.
        name_of: gives an object's name, which has to match its module's (``-`` for ``_``), so that module, id
            and documentation page are one word.

    Raises:
        TypeError: a module without its object, one whose name differs, or two with one name. This is a
            programming error, found by the tests, and not an :class:`IncidentlabError`.
    """
    found: dict[str, T] = {}
    for module_name in module_names(package):
        module = import_module(module_name)
        if not hasattr(module, attribute):
            raise TypeError(f"{module_name} defines no {attribute}")
        thing: T = getattr(module, attribute)
        name = name_of(thing)
        if name != module_name.rpartition(".")[2].replace("_", "-"):
            raise TypeError(f"{module_name} defines {attribute} {name!r}; the two names have to match")
        if name in found:
            raise TypeError(f"{module_name}: there are two {attribute}s named {name!r}")
        found[name] = thing
    return found
