"""What each run has started, written down before it starts: so that ``kill -9`` leaves nothing that cannot be found."""

import fcntl
import json
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import RLock

from incidentlab import places
from incidentlab.engines._local import processes
from incidentlab.errors import StorageError

_LOWEST_PORT, _PORT_TRIES = 20_000, 50
MARK = ".incidentlab-run"  # lies in every folder of ours and holds the run's id: nothing without it is ever removed


@dataclass(frozen=True, slots=True)
class Record:
    """What one run has started. ``state``: ``running``, ``kept`` on purpose, or ``failed`` to be removed."""

    run: str
    owner: int
    owner_created: float
    state: str = "running"
    folders: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    processes: tuple[tuple[str, int, float], ...] = ()  # role, id, creation time

    def own_folders(self) -> list[Path]:
        """Return the folders that are there and bear this run's mark."""
        return [path for path in map(Path, self.folders) if _marked(path, self.run)]

    def in_use(self) -> bool:
        """Say whether the process that made it is at work on it."""
        return self.state == "running" and processes.is_same(self.owner, self.owner_created)


def _marked(folder: Path, run: str) -> bool:
    try:
        return (folder / MARK).read_text("utf-8") == run
    except (OSError, UnicodeDecodeError):
        return False


def home() -> Path:
    """Return the folder of the records."""
    return places.state() / "stacks"


def records() -> Iterator[Record]:
    """Give the records there are; a file that cannot be understood is passed over."""
    for path in sorted(home().glob("*.json")):
        try:
            raw = json.loads(path.read_text("utf-8"))
            raw["processes"] = tuple((str(role), int(pid), float(at)) for role, pid, at in raw["processes"])
            yield Record(**{**raw, "folders": tuple(raw["folders"]), "ports": tuple(raw["ports"])})
        except (OSError, ValueError, TypeError, KeyError):
            continue


def drop(run: str) -> None:
    """Forget a run; a record that stays by mischance names nothing any more and is dropped by the next look."""
    for suffix in (".new", ".json"):
        with suppress(OSError):
            (home() / f"{run}{suffix}").unlink()


class Ledger:
    """The record of one run, on disk from the first moment on."""

    def __init__(self, run: str) -> None:
        self._lock = RLock()
        me = os.getpid()
        self.record = Record(run, me, processes.created(me) or 0.0)

    def folder(self, path: Path) -> None:
        """Write down a folder that exists and is empty, and mark it as this run's."""
        (path / MARK).write_text(self.record.run, "utf-8")
        with self._lock:
            self._write(replace(self.record, folders=(*self.record.folders, str(path))))

    def process(self, role: str, pid: int) -> None:
        """Write down a child."""
        entry = (role, pid, processes.created(pid) or 0.0)
        with self._lock:
            self._write(replace(self.record, processes=(*self.record.processes, entry)))

    def state(self, state: str) -> None:
        """Write down what became of it."""
        with self._lock:
            self._write(replace(self.record, state=state))

    def port(self) -> int:
        """Return a free port of 127.0.0.1 that no other run of ours has been given.

        A port is only taken once its server listens; until then the records keep two runs apart.
        """
        with _exclusive(), self._lock:
            taken = {port for record in records() for port in record.ports} | set(self.record.ports)
            port = _free_port()
            while port in taken:
                port = _free_port()
            self._write(replace(self.record, ports=(*self.record.ports, port)))
        return port

    def _write(self, record: Record) -> None:
        path = home() / f"{record.run}.json"
        new = path.with_suffix(".new")
        with self._lock:
            self.record = record
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                new.write_text(json.dumps(asdict(record)), "utf-8")
                new.replace(path)
            except OSError as error:
                raise StorageError(
                    "What this run starts could not be written down, so nothing was started.",
                    why=f"{error.strerror}: {path}",
                    mend=("Set INCIDENTLAB_HOME to a folder that can be written to.", f"df -h {path.parent}"),
                ) from error


def _free_port() -> int:
    """Choose below the range from which the kernel gives ports to whoever connects somewhere.

    A port of that range can be gone again before the server listens: busy probes and scrapes take one each time.
    """
    with suppress(OSError, ValueError):
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
        for port in random.sample(range(_LOWEST_PORT, lowest), min(_PORT_TRIES, max(lowest - _LOWEST_PORT, 0))):
            with suppress(OSError), socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
                return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        chosen: int = probe.getsockname()[1]
        return chosen


@contextmanager
def _exclusive() -> Iterator[None]:
    home().mkdir(parents=True, exist_ok=True)
    with (home() / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
