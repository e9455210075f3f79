"""Initialised data directories that tests have left in the Docker engine as images, found by their labels."""

from contextlib import suppress
from pathlib import Path

from docker.errors import APIError

from incidentlab.engines._docker import names
from incidentlab.engines._docker.client import connected
from incidentlab.errors import EngineUnavailableError


def kept_images() -> dict[str, str]:
    """Return name → the cache folder that it belongs to, of those that were made on this machine."""
    with connected() as connection:
        found = connection.api.images(filters={"label": [names.OURS, f"{names.MACHINE}={names.machine()}"]})
    return {tag: image["Labels"][names.FOLDER] for image in found for tag in image["RepoTags"] or [image["Id"]]}


def clear_primed(below: Path) -> None:
    """Remove those of caches below a folder, and of caches that tests have removed themselves; what is used stays."""
    with suppress(EngineUnavailableError):
        for name, folder in kept_images().items():
            if Path(folder).is_relative_to(below.resolve()) or not Path(folder).exists():
                with connected() as connection, suppress(APIError):
                    connection.api.remove_image(name)
