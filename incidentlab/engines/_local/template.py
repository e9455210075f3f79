"""A data directory, initialised once and copied for every run: initdb takes half a second, a copy a fraction of it."""

import fcntl
import hashlib
import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from incidentlab import places
from incidentlab.engines._local import files
from incidentlab.engines._local.household import DatabaseHost
from incidentlab.engines._local.identity import CLEAN_ENV
from incidentlab.errors import DatabaseNotReadyError
from incidentlab.model.scenario import DatabaseSpec

_ARGUMENTS = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
    "--wal-segsize=1",  # MB; the log is most of what would be copied
)
_TEMPLATE0 = "4"  # its number since PostgreSQL 15; before, it differs and is copied like the others
_NEEDED = ("password", "data/PG_VERSION", "data/global/pg_control", "data/postgresql.conf", "data/pg_hba.conf")


@dataclass(frozen=True, slots=True)
class Template:
    """One initialised data directory in the cache; ``password`` is its bootstrap user's."""

    folder: Path

    @property
    def data(self) -> Path:
        """The data directory itself; never started, only copied."""
        return self.folder / "data"

    @property
    def unwritten(self) -> Path:
        """The database ``template0``: a server never writes to it, so all copies share its files."""
        return self.folder / "template0"

    @property
    def password(self) -> str:
        """The password that every copy starts with, until the run gives it its own."""
        return (self.folder / "password").read_text("utf-8")

    def whole(self) -> bool:
        """Say whether it looks complete; whether it really is, the start of a copy shows."""
        return all((self.folder / name).is_file() for name in _NEEDED)

    def copy_to(self, target: Path) -> None:
        """Copy the data directory."""
        with _lock(self.folder, fcntl.LOCK_SH, 60.0):
            files.copy_tree(self.data, target)
            if self.unwritten.is_dir():
                files.link_tree(self.unwritten, target / "base" / _TEMPLATE0)


def locate(host: DatabaseHost, spec: DatabaseSpec) -> Template:
    """Return the template for such a database, whether it is there or not."""
    about = ["2", host.version, str(host.identity.uid), spec.admin, spec.name, *_ARGUMENTS]
    key = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]
    return Template(places.cache() / "postgres" / f"{host.version}-{key}")


def build(template: Template, host: DatabaseHost, spec: DatabaseSpec, work: Path, timeout: float) -> None:
    """Make a template where there is none; two runs at once make it once.

    Args:
        template: what is to be made.
        host: who runs initdb.
        spec: the user and the database to create.
        work: a folder of this run that the host's identity can reach.
        timeout: seconds to wait for another run that is at it, and for initdb.

    Raises:
        DatabaseNotReadyError: initdb failed.
        OSError: the disk is full or the cache cannot be written.
    """
    template.folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(template.folder, fcntl.LOCK_EX, timeout):
        if template.whole():
            return
        files.remove_tree(template.folder)
        new = template.folder.with_name(f".{template.folder.name}-{secrets.token_hex(4)}")
        try:
            new.mkdir(mode=0o700)
            _initialise(host, spec, work, new, timeout)
            new.rename(template.folder)
        finally:
            files.remove_tree(new)


def discard(template: Template) -> None:
    """Remove a template that has turned out to be broken."""
    with _lock(template.folder, fcntl.LOCK_EX, 60.0):
        files.remove_tree(template.folder)


def _initialise(host: DatabaseHost, spec: DatabaseSpec, work: Path, new: Path, timeout: float) -> None:
    place = work / "template"
    place.mkdir(mode=0o700)
    host.identity.own(place)
    password = secrets.token_urlsafe(24)
    for file in (place / "password", new / "password"):
        file.touch(mode=0o600)
        file.write_text(password, "utf-8")
    host.identity.own(place / "password")
    pwfile, data = str(place / "password"), str(place / "data")
    _run(host, (host.binaries.initdb, "-D", data, "-U", spec.admin, f"--pwfile={pwfile}", *_ARGUMENTS), place, timeout)
    if spec.name != "postgres":
        _create_database(host, spec.name, place, timeout)
    _shorten_log(host, place, timeout)
    files.copy_tree(place / "data", new / "data")
    if (new / "data" / "base" / _TEMPLATE0).is_dir():
        (new / "data" / "base" / _TEMPLATE0).rename(new / "template0")
    files.remove_tree(place)


def _create_database(host: DatabaseHost, name: str, place: Path, timeout: float) -> None:
    """Create the database and drop ``postgres``: what nobody uses would be copied for every run.

    Single-user mode needs no port, no password and no second program.
    """
    quoted = name.replace('"', '""')
    _single(host, "postgres", f'CREATE DATABASE "{quoted}"', place, timeout)
    _single(host, name, "DROP DATABASE postgres", place, timeout)


def _single(host: DatabaseHost, database: str, statement: str, place: Path, timeout: float) -> None:
    script = place / "statement.sql"
    script.write_text(f"{statement};\n", "utf-8")
    host.identity.own(script)
    settings = ("-c", "fsync=off", "-c", "shared_buffers=16MB")
    single = (host.binaries.postgres, "--single", "-j", *settings, "-D", str(place / "data"), database)
    # The shell hands the script over as standard input; every other word is passed as it is.
    argv = ("/bin/sh", "-c", 'script=$1; shift; exec "$@" < "$script"', "sh", str(script), *single)
    said = _run(host, argv, place, timeout)
    if "ERROR:" in said:
        raise _failed(f"{statement} failed.", said)


def _shorten_log(host: DatabaseHost, place: Path, timeout: float) -> None:
    """Begin the write-ahead log anew: of a server that was shut down nothing in it is needed."""
    program = host.binaries.bin / "pg_resetwal"
    if program.is_file():
        _run(host, (str(program), "-D", str(place / "data")), place, timeout)


def _run(host: DatabaseHost, argv: tuple[str, ...], place: Path, timeout: float) -> str:
    log = place / "output"
    with log.open("wb") as output:
        child = host.identity.start(argv, cwd=place, env=CLEAN_ENV, output=output.fileno())
        try:
            code = child.wait(timeout)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    said = log.read_text("utf-8", errors="replace")
    if code:
        raise _failed(f"{Path(argv[0]).name} did not succeed (exit code {code}).", said)
    return said


def _failed(what: str, said: str) -> Exception:
    if "No space left on device" in said:
        return OSError(28, "No space left on device")
    last = [line for line in said.splitlines() if line.strip()][-6:]
    return DatabaseNotReadyError(
        what, why="\n".join(last), mend=("Try another PostgreSQL: set INCIDENTLAB_PG_BIN to its bin folder.",)
    )


@contextmanager
def _lock(folder: Path, mode: int, timeout: float) -> Iterator[None]:
    deadline = time.monotonic() + timeout
    with folder.with_name(f"{folder.name}.lock").open("a") as file:
        while True:
            try:
                fcntl.flock(file, mode | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise DatabaseNotReadyError(
                        "Another run has been preparing PostgreSQL for too long.",
                        why=f"{file.name} is locked.",
                        mend=("Wait for it, or end it, then try again.",),
                    ) from None
                time.sleep(0.01)
        yield
