"""What a run consists of, and the options that its containers are made with."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, cast

from incidentlab.engines._base import StackRequest
from incidentlab.engines._docker import names
from incidentlab.engines._docker.client import Connection
from incidentlab.engines._docker.jobs import Cancel
from incidentlab.engines._docker.postgres import Credentials
from incidentlab.engines._docker.voice import Voice
from incidentlab.engines._logins import Logins
from incidentlab.redact import Redactor

LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Workshop:
    """What all who work on one run share."""

    connection: Connection
    request: StackRequest
    voice: Voice
    cancel: Cancel
    login: Credentials  # the server's superuser, this run's own
    logins: Logins  # all roles; known before the database is there, so that the app can be made meanwhile
    secrets: set[str] = field(default_factory=set)
    held: list[socket.socket] = field(default_factory=list)  # ports of this machine that are ours until we end
    networked: Event = field(default_factory=Event)  # the run's network is there
    starting: Event = field(default_factory=Event)  # the engine is busy with starting the database
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets.update(self.logins.passwords)

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels of everything that belongs to the run."""
        spec = self.request.spec
        return names.labels(self.request.run, spec.scenario, spec.variant)

    @property
    def network(self) -> str:
        """Return the name of the run's network."""
        return names.network(self.request.run)

    def release(self) -> None:
        """Let go of the ports that were held."""
        while self.held:
            self.held.pop().close()

    def redactor(self) -> Redactor:
        """Return what masks the secrets known by now."""
        return Redactor(tuple(self.secrets))

    def create(
        self,
        role: str,
        image: str,
        *,
        port: int | None,
        alias: str = "",
        host_port: int | None = None,
        env: Mapping[str, str | None],
        command: list[str] | None = None,
        entrypoint: list[str] | None = None,
        networked: bool = True,
        user: str = "",
        **limits: Any,
    ) -> str:
        """Create a container of this run, not started, and return its id.

        ``port`` is published on this machine's loopback and nowhere else; on ``host_port``, or where the engine
        likes. ``user`` runs the command, where it is not to be the image's own. A variable that is ``None`` in ``env``
        is taken away from those of the image. ``limits`` are Docker's own host options.
        """
        api = self.connection.api
        host = api.create_host_config(
            port_bindings={} if port is None else {port: (LOOPBACK, host_port)},
            network_mode=self.network if networked else None,
            security_opt=["no-new-privileges"],
            cap_drop=["ALL"],
            restart_policy={"Name": "no"},
            init=False,
            **limits,
        )
        networking = api.create_networking_config(
            cast(Any, {self.network: api.create_endpoint_config(aliases=[alias] if alias else None)})
        )
        what: dict[str, Any] = {
            "image": image,
            "command": command,
            "name": names.container(self.request.run, role),
            "environment": dict(env),
            "ports": [] if port is None else [port],
            "entrypoint": entrypoint,
            "user": user or None,
            "labels": self.labels,
            "host_config": host,
            "networking_config": networking if networked else None,
        }
        return self._created(what)

    def _created(self, what: dict[str, Any]) -> str:
        """Create a container while its network is still being made; an engine that minds is asked again later."""
        from docker.errors import ImageNotFound, NotFound

        try:
            return str(self.connection.api.create_container(**what)["Id"])
        except ImageNotFound:
            raise
        except NotFound:
            self.await_network()
            return str(self.connection.api.create_container(**what)["Id"])

    def await_network(self) -> None:
        """Wait until the run's network is there; until then nothing can be started on it.

        Raises:
            CancelledError: the run was called off, as it is where the network cannot be made.
        """
        while not self.networked.is_set():
            self.cancel.wait(0.002)
        self.cancel.check()

    def published(self, container: str, port: int) -> int:
        """Return the port of this machine on which a running container's ``port`` was published; 0 for none."""
        found = self.connection.api.inspect_container(container)["NetworkSettings"]["Ports"] or {}
        bindings = found.get(f"{port}/tcp") or [{}]
        return int(bindings[0].get("HostPort") or 0)
