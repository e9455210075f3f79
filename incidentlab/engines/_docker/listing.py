"""All containers of an engine at a glance, one request: names, compose's labels, addresses, published ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from incidentlab.engines._docker.client import Connection
from incidentlab.engines._docker.visiting import reading

# Compose writes these on whatever it makes (docker/compose, pkg/api/labels.go; v1: compose/const.py).
_COMPOSE = "com.docker.compose."


@dataclass(frozen=True, slots=True)
class Published:
    """A port of a container that can be reached on a port of the engine's machine."""

    inner: int
    address: str  # "0.0.0.0", "127.0.0.1", "::"
    outer: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One container as the list has it; what compose did not write is empty."""

    id: str
    name: str
    running: bool
    project: str = ""
    service: str = ""
    number: str = ""  # which of a service's containers: "1"
    is_run: bool = False  # made by ``compose run``, for one command
    config_files: tuple[str, ...] = ()  # as the label has them: relative ones are relative to ``working_dir``
    working_dir: str = ""
    waits_for: Mapping[str, str] = field(default_factory=dict)  # service → condition, where compose v2 wrote it
    addresses: Mapping[str, str] = field(default_factory=dict)  # network → address there, where it has one
    published: tuple[Published, ...] = ()


def listed(connection: Connection) -> tuple[Listed, ...]:
    """List every container of the engine, also those that do not run; the newest first.

    Raises:
        EngineLostError: the engine failed.
    """
    with reading(connection, "the list of containers"):
        return tuple(_listed(item) for item in connection.api.containers(all=True))


def config_files(label: str) -> tuple[str, ...]:
    """Return the files that compose's label names; it separates them by commas."""
    return tuple(part.strip() for part in label.split(",") if part.strip())


def waits_for(label: str) -> dict[str, str]:
    """Return service → condition of compose v2's label ``db:service_healthy:false,migrate:…``."""
    entries = (entry.split(":") for entry in label.split(",") if entry.strip())
    return {parts[0].strip(): parts[1].strip() if len(parts) > 1 else "service_started" for parts in entries}


def _listed(item: Mapping[str, Any]) -> Listed:
    labels = item.get("Labels") or {}

    def written(name: str) -> str:
        return str(labels.get(f"{_COMPOSE}{name}") or "")

    networks = (item.get("NetworkSettings") or {}).get("Networks") or {}
    return Listed(
        id=str(item["Id"]),
        name=_name(item.get("Names") or (), str(item["Id"])),
        running=item.get("State") in {"running", "paused", "restarting"},
        project=written("project"),
        service=written("service"),
        number=written("container-number"),
        is_run=written("oneoff").lower() == "true",
        config_files=config_files(written("project.config_files")),
        working_dir=written("project.working_dir"),
        waits_for=waits_for(written("depends_on")),
        addresses={name: str((way or {}).get("IPAddress") or "") for name, way in networks.items()},
        published=tuple(_published(item.get("Ports") or ())),
    )


def _name(names: Any, ident: str) -> str:
    # Links give a container further names, with a slash within: "/web/db".
    own = [str(name).lstrip("/") for name in names if "/" not in str(name).lstrip("/")]
    return own[0] if own else ident[:12]


def _published(ports: Any) -> list[Published]:
    return [
        Published(int(port["PrivatePort"]), str(port.get("IP") or "0.0.0.0"), int(port["PublicPort"]))  # noqa: S104 - read
        for port in ports
        if port.get("PublicPort") and port.get("Type", "tcp") == "tcp"
    ]
