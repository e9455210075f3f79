"""The image's HEALTHCHECK, really run in its rhythm."""

import signal
import subprocess
import time
from threading import Event, Thread
from typing import Literal

from incidentlab.engines._local.identity import Identity
from incidentlab.engines._local.launch import Launch
from incidentlab.engines._local.processes import send
from incidentlab.model.dockerfile import Healthcheck

Status = Literal["starting", "healthy", "unhealthy"]


class HealthMonitor:
    """Runs the check every interval until the app has exited.

    As in Docker: the first check comes after one interval; a failure in the start period counts only once the
    app has been healthy; ``retries`` failures in a row make it unhealthy, one success makes it healthy.
    """

    def __init__(self, check: Healthcheck, launch: Launch, identity: Identity, exited: Event) -> None:
        self.status: Status = "starting"
        self._check = check
        self._launch = launch
        self._identity = identity
        self._exited = exited
        self._failures = 0
        self._thread = Thread(target=self._watch, name="health", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the last check is over; it is ended with the app."""
        self._thread.join(self._check.timeout + 1)

    def _watch(self) -> None:
        begun = time.monotonic()
        while not self._exited.wait(self._check.interval):
            healthy = self._passes()
            if self._exited.is_set():  # what fails because the app is gone says nothing about its health
                return
            starting = self.status == "starting" and time.monotonic() - begun < self._check.start_period
            self._count(healthy=healthy, starting=starting)

    def _count(self, *, healthy: bool, starting: bool) -> None:
        if healthy:
            self.status, self._failures = "healthy", 0
        elif not starting:
            self._failures += 1
            if self._failures >= self._check.retries:
                self.status = "unhealthy"

    def _passes(self) -> bool:
        try:
            child = self._identity.start(
                self._launch.check, cwd=self._launch.cwd, env=self._launch.env, output=subprocess.DEVNULL
            )
        except OSError:
            return False
        deadline = time.monotonic() + self._check.timeout
        try:
            while child.poll() is None and time.monotonic() < deadline and not self._exited.wait(0.01):
                pass
            return child.poll() == 0
        finally:
            send(child.pid, signal.SIGKILL, group=True)
            child.wait()
