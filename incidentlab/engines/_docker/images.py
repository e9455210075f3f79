"""Base images: whether they are there, could be had, and fetching them with their layers told as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from incidentlab.engines._docker import names
from incidentlab.engines._docker.client import Connection, asking
from incidentlab.engines._docker.facts import moment
from incidentlab.engines._docker.jobs import Cancel
from incidentlab.engines._docker.names import mirrored, with_tag
from incidentlab.engines._docker.streams import CutShortError, LongAnswer
from incidentlab.errors import ImageUnavailableError
from incidentlab.model.events import now

if TYPE_CHECKING:
    from docker import APIClient
    from requests import Response

REGISTRY_SECONDS = 8.0  # for a registry to say whether it has an image
_SETTLED = timedelta(minutes=10)  # longer than any run takes from its image to its container

# The states of a layer that are worth a line; the bytes in between are not.
_TOLD = frozenset({"Pull complete", "Already exists", "Download complete"})


def inspect(connection: Connection, name: str) -> dict[str, Any] | None:
    """Return what the engine knows of an image, or ``None`` where it is not there."""
    from docker.errors import NotFound

    with asking(connection, f"looking for the image {name}"):
        try:
            found = image_of(connection.api, name)
        except NotFound:
            return None
    return found


def image_of(api: APIClient, name: str) -> dict[str, Any]:
    """Return an image's inspect, through the one door that the SDK's types have left open."""
    found: dict[str, Any] = cast(Any, api).inspect_image(name)
    return found


def can_be_had(connection: Connection, name: str, registry: str) -> str:
    """Return why an image cannot be pulled, or nothing where the registry says that it has it."""
    from docker.errors import APIError
    from requests.exceptions import RequestException

    remote = mirrored(name, registry)
    api = connection.api
    try:
        url = f"{api.base_url}/v{api.api_version}/distribution/{remote}/json"
        with closing(api.get(url, timeout=REGISTRY_SECONDS)) as answer:
            return "" if answer.ok else _message(answer)
    except (APIError, RequestException) as error:
        return f"The registry did not answer within {REGISTRY_SECONDS:g} s ({type(error).__name__})."


def provide(
    connection: Connection, name: str, registry: str, tell: Callable[[str], None], cancel: Cancel, timeout: float
) -> dict[str, Any]:
    """Return what the engine knows of an image, after pulling it if it was not there.

    A mirror's image gets the plain name too, so that FROM finds it.

    Raises:
        ImageUnavailableError: it is neither here nor to be had within ``timeout`` seconds.
    """
    if (found := inspect(connection, name)) is not None:
        return found
    remote = mirrored(name, registry)
    tell(f"pulling {remote}")
    failure = _pull(connection, remote, tell, cancel, timeout)
    if not failure and remote != name:
        repository, _, tag = with_tag(name).rpartition(":")
        with asking(connection, f"naming the image {name}"):
            connection.api.tag(remote, repository, tag)
    found = None if failure else inspect(connection, name)
    if found is None:
        raise unavailable(name, registry, failure)
    return found


def clear_superseded(connection: Connection) -> None:
    """Remove images of ours whose name has gone over to a newer one.

    Only where that name was given a while ago: another run may have built one just now and be about to use it.
    What is in use, or cannot be removed for another reason, stays for ``incidentlab clean``.
    """
    from docker.errors import APIError

    filters = {"label": [names.OURS, names.CACHED], "dangling": True}
    with asking(connection, "clearing superseded images"), suppress(APIError):
        for item in connection.api.images(filters=filters):
            named = moment((image_of(connection.api, item["Id"]).get("Metadata") or {}).get("LastTagTime"))
            if named is not None and now() - named > _SETTLED:
                connection.api.remove_image(item["Id"])


def unavailable(name: str, registry: str, why: str) -> ImageUnavailableError:
    """Return the error for an image that is neither here nor to be had."""
    return ImageUnavailableError(
        f"The image {name} is neither here nor to be had{f' from {registry}' if registry else ''}.",
        why=why,
        mend=(
            f"Pull it where there is a network: docker pull {mirrored(name, registry)}",
            f"Or bring it over: docker save {name} -o image.tar, and here: docker load -i image.tar",
            "Or take it from a mirror of Docker Hub: --registry mirror.example:5000",
            "Or do without Docker: --engine local",
        ),
    )


def _pull(connection: Connection, remote: str, tell: Callable[[str], None], cancel: Cancel, timeout: float) -> str:
    """Pull; return why it failed, or nothing."""
    from docker.auth import get_config_header, resolve_repository_name

    repository, _, tag = with_tag(remote).rpartition(":")
    with asking(connection, f"pulling {remote}"), LongAnswer(connection, cancel, timeout) as answer:
        api = answer.api
        login = get_config_header(api, resolve_repository_name(repository)[0])
        try:
            items = answer.items(
                f"{api.base_url}/v{api.api_version}/images/create",
                params={"fromImage": repository, "tag": tag},
                headers={"X-Registry-Auth": login.decode()} if login else {},
            )
            for item in items:
                if "error" in item:
                    return str(item["error"])
                _told(item, tell)
        except CutShortError as cut:
            return f"The registry did not deliver it: {cut}."
    return ""


def _told(item: Mapping[str, Any], tell: Callable[[str], None]) -> None:
    status = str(item.get("status", ""))
    if status in _TOLD:
        tell(f"layer {item.get('id', '?')}: {status.lower()}")


def _message(answer: Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
