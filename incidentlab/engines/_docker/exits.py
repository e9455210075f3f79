"""A container's exit, seen in the moment it happens."""

from __future__ import annotations

from contextlib import closing
from threading import Event, Thread
from typing import TYPE_CHECKING

from incidentlab.engines._docker.client import Connection, asking
from incidentlab.engines._docker.streams import shut

if TYPE_CHECKING:
    from requests import Response

_GONE = 404


class ExitWatch(Thread):
    """Waits in the engine until a container has ended; one that is gone has ended too."""

    def __init__(self, connection: Connection, container: str) -> None:
        super().__init__(name="incidentlab-exit", daemon=True)
        self._connection = connection
        self._container = container
        self._answer: Response | None = None
        self.seen = Event()
        self.error: Exception | None = None
        self.start()

    def stop(self) -> None:
        """Stop waiting for a container that goes on living."""
        if self._answer is not None:
            shut(self._answer)

    def run(self) -> None:
        """Wait. The engine sends its answer's head at once and the rest on the exit, so we can be stopped between."""
        api = self._connection.api
        url = f"{api.base_url}/v{api.api_version}/containers/{self._container}/wait"
        try:
            with (
                asking(self._connection, "waiting for the app's exit"),
                closing(api.post(url, stream=True, timeout=(5, None))) as answer,
            ):
                self._answer = answer
                if answer.status_code != _GONE:
                    answer.raise_for_status()
                    answer.json()
        except Exception as error:
            self.error = error
        self.seen.set()
