"""What runs that are over have left in the engine, found by label and removed one by one; never a prune."""

from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Literal, cast

from incidentlab.engines._base import Leftover
from incidentlab.engines._docker import images, names, teardown
from incidentlab.engines._docker.client import Connection, asking, connected, is_near
from incidentlab.errors import EngineUnavailableError, LeftBehindError

_Kind = Literal["container", "network", "volume"]


def leftovers(alive: frozenset[str]) -> list[Leftover]:
    """List what belongs to runs that are not alive, and the images kept as a cache (with no run)."""
    try:
        with connected() as connection:
            found = teardown.things(connection, {"label": [names.OURS, names.RUN]})
            # Of another home's runs we cannot know which are alive, or kept on purpose: they are not ours to remove.
            ours = [thing for thing in found if thing.home == names.home()]
            dead = [thing for thing in ours if thing.run and thing.run not in alive]
            cached = [Leftover("docker", "image", name, "") for name in _cached(connection)]
            return [*(Leftover("docker", cast(_Kind, each.kind), each.name, each.run) for each in dead), *cached]
    except EngineUnavailableError:
        return []


def remove(leftover: Leftover) -> None:
    """Remove one; one that is gone already, or that is not ours, is left alone.

    Raises:
        LeftBehindError: it could not be removed.
        EngineUnavailableError: no engine answers.
    """
    from docker.errors import APIError, NotFound

    with connected() as connection, asking(connection, f"removing {leftover.name}"):
        try:
            if leftover.kind == "image":
                _remove_image(connection, leftover.name)
            else:
                teardown.remove(connection, teardown.Thing(leftover.kind, leftover.name, leftover.name, leftover.run))
        except NotFound:
            return
        except APIError as error:
            raise LeftBehindError(
                f"The {leftover.kind} {leftover.name} could not be removed.",
                why=str(error.explanation or error),
                mend=(f"See who uses it: docker ps -a --filter label={names.OURS}", "Then: incidentlab clean --all"),
            ) from error


def outdated(connection: Connection, purpose: str, newest: str, deadline: float) -> list[str]:
    """Remove the kept images whose place the newest has taken, and those of which nobody has the password any more.

    What is in use stays, and so does what there is no time for until ``deadline`` (of the monotonic clock): the next
    image that is made, or ``incidentlab clean --all``, finds it. Returns the names of those that went.
    """
    from docker.errors import APIError

    removed: list[str] = []
    for image in _kept(connection):
        mine = image["Labels"].get(names.HOME) == names.cache_home()
        superseded = mine and image["Labels"].get(names.PURPOSE, purpose) == purpose and image["Id"] != newest
        if not (superseded or _abandoned(connection, image)):
            continue
        for name in _tags(image):
            if monotonic() > deadline:
                return removed
            with asking(connection, f"removing {name}"), suppress(APIError):
                connection.api.remove_image(name)
                removed.append(name)
    return removed


def _cached(connection: Connection) -> list[str]:
    mine = names.cache_home()
    # An image that another home has primed is of use to that home, as long as that home is there.
    ours = [
        image
        for image in _kept(connection)
        if image["Labels"].get(names.HOME, mine) == mine or _abandoned(connection, image)
    ]
    return sorted(tag for image in ours for tag in _tags(image))


def _kept(connection: Connection) -> list[dict[str, Any]]:
    with asking(connection, "looking for kept images"):
        found: list[dict[str, Any]] = connection.api.images(filters={"label": [names.OURS, names.CACHED]})
    return found


def _abandoned(connection: Connection, image: dict[str, Any]) -> bool:
    """Whether the folder that has an image's password is gone: a home that was somebody's for a while, or a test's.

    Only what was made on this machine, in an engine of this machine, can be judged; a folder that we may not look at
    is not gone.
    """
    folder = image["Labels"].get(names.FOLDER)
    if not folder or image["Labels"].get(names.MACHINE) != names.machine() or not is_near(connection.endpoint):
        return False
    try:
        Path(folder).stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _tags(image: dict[str, Any]) -> list[str]:
    """Return an image's names, or its id where another has taken its name."""
    return [tag for tag in image.get("RepoTags") or () if tag != "<none>:<none>"] or [str(image["Id"])]


def _remove_image(connection: Connection, name: str) -> None:
    labels = images.image_of(connection.api, name)["Config"].get("Labels") or {}
    if labels.get(names.OWNER) == names.US:
        connection.api.remove_image(name)
