"""Real containers for tests: made with the SDK, labelled, removed at the end; and a way to the engine that listens."""

import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from docker import APIClient
from docker.errors import APIError, NotFound

from tests.engines.docker_ways import Relay
from tests.engines.harness import engine_named, until

PYTHON = "python:3.11-slim"
POSTGRES = "postgres:15"
_REQUEST = re.compile(rb"(?:^|\n)([A-Z]{3,7}) (/\S+) HTTP/1\.1\r\n")


class ContainerBench:
    """Makes containers under names of its own and takes them away."""

    def __init__(self) -> None:
        self.tag = f"il{secrets.token_hex(4)}"
        self.api = APIClient(version="1.41", timeout=60)
        self._containers: list[str] = []
        self._networks: list[str] = []

    def name(self, role: str) -> str:
        return f"{self.tag}-{role}"

    def network(self) -> str:
        name = self.name("net")
        self._networks.append(str(self.api.create_network(name, labels={"incidentlab-test": self.tag})["Id"]))
        return name

    def create(
        self,
        role: str,
        *command: str,
        image: str = PYTHON,
        network: str = "",
        aliases: tuple[str, ...] = (),
        labels: dict[str, str] | None = None,
        host: dict[str, Any] | None = None,
        **options: Any,
    ) -> str:
        """Create a container and return its id; it is not started."""
        host_config = self.api.create_host_config(network_mode=network or None, **(host or {}))
        networking = None
        if network:
            end = self.api.create_endpoint_config(aliases=list(aliases))
            networking = self.api.create_networking_config(cast(Any, {network: end}))
        made = self.api.create_container(
            image,
            list(command) or None,
            name=self.name(role),
            labels={"incidentlab-test": self.tag, **(labels or {})},
            host_config=host_config,
            networking_config=networking,
            **options,
        )
        self._containers.append(str(made["Id"]))
        return str(made["Id"])

    def start(self, role: str, *command: str, **options: Any) -> str:
        """Create and start a container; one whose command the engine refuses stays created."""
        ident = self.create(role, *command, **options)
        with suppress(APIError):
            self.api.start(ident)
        return ident

    def ended(self, role: str, *command: str, **options: Any) -> str:
        """Start a container and wait for its end."""
        ident = self.start(role, *command, **options)
        until(lambda: self.state(ident)["Status"] in {"exited", "created"})
        return ident

    def python(self, role: str, code: str, **options: Any) -> str:
        """Run a piece of Python to its end."""
        return self.ended(role, "python", "-uc", code, **options)

    def state(self, ident: str) -> dict[str, Any]:
        return cast("dict[str, Any]", self.api.inspect_container(ident)["State"])

    def remove(self, ident: str) -> None:
        self.api.remove_container(ident, force=True, v=True)

    def close(self) -> None:
        for ident in self._containers:
            with suppress(NotFound):
                self.remove(ident)
        for ident in self._networks:
            self.api.remove_network(ident)
        self.api.close()


class Listener(Relay):
    """A way to the engine that notes every request."""

    def __init__(self, path: Path) -> None:
        self.heard = bytearray()
        super().__init__(path)

    def requests(self) -> list[tuple[str, str]]:
        """Return method and path of each request so far."""
        return [(found[1].decode(), found[2].decode()) for found in _REQUEST.finditer(bytes(self.heard))]

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        if source.getsockname() != str(self._path):
            super()._pump(source, target)
            return
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.heard += data
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()


@pytest.fixture
def bench() -> Iterator[ContainerBench]:
    """An engine on which a test may make containers."""
    engine_named("docker")
    made = ContainerBench()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def listener(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A way to the engine that notes every request; it is the way from here on."""
    with Listener(tmp_path_factory.mktemp("way") / "s") as way:
        monkeypatch.setenv("DOCKER_HOST", way.host)
        yield way
