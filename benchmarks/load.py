"""A service process on 127.0.0.1, and a bounded load on it: so many requests from so many connections, then nothing."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil

from benchmarks.model import CannotMeasureError, Sample

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 4
WITHOUT = "BENCHMARK_WITHOUT_METRICS"  # the variable by which the service has no metrics
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A service that answers."""

    port: int
    process: psutil.Process

    def asked(self, path: str, requests: int) -> Sample:
        """Ask for a path ``requests`` times, on all connections at once; processor time is the server's alone.

        Raises:
            CannotMeasureError: an answer is not 200; a failure costs less than an answer.
        """
        wrong: list[str] = []

        def work() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                for _ in range(requests // CONNECTIONS):
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        wrong.append(f"GET {path} was answered {answer.status}")
                        return
            except OSError as error:
                wrong.append(f"GET {path} was not answered: {error}")
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
        used, began = self._processor(), perf_counter()
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        seconds = perf_counter() - began
        if wrong:
            raise CannotMeasureError(wrong[0])
        return Sample(seconds, self._processor() - used)

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        """Send one request; return its status and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _processor(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def serving(database_url: str, settings: Sequence[str] = ()) -> Iterator[Server]:
    """Start the service, with these environment variables set; it is gone when the context is left.

    Raises:
        CannotMeasureError: it does not come up.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "service")))
    env = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": paths, **dict.fromkeys(settings, "1")}
    # Without a line of log for each request, what it costs to measure them is the larger part of what is left.
    words = [sys.executable, "-m", "uvicorn", "benchmarks.patient:app", "--port", str(port), "--no-access-log"]
    with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            server = Server(port, psutil.Process(process.pid))
            deadline = perf_counter() + _READY_SECONDS
            while not _answers(server):
                if process.poll() is not None or perf_counter() > deadline:
                    raise CannotMeasureError(f"{' '.join(words[1:])} did not come up")
                time.sleep(0.05)
            yield server
        finally:
            process.kill()


def _answers(server: Server) -> bool:
    try:
        return server.send("GET", "/health")[0] == 200
    except OSError:
        return False
