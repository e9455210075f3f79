"""The app of one run: a process that stands for the container, with its exit, its health and its times."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

from incidentlab.engines._local.health import HealthMonitor
from incidentlab.engines._local.identity import Identity
from incidentlab.engines._local.launch import Launch
from incidentlab.engines._local.ledger import Ledger
from incidentlab.engines._local.processes import send
from incidentlab.engines._local.tail import Tail
from incidentlab.model.dockerfile import LaunchConfig
from incidentlab.model.events import log_name, now
from incidentlab.model.evidence import ContainerFacts

GRACE = 3.0  # seconds between the stop signal and SIGKILL


@dataclass(slots=True)
class App:
    """The app before, while and after it runs."""

    launch: Launch
    config: LaunchConfig
    identity: Identity
    ledger: Ledger
    log: Tail
    replica: int = 1
    child: "subprocess.Popen[bytes] | None" = None
    exit_code: int | None = None
    error: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    health: HealthMonitor | None = None
    exited: Event = field(default_factory=Event)

    def start(self) -> None:
        """Start it; a program that is not there shows as Docker shows it: never started, exit code 127."""
        if self.launch.program is None:
            name = self.launch.argv[0]
            self._never_started(f'exec: "{name}": executable file not found in $PATH')
            return
        if _lacks_interpreter(Path(self.launch.program)):
            self._never_started(f'exec: "{self.launch.argv[0]}": no such file or directory')
            return
        try:
            self.child = self.identity.start(
                self.launch.argv, cwd=self.launch.cwd, env=self.launch.env, output=self.log.output
            )
        except OSError as error:
            self._never_started(f'exec: "{self.launch.argv[0]}": {error.strerror}')
            return
        self.started_at = now()
        self.ledger.process(log_name("app", self.replica), self.child.pid)
        Thread(target=self._await_exit, args=(self.child,), name="app-exit", daemon=True).start()
        if self.config.healthcheck and self.launch.check:
            self.health = HealthMonitor(self.config.healthcheck, self.launch, self.identity, self.exited)
            self.health.start()

    def _never_started(self, error: str) -> None:
        self.error, self.exit_code = error, 127
        self.exited.set()

    def _await_exit(self, child: "subprocess.Popen[bytes]") -> None:
        code = child.wait()
        self.finished_at = now()
        self.exit_code = code if code >= 0 else 128 - code
        # Whoever sees the exit may count on every line that was written before it.
        self.log.drain()
        self.exited.set()

    def stop(self) -> None:
        """End it and all in its process group: the image's stop signal, then SIGKILL after a grace."""
        if self.child is None:
            return
        if not self.exited.is_set():
            send(self.child.pid, _stop_signal(self.config.stop_signal), group=True)
            self.exited.wait(GRACE)
        send(self.child.pid, signal.SIGKILL, group=True)
        self.exited.wait(5.0)
        if self.health:
            self.health.join()

    def facts(self, run: str) -> ContainerFacts:
        """Return its state now, in a container's words."""
        exited = self.exited.is_set()
        pid = self.child.pid if self.child else None
        name = log_name("app", self.replica)
        return ContainerFacts(
            f"container:{name}",
            f"process {pid}" if pid else name,
            ("exited" if exited else "running") if pid else "created",
            exit_code=self.exit_code if exited else None,
            health=self.health.status if self.health else "none",
            started_at=self.started_at,
            finished_at=self.finished_at if exited else None,
            error=self.error,
            command=f"ps -o pid,stat,etime,args -p {pid}" if pid and not exited else f"incidentlab runs show {run}",
        )


def _stop_signal(name: str) -> signal.Signals:
    if name.isdecimal() and int(name) in set(signal.Signals):
        return signal.Signals(int(name))
    full = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"
    return signal.Signals.__members__.get(full, signal.SIGTERM)


def log_path(ground: Path, replica: int = 1) -> Path:
    """Return where a replica's output is written."""
    return ground / f"{log_name('app', replica)}.log"


def _lacks_interpreter(program: Path) -> bool:
    """Whether a script names an interpreter that is not there, as one with Windows line ends does.

    Asked before it is started: who starts it in our place says that in its own name, and in words of its own.
    """
    with suppress(OSError), program.open("rb") as script:
        named = re.match(rb"#![ \t]*([^ \t\n]+)", script.readline(256))
        return named is not None and not Path(os.fsdecode(named[1])).exists()
    return False
