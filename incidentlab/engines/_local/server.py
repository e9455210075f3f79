"""The PostgreSQL server of one run: a copy of the template, on a port of its own, with a password of its own."""

import errno
import secrets
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event

from incidentlab.engines._local import files, template
from incidentlab.engines._local.household import DatabaseHost
from incidentlab.engines._local.identity import CLEAN_ENV
from incidentlab.engines._local.ledger import Ledger
from incidentlab.engines._local.processes import send
from incidentlab.engines._local.tail import Tail
from incidentlab.engines._logins import Logins, create_roles
from incidentlab.errors import DatabaseNotReadyError
from incidentlab.model.events import now
from incidentlab.model.scenario import DatabaseSpec

_DEFAULTS = {
    "fsync": "off",  # the data is thrown away: durability would only cost time
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    # In the data directory, which is removed with the run. POSIX segments would outlive a server that was killed.
    "dynamic_shared_memory_type": "mmap",
    "min_wal_size": "2MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "lc_messages": "C",
    "password_encryption": "scram-sha-256",
    "logging_collector": "off",
}
# What the server says about a wrong entry in the scenario's settings: a new template would not help.
_SETTINGS = ("configuration parameter", "value for parameter", "valid range for parameter")
# Every other refusal will not pass by waiting.
_NOT_YET = ("starting up", "not yet accepting connections", "recovery mode")
_STOP_SECONDS = 10.0
_TAKEN = ("could not bind", "Address already in use")


@dataclass(slots=True)
class Server:
    """A PostgreSQL of this run; ``password`` is known before it runs, so that it can be kept out of the logs."""

    host: DatabaseHost
    spec: DatabaseSpec
    folder: Path
    ledger: Ledger
    log: Tail
    stop_asked: Event
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    port: int = 0
    _logins: Logins | None = None
    child: "subprocess.Popen[bytes] | None" = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def logins(self) -> Logins:
        """Where it answers, from here, as each of its roles."""
        if self._logins is None:
            self._logins = Logins.of(self.spec, self.password)
        return self._logins.at("127.0.0.1", self.port)

    def start(self, timeout: float) -> None:
        """Start it and wait until it has answered ``SELECT 1``; a template that turns out broken is made anew.

        Raises:
            DatabaseNotReadyError: it did not come up in ``timeout`` seconds, or ended; with its last lines.
        """
        deadline = time.monotonic() + timeout
        try:
            try:
                self._start_from(template.locate(self.host, self.spec), deadline)
            except (DatabaseNotReadyError, OSError) as error:
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    raise
                if self.stop_asked.is_set() or time.monotonic() >= deadline or self._said(_SETTINGS):
                    raise
                self.halt()
                template.discard(template.locate(self.host, self.spec))
                self._start_from(template.locate(self.host, self.spec), deadline)
        except OSError as error:
            raise self._weather(error) from error

    def _start_from(self, origin: template.Template, deadline: float) -> None:
        if not origin.whole():
            template.build(origin, self.host, self.spec, self.folder, max(deadline - time.monotonic(), 1.0))
        data = self.folder / "data"
        files.remove_tree(data)
        origin.copy_to(data)
        for _ in range(5):
            self.port = self.ledger.port()
            self._launch(data)
            if self._settled(origin.password, deadline):
                self._create_roles()
                return
        raise self._not_ready("Five ports in a row were taken.")

    def _launch(self, data: Path) -> None:
        settings = {**_DEFAULTS, **self.spec.settings, **_ALWAYS, "port": str(self.port)}
        argv = [self.host.binaries.postgres, "-D", str(data)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        self.started_at = now()
        self.child = self.host.identity.start(argv, cwd=data, env=CLEAN_ENV, output=self.log.output)
        self.ledger.process("database", self.child.pid)

    def _settled(self, password: str, deadline: float) -> bool:
        """Wait for the first answer; ``False`` where the port was taken and another one may do."""
        import psycopg  # takes 130 ms: the server comes up meanwhile

        seen = len(self.log.lines())
        while True:
            if self.stop_asked.is_set():
                raise self._not_ready("The run was ended.")
            if not self.alive():
                self.log.drain()
                if self._said(_TAKEN, since=seen):
                    return False
                raise self._not_ready("It ended while starting.")
            try:
                if self._listens():
                    self._first_answer(password)
                    return True
            except psycopg.OperationalError as error:
                if "FATAL" in str(error) and not any(word in str(error) for word in _NOT_YET):
                    raise self._not_ready(str(error).splitlines()[-1]) from error
            if time.monotonic() >= deadline:
                raise self._not_ready("It did not answer in time.")
            time.sleep(0.004)

    def _said(self, words: tuple[str, ...], *, since: int = 0) -> bool:
        return any(word in line.text for line in self.log.lines()[since:] for word in words)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
        except OSError:
            return False
        return True

    def _first_answer(self, password: str) -> None:
        """Ask ``SELECT 1``, then change the template's password to this run's."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.spec.admin,
            dbname=self.spec.name,
            password=password,
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            connection.execute("SELECT 1")
            role, secret = sql.Identifier(self.spec.admin), sql.Literal(self.password)
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, secret))

    def _create_roles(self) -> None:
        import psycopg

        try:
            create_roles(self.logins)
        except psycopg.Error as error:
            raise self._not_ready(f"Its roles could not be created: {error}") from error

    def stop(self) -> None:
        """Stop it as an administrator does: sessions end, what was committed stays."""
        if self.child is None or not self.alive():
            return
        send(self.child.pid, signal.SIGINT, group=False)
        try:
            self.child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.halt()
        self.finished_at = now()

    def start_again(self, timeout: float) -> None:
        """Start a stopped server on the same port and data, and wait for its answer.

        Raises:
            DatabaseNotReadyError: it does not come up, or its port was taken meanwhile.
        """
        if self.alive() or self.stop_asked.is_set():
            return
        self._launch(self.folder / "data")
        self.finished_at = None
        if not self._settled(self.password, time.monotonic() + timeout):
            raise self._not_ready(f"Its port {self.port} was taken meanwhile.")

    def replace(self, host: DatabaseHost, timeout: float) -> bool:
        """Let the programs of ``host`` serve the same data on the same port; return whether they come up."""
        self.stop()
        self.host = host
        try:
            self.start_again(timeout)
        except DatabaseNotReadyError:
            self.finished_at = now()
            return False
        return True

    def alive(self) -> bool:
        """Say whether the server process runs."""
        return self.child is not None and self.child.poll() is None

    def halt(self) -> None:
        """End it at once, without saving: what it holds is thrown away."""
        if self.child is None:
            return
        send(self.child.pid, signal.SIGQUIT, group=False)
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(3.0)
        send(self.child.pid, signal.SIGKILL, group=True)
        self.child.wait()
        self.finished_at = now()

    def _not_ready(self, why: str) -> DatabaseNotReadyError:
        self.log.drain()
        last = [line.text for line in self.log.lines()[-6:]]
        return DatabaseNotReadyError(
            "The run's own PostgreSQL did not get ready.",
            why="\n".join([why, *last]),
            mend=("Read its last lines above; a wrong entry in the scenario's `database.settings` shows there.",),
        )

    def _weather(self, error: OSError) -> DatabaseNotReadyError:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        where = Path(error.filename).parent if error.filename else self.folder
        return DatabaseNotReadyError(
            "The run's own PostgreSQL has no space left." if full else "PostgreSQL's files could not be prepared.",
            why=f"{error.strerror or error}: {error.filename or self.folder}",
            mend=files.space_mend(where) if full else ("Remove the cache; it is made anew: incidentlab clean",),
        )
