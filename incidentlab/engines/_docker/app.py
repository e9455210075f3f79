"""The app's container: made while the database gets ready, started when the lab says so, watched to its exit."""

from __future__ import annotations

import socket
from typing import Any, Final

from incidentlab.engines._docker import database, names
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.facts import app_port, runs_as_root
from incidentlab.engines._docker.parts import LOOPBACK, Workshop
from incidentlab.engines._docker.postgres import PORT
from incidentlab.engines._logins import variables
from incidentlab.errors import EnvironmentUnfitError
from incidentlab.model.events import log_name

ROLE: Final = "app"
_TRIES = 3
_MEMORY = 512 * 1024 * 1024  # bytes, where the scenario says nothing
_PORT_TAKEN = ("port is already allocated", "address already in use", "ports are not available")


class App:
    """One app container. Its port on this machine is known, and held, before it starts."""

    def __init__(self, shop: Workshop, image: dict[str, Any], replica: int = 1) -> None:
        self._shop = shop
        self.replica = replica
        self.role = log_name(ROLE, replica)
        self._occupied = False
        self._alone = shop.request.spec.replicas == 1
        self._wanted = shop.request.app_port if replica == 1 else 0
        self._image = str(image["Id"])
        self._inner_port = app_port(image)
        self._env = variables(shop.request.spec, shop.logins.app.at(database.ALIAS, PORT))
        # Swap is counted in, so that a leak ends in the kill that it would end in on a server without swap.
        memory = shop.request.spec.memory or _MEMORY
        self._limits: dict[str, Any] = {"mem_limit": memory, "memswap_limit": memory, "pids_limit": 512}
        self.name = names.container(shop.request.run, self.role)
        self.refused = False  # the engine could not start its command
        if replica == 1 and runs_as_root(image):
            shop.notes.append("The image names no USER: the app runs as root in its container.")
        self._create()

    @property
    def port(self) -> int:
        """Return the port of this machine on which the app is published."""
        return self._port

    @property
    def inside(self) -> str:
        """Return where others on the run's network reach it; replicas share the alias, so each goes by its own name."""
        return f"{ROLE if self._alone else self.name}:{self._inner_port}"

    def start(self) -> None:
        """Start it.

        A command that cannot be started is the app's failure and no error of ours: the container then has an exit
        code and stays created. A port that somebody has taken meanwhile is exchanged for another.
        """
        from docker.errors import APIError

        with asking(self._shop.connection, "starting the app"):
            for left in reversed(range(_TRIES)):
                try:
                    self._shop.connection.api.start(self.container)
                    return
                except APIError as error:
                    if self._occupied or not is_taken(error):
                        self._refuse(error)
                        return
                    self._again(left, error)

    def occupy(self) -> None:
        """Listen on its port ourselves: the engine then finds it taken, and no other one is chosen."""
        self._held.listen()
        self._occupied = True

    def _create(self) -> None:
        held = self._held = _hold_a_port(self._wanted)
        self._wanted = 0  # once taken by somebody else it is not tried again
        self._shop.held.append(held)
        self._port = int(held.getsockname()[1])
        with asking(self._shop.connection, "creating the app's container"):
            self.container = self._shop.create(
                self.role,
                self._image,
                port=self._inner_port,
                alias=ROLE,
                host_port=self._port,
                env=self._env,
                **self._limits,
            )

    def _again(self, left: int, error: Exception) -> None:
        if not left:
            raise EnvironmentUnfitError(
                "No free port could be found for the app.",
                why=f"Port {self._port} of {LOOPBACK} was taken in the moment the app started: {error}",
                mend=("See who listens: ss -ltnp", "Then run it again"),
            ) from error
        self._shop.notes.append(f"Port {self._port} was taken in the moment the app started; another was chosen.")
        self._shop.connection.api.remove_container(self.container, force=True, v=True)
        self._create()

    def _refuse(self, error: Any) -> None:
        """Tell a command that does not exist (the container has an exit code) from an engine that fails."""
        state = self._shop.connection.api.inspect_container(self.container)["State"]
        if not state.get("ExitCode") and not self._occupied:
            raise error
        self.refused = True


def is_taken(error: Any) -> bool:
    """Say whether the engine failed because somebody else listens on the port."""
    text = str(error.explanation or error).lower()
    return any(words in text for words in _PORT_TAKEN)


def _hold_a_port(wanted: int) -> socket.socket:
    """Bind a free port, the wanted one where that is free, without listening.

    The kernel then gives it to nobody who asks for any port, while the engine, which like us allows the address to
    be used again, may still listen on it.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((LOOPBACK, wanted))
    except OSError:
        held.bind((LOOPBACK, 0))
    return held
