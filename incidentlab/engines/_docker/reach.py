"""A host as a container's programs call it → where this machine reaches the same; asked of the engine, never tried."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incidentlab.engines._docker.client import Connection, is_near
from incidentlab.engines._docker.condition import name_of
from incidentlab.engines._docker.listing import Listed, Published
from incidentlab.engines._docker.lookup import inspected as inspect

LOOPBACK = "127.0.0.1"
_ITSELF = frozenset({"", "localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - compared, not bound
_ENGINES_MACHINE = frozenset({"host.docker.internal", "gateway.docker.internal", "host.containers.internal"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared, not bound
_MOST_ASKED = 16  # containers that are asked for the names they have in a network


@dataclass(frozen=True, slots=True)
class Way:
    """Where this machine reaches a host; without one ``host`` is empty, and ``how`` says why."""

    host: str
    port: int
    how: str


def way(
    connection: Connection, inspected: Mapping[str, Any], host: str, port: int, known: Callable[[], Sequence[Listed]]
) -> Way:
    """Find out where this machine reaches what a container reaches as ``host:port``.

    Args:
        connection: the engine.
        inspected: the container, as the engine's inspection has it.
        host: a container's name, a compose service, an alias, an address, or a name of the world outside.
        port: the port there.
        known: gives the engine's containers; called where it is needed.

    Raises:
        EngineLostError: the engine failed.
    """
    mode = str((inspected.get("HostConfig") or {}).get("NetworkMode") or "")
    if host.lower() in _ENGINES_MACHINE or (host.lower() in _ITSELF and mode == "host"):
        return _on_the_engines_machine(connection, host, port)
    if host.lower() in _ITSELF:
        one = next((each for each in known() if each.id == inspected["Id"]), None)
        return _to(connection, one, port, tuple(one.addresses)) if one else Way("", port, "It is gone.")
    if _is_address(host):
        return Way(host, port, "as written")
    networks = tuple((inspected.get("NetworkSettings") or {}).get("Networks") or ())
    found = _named(connection, inspected, host, networks, known())
    if found is None:
        return Way(host, port, "as written; no container that it shares a network with has this name")
    return _to(connection, found, port, networks)


def _on_the_engines_machine(connection: Connection, host: str, port: int) -> Way:
    if is_near(connection.endpoint):
        return Way(LOOPBACK, port, f"{host or 'localhost'} is this machine")
    return Way("", port, f"{host} is the machine of the engine at {connection.endpoint}, which is not this one.")


def _named(
    connection: Connection, inspected: Mapping[str, Any], host: str, networks: Sequence[str], known: Sequence[Listed]
) -> Listed | None:
    """Return the container that answers to ``host`` in one of the networks; one that runs comes first."""
    others = [one for one in known if set(one.addresses) & set(networks) and one.id != inspected["Id"]]
    others.sort(key=lambda one: not one.running)
    for one in others:
        if host in (one.name, one.service, one.id[:12]):
            return one
    for one in others[:_MOST_ASKED]:
        details = inspect(connection, one.id)
        if details is not None and host in _aliases(details, networks):
            return one
    return None


def _aliases(inspected: Mapping[str, Any], networks: Sequence[str]) -> set[str]:
    ways = (inspected.get("NetworkSettings") or {}).get("Networks") or {}
    aliases = {str(name) for network in networks for name in (ways.get(network) or {}).get("Aliases") or ()}
    return aliases | {name_of(inspected), str((inspected.get("Config") or {}).get("Hostname") or "")} - {""}


def _to(connection: Connection, found: Listed, port: int, networks: Sequence[str]) -> Way:
    if not found.running:
        return Way("", port, f"It is the container {found.name}, which does not run.")
    if not is_near(connection.endpoint):
        return Way("", port, f"It is the container {found.name} of an engine on another machine.")
    if published := _published(found.published, port):
        host = LOOPBACK if published.address in _EVERYWHERE else published.address
        return Way(host, published.outer, f"it is the container {found.name}, published on {host}:{published.outer}")
    for network in (*networks, *found.addresses):
        if address := found.addresses.get(network):
            return Way(address, port, f"it is the container {found.name}, {address} in the network {network}")
    return Way("", port, f"It is the container {found.name}, which has no address and no published port.")


def _published(ports: Sequence[Published], port: int) -> Published | None:
    fitting = [one for one in ports if one.inner == port]
    return min(fitting, key=lambda one: ":" in one.address, default=None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
