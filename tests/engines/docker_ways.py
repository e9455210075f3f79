"""Ways to the engine that fail as real ones do: cut in the middle, closed, silent."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Self


def engine_socket() -> str:
    """Return the path of the engine's socket on this machine."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    return host.removeprefix("unix://")


class Relay:
    """A socket that passes everything on to the engine's, until it is cut."""

    def __init__(self, path: Path) -> None:
        self.host = f"unix://{path}"
        self._open: list[socket.socket] = []
        self._lock = Lock()
        self._threads: list[Thread] = []
        self._is_cut = False
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        self._path = path
        self._engine = engine_socket()  # now: DOCKER_HOST will name ourselves
        self._run(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def cut(self) -> None:
        """Break all connections and take no new ones."""
        with self._lock:
            self._is_cut = True
            todo = [*self._open, self._server]
        self._path.unlink(missing_ok=True)
        for each in todo:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with self._server:
            while not self._is_cut:
                try:
                    near, _ = self._server.accept()
                except OSError:
                    return
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._engine)
                with self._lock:
                    self._open += [near, far]
                self._run(lambda near=near, far=far: self._pump(near, far))
                self._run(lambda near=near, far=far: self._pump(far, near))

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()

    def _run(self, work: object) -> None:
        thread = Thread(target=work, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()
