"""Looks at what this machine can do: engines, images, places to write, versions."""

import os
import platform
from pathlib import Path

from incidentlab import __version__, catalogue, places
from incidentlab.lab.choose import engines
from incidentlab.model.examined import Examined
from incidentlab.resources import bundled_root


def examine() -> list[Examined]:
    """Return what was found, engines first; changes nothing."""
    scenario = catalogue.find("missing-migrations")
    spec = scenario.stack(scenario.variants["broken"])
    found = []
    for engine in engines().values():
        usability = engine.usable(spec)
        detail = usability.detail if usability.usable else usability.why
        found.append(Examined(f"{engine.name} engine", usability.usable, detail, usability.mend, engine=True))
    found.append(_writable("records", places.runs()))
    found.append(_writable("cache", places.cache()))
    found.append(Examined("bundled material", (bundled_root() / "service").is_dir(), str(bundled_root())))
    versions = (
        f"incidentlab {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    return [*found, Examined("versions", True, versions)]


def _writable(name: str, folder: Path) -> Examined:
    """Look at the folder or, where it is not there yet, at its nearest parent."""
    there = folder
    while not there.exists():
        there = there.parent
    ok = os.access(there, os.W_OK | os.X_OK)
    mend = () if ok else ("Choose another place: INCIDENTLAB_HOME=/some/folder incidentlab …",)
    return Examined(name, ok, str(folder) if ok else f"{there} cannot be written", mend)
