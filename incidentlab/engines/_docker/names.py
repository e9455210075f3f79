"""How everything of ours is called and labelled in a Docker engine; removal goes by these labels alone."""

import hashlib
import platform
import re
from contextlib import suppress
from pathlib import Path

from incidentlab import places

OWNER = "dev.incidentlab.owner"
RUN = "dev.incidentlab.run"
CACHE = "dev.incidentlab.cache"
HOME = "dev.incidentlab.home"
FOLDER = "dev.incidentlab.folder"
MACHINE = "dev.incidentlab.machine"
PURPOSE = "dev.incidentlab.purpose"
SCENARIO = "dev.incidentlab.scenario"
VARIANT = "dev.incidentlab.variant"
US = "incidentlab"

OURS = f"{OWNER}={US}"
CACHED = f"{CACHE}=true"


def labels(run: str, scenario: str, variant: str) -> dict[str, str]:
    """Return the labels of whatever belongs to one run."""
    return {OWNER: US, RUN: run, HOME: home(), SCENARIO: scenario, VARIANT: variant}


def primed_labels(purpose: str) -> dict[str, str]:
    """Return the labels of a data directory that is kept as an image.

    Its password lies in a folder of one machine. Where that folder is gone the image is of no use to anybody, and
    somebody else has to see that. ``RUN`` is there and empty: an image that is committed from a container would
    inherit that container's run.
    """
    whose = {HOME: cache_home(), FOLDER: str(places.cache().resolve()), MACHINE: machine()}
    return {OWNER: US, CACHE: "true", RUN: "", PURPOSE: purpose, **whose}


def purpose(*parts: str) -> str:
    """Return what two kept images have in common of which the newer one takes the older one's place."""
    return short("\0".join(parts))


def machine() -> str:
    """Return what tells this machine from another that works with the same engine; a container is one of its own."""
    known = ""
    with suppress(OSError):
        known = Path("/etc/machine-id").read_text("ascii", "replace").strip()
    return short(f"{platform.node()}\0{known}")


def home() -> str:
    """Return what tells this home's runs from those of another ``INCIDENTLAB_HOME`` or user on the same engine.

    It stands for the folder that knows which of them are in progress.
    """
    return short(str(places.state().resolve()))


def cache_home() -> str:
    """Return what tells the kept images of this home from another's; homes may share a cache."""
    return short(str(places.cache().resolve()))


def of_run(run: str) -> dict[str, list[str]]:
    """Return the filter that finds what belongs to one run, and nothing else."""
    return {"label": [OURS, f"{RUN}={run}"]}


def network(run: str) -> str:
    """Return the name of a run's network."""
    return f"incidentlab-{run}"


def container(run: str, role: str) -> str:
    """Return the name of a run's container in the role ``app``, ``db`` or ``prime``."""
    return f"incidentlab-{run}-{role}"


def image(scenario: str, variant: str) -> str:
    """Return the tag under which a variant's image is kept, within what Docker allows in one."""
    return f"incidentlab/{_word(scenario)}:{_word(variant)}"


def mirrored(name: str, registry: str) -> str:
    """Return the name under which a mirror of Docker Hub has an image.

    Docker Hub's own images live in ``library/``. A name that carries its own registry is left alone: a mirror of
    Docker Hub does not have it.
    """
    if not registry:
        return name
    first, slash, _ = name.partition("/")
    if not slash:
        return f"{registry}/library/{name}"
    has_host = "." in first or ":" in first or first == "localhost"
    return name if has_host else f"{registry}/{name}"


def with_tag(name: str) -> str:
    """Return an image's name with its tag or digest; ``latest`` where it has none."""
    return name if "@" in name or ":" in name.rpartition("/")[2] else f"{name}:latest"


def short(text: str) -> str:
    """Return twelve digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"
