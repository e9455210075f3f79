"""Taking a run away: containers side by side, then its network; what the labels find is what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from time import monotonic, sleep
from typing import Any

from incidentlab.engines._docker import names
from incidentlab.engines._docker.client import Connection, asking
from incidentlab.engines._docker.jobs import Job, wait_for
from incidentlab.errors import LeftBehindError

PATIENCE_SECONDS = 20.0  # for the engine to remove a thing that it says is busy
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Thing:
    """A container, network or volume of ours."""

    kind: str
    name: str
    id: str
    run: str
    home: str = ""  # whose it is, where several homes share an engine

    @property
    def command(self) -> str:
        """Return the command that removes it by hand."""
        verb = {"container": "docker rm -fv", "network": "docker network rm", "volume": "docker volume rm"}
        return f"{verb[self.kind]} {self.name}"


def things(connection: Connection, filters: dict[str, list[str]]) -> list[Thing]:
    """List what carries the labels of ``filters``."""
    api = connection.api
    with asking(connection, "looking for what a run has left"):
        containers = api.containers(all=True, filters=filters)
        networks = api.networks(filters=filters)
        volumes = api.volumes(filters=filters)["Volumes"] or ()
    return [
        *(_thing("container", item["Names"][0].lstrip("/"), item["Id"], item) for item in containers),
        *(_thing("network", item["Name"], item["Id"], item) for item in networks),
        *(_thing("volume", item["Name"], item["Name"], item) for item in volumes),
    ]


def take_away(connection: Connection, run: str) -> None:
    """Remove all that carries the run's label.

    Raises:
        EngineLostError: the engine does not answer any more.
        LeftBehindError: something would not go, and what.
    """
    found = things(connection, names.of_run(run))
    networks = [thing for thing in found if thing.kind == "network"]
    # All side by side: a network goes once its containers have left it, and each of them leaves before it ends.
    left_it = {thing.id: Event() for thing in found if thing.kind == "container"}
    jobs = [Job(f"remove-{thing.name}", _removal(connection, thing, networks, left_it)) for thing in found]
    wait_for(jobs, PATIENCE_SECONDS + 5)
    left = things(connection, names.of_run(run)) if found else []
    if left:
        raise left_behind(left)


def remove(connection: Connection, thing: Thing) -> None:
    """Remove one thing; one that is gone already is fine; one that is busy is asked again for a while.

    Raises:
        docker.errors.APIError: it would not go.
    """
    from docker.errors import APIError, NotFound

    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            _remove_once(connection, thing)
            return
        except NotFound:
            return
        except APIError:
            # "removal is already in progress", "network has active endpoints": a matter of moments.
            if monotonic() > deadline:
                raise
        sleep(_PAUSE)


def left_behind(left: list[Thing]) -> LeftBehindError:
    """Return the error that names what could not be removed and how to do it by hand."""
    listed = ", ".join(f"{thing.kind} {thing.name}" for thing in left)
    return LeftBehindError(
        f"The Docker engine did not let us remove everything: {listed}.",
        why="It went on saying that they are busy.",
        mend=(*(thing.command for thing in left), "Or later, all at once: incidentlab clean"),
    )


def _removal(
    connection: Connection, thing: Thing, networks: list[Thing], left_it: Mapping[str, Event]
) -> Callable[[], None]:
    def removal() -> None:
        if thing.kind == "container":
            try:
                _leave(connection, thing, networks)
            finally:
                left_it[thing.id].set()
        elif thing.kind == "network":
            for each in left_it.values():
                each.wait(PATIENCE_SECONDS)
        remove(connection, thing)

    return removal


def _leave(connection: Connection, container: Thing, networks: list[Thing]) -> None:
    """Take a container out of its networks; where that fails, its removal does it, only later."""
    from docker.errors import APIError

    for network in networks:
        with suppress(APIError):
            connection.api.disconnect_container_from_network(container.id, network.id, force=True)


def _remove_once(connection: Connection, thing: Thing) -> None:
    api = connection.api
    if thing.kind == "container":
        api.remove_container(thing.id, force=True, v=True)
    elif thing.kind == "network":
        api.remove_network(thing.id)
    else:
        api.remove_volume(thing.id, force=True)


def _thing(kind: str, name: str, ident: str, item: dict[str, Any]) -> Thing:
    labels = item.get("Labels") or {}
    return Thing(kind, name, ident, labels.get(names.RUN, ""), labels.get(names.HOME, ""))
