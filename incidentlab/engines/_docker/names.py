"""How everything of ours is called and labelled in a Docker engine; removal goes by these labels alone."""

import hashlib
import re
from pathlib import Path

from incidentlab import places

OWNER = "dev.incidentlab.owner"
RUN = "dev.incidentlab.run"
CACHE = "dev.incidentlab.cache"
HOME = "dev.incidentlab.home"
SCENARIO = "dev.incidentlab.scenario"
VARIANT = "dev.incidentlab.variant"
US = "incidentlab"

OURS = f"{OWNER}={US}"
CACHED = f"{CACHE}=true"


def labels(run: str, scenario: str, variant: str) -> dict[str, str]:
    """Return the labels of whatever belongs to one run."""
    return {OWNER: US, RUN: run, HOME: home(), SCENARIO: scenario, VARIANT: variant}


def cache_labels() -> dict[str, str]:
    """Return the labels of an image that is kept between runs.

    ``RUN`` is there and empty: an image that is committed from a container would inherit that container's run.
    """
    return {OWNER: US, CACHE: "true", RUN: "", HOME: cache_home()}


def home() -> str:
    """Return what tells this home's runs from those of another ``INCIDENTLAB_HOME`` or user on the same engine.

    It stands for the folder that knows which of them are in progress.
    """
    return _short(places.state())


def cache_home() -> str:
    """Return what tells the kept images of this home from another's; homes may share a cache."""
    return _short(places.cache())


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


def _short(folder: Path) -> str:
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"
