"""As whom the children run: never as root.

Root itself may not run PostgreSQL, and an app shall not have root's rights. A root process therefore lends its
children an existing unprivileged user; where that user cannot reach the files (an environment in a private home),
a user namespace in which root is nobody special. No permission is changed and no user is created for that.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CLEAN_ENV: Mapping[str, str] = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_UNPRIVILEGED = ("nobody", "postgres", "daemon")


@dataclass(frozen=True, slots=True)
class Identity:
    """A way to start a child; ``uid`` and ``gid`` own its files as seen from here."""

    kind: Literal["self", "user", "namespace"]
    name: str
    uid: int
    gid: int
    unshare: str = ""

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return the command line to start; the process keeps its id through ``unshare``."""
        if self.kind == "namespace":
            return [self.unshare, "--user", "--map-user=1000", "--map-group=1000", "--", *argv]
        return list(argv)

    def start(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: int
    ) -> "subprocess.Popen[bytes]":
        """Start a child in a session of its own, with ``output`` (a file descriptor) as both its streams."""
        lent = self.kind == "user"
        return subprocess.Popen(
            self.command(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=self.uid if lent else None,
            group=self.gid if lent else None,
            extra_groups=[] if lent else None,
        )

    def can(self, argv: Sequence[str], *, timeout: float = 20.0) -> bool:
        """Say whether a command succeeds as this identity, by really trying."""
        return self.ask(argv, timeout=timeout) is not None

    def ask(self, argv: Sequence[str], *, timeout: float = 20.0) -> str | None:
        """Return what a command says; ``None`` where it cannot be started or fails."""
        with tempfile.TemporaryFile() as said:
            try:
                child = self.start(argv, cwd=Path("/"), env=CLEAN_ENV, output=said.fileno())
            except (OSError, subprocess.SubprocessError):
                return None
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                code = child.wait() or 1
            said.seek(0)
            return None if code else said.read().decode("utf-8", "replace")

    def own(self, path: Path) -> None:
        """Give a file or folder to this identity; needed where a user is lent."""
        if self.kind == "user":
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def describe(self) -> str:
        """Say it to people."""
        if self.kind == "namespace":
            return "an unprivileged user namespace"
        return f"user {self.name}"


def candidates() -> Iterator[Identity]:
    """Give the identities that this machine may allow, best first; only root has a choice."""
    if os.geteuid() != 0:
        yield Identity("self", _own_name(), os.geteuid(), os.getegid())
        return
    yield from lent_users()
    if unshare := shutil.which("unshare"):
        yield Identity("namespace", "root in a user namespace", 0, 0, unshare)


def lent_users() -> Iterator[Identity]:
    """Give existing unprivileged users: the one who called sudo, then those made for such work."""
    caller = os.environ.get("SUDO_UID", "")
    for key in (caller, *_UNPRIVILEGED):
        try:
            entry = pwd.getpwuid(int(key)) if key.isdecimal() else pwd.getpwnam(key)
        except (KeyError, ValueError, OverflowError):
            continue
        if entry.pw_uid != 0:
            yield Identity("user", entry.pw_name, entry.pw_uid, entry.pw_gid)


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container that runs under a number
        return str(os.geteuid())
