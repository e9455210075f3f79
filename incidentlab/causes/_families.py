"""The catalogue by families: a folder each, which says in its docstring what its causes are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from incidentlab import causes as package
from incidentlab.causes._judge import get
from incidentlab.model.cause import Cause
from incidentlab.registry import module_names


@dataclass(frozen=True, slots=True)
class Family:
    """Causes of one kind; ``title`` is a sentence about them."""

    name: str
    title: str
    causes: tuple[Cause, ...]


@cache
def families() -> Mapping[str, Family]:
    """Return name → family, by name; every cause is in exactly one."""
    found = {}
    for each in iter_modules(package.__path__, f"{package.__name__}."):
        if each.ispkg:
            folder = import_module(each.name)
            ids = sorted(name.rpartition(".")[2].replace("_", "-") for name in module_names(folder))
            name = each.name.rpartition(".")[2]
            title = (folder.__doc__ or "").strip().partition("\n")[0]
            found[name] = Family(name, title, tuple(get(one) for one in ids))
    return MappingProxyType(found)
