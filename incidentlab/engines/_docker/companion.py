"""A server beside the app, as a container on the run's network; published on this machine's loopback."""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath
from typing import Any

from incidentlab.engines._base import Companion, CompanionState, Reached
from incidentlab.engines._docker import images
from incidentlab.engines._docker.app import is_taken
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.logs import last_lines
from incidentlab.engines._docker.parts import LOOPBACK, Workshop
from incidentlab.errors import CompanionUnavailableError, ImageUnavailableError

_CONFIG, _DATA = "etc/incidentlab", "var/lib/incidentlab"  # in its container
_SAID = 60  # lines: what went wrong may stand well before the last word
_LIMITS: dict[str, Any] = {"mem_limit": 512 * 1024 * 1024, "pids_limit": 512}


def start(shop: Workshop, companion: Companion) -> tuple[str, Reached]:
    """Start it; return its container's id and where it is reached.

    Raises:
        CompanionUnavailableError: its image is neither here nor to be had, or its command cannot be started.
    """
    from docker.errors import APIError

    name = companion.role.capitalize()
    image = _image(shop, companion)
    with asking(shop.connection, f"starting {name}"):
        shop.await_network()
        for wanted in dict.fromkeys((companion.wanted_port or None, None)):
            container = _created(shop, companion, str(image["Id"]), wanted)
            try:
                shop.connection.api.start(container)
                break
            except APIError as error:
                shop.connection.api.remove_container(container, force=True, v=True)
                if wanted is None or not is_taken(error):
                    raise CompanionUnavailableError(
                        f"{name} could not be started from {companion.image}.",
                        why=str(error.explanation or error),
                        mend=(f"See what the image starts: docker inspect {companion.image}",),
                    ) from error
        port = shop.published(container, companion.port)
    return container, Reached(f"http://{LOOPBACK}:{port}", f"{companion.role}:{companion.port}")


def state(shop: Workshop, container: str) -> CompanionState:
    """Return whether it runs, and its last lines."""
    with asking(shop.connection, "asking for the state of a companion"):
        running = bool(shop.connection.api.inspect_container(container)["State"]["Running"])
        return CompanionState(running, tuple(last_lines(shop.connection, container, shop.redactor(), _SAID)))


def _image(shop: Workshop, companion: Companion) -> dict[str, Any]:
    tell = shop.voice.progress("observe")
    try:
        request = shop.request
        return images.provide(shop.connection, companion.image, request.registry, tell, shop.cancel, request.timeout)
    except ImageUnavailableError as error:
        raise CompanionUnavailableError(error.what, why=error.why, mend=error.mend) from error


def _created(shop: Workshop, companion: Companion, image: str, wanted: int | None) -> str:
    said = {"{config}": f"/{_CONFIG}", "{data}": f"/{_DATA}", "{listen}": f":{companion.port}"}
    arguments = []
    for word in companion.arguments:
        for name, value in said.items():
            word = word.replace(name, value)
        arguments.append(word)
    container = shop.create(
        companion.role,
        image,
        port=companion.port,
        alias=companion.role,
        host_port=wanted,
        env=companion.env,
        command=arguments or None,
        **_LIMITS,
    )
    shop.connection.api.put_archive(container, "/", _archive(companion))
    return container


def _archive(companion: Companion) -> bytes:
    """Pack its files; it may run as any user of its image, so all may read them and write into the folder for data."""
    packed = io.BytesIO()
    folders = {PurePosixPath(_CONFIG)}
    for place in companion.files:
        folders |= {PurePosixPath(_CONFIG) / each for each in PurePosixPath(place).parents}
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for folder in sorted(folders):
            _add(archive, str(folder), 0o755, None)
        _add(archive, _DATA, 0o1777, None)
        for place, text in companion.files.items():
            _add(archive, f"{_CONFIG}/{place}", 0o644, text.encode())
    return packed.getvalue()


def _add(archive: tarfile.TarFile, name: str, mode: int, content: bytes | None) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    entry.size = len(content or b"")
    archive.addfile(entry, io.BytesIO(content or b""))
