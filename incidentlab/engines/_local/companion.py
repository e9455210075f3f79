"""A server beside the app, as a process of this machine: with a folder, a port and a log of its own."""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from incidentlab.engines._base import Companion, CompanionState, Reached
from incidentlab.engines._local.identity import Identity
from incidentlab.engines._local.ledger import Ledger
from incidentlab.engines._local.processes import send
from incidentlab.errors import CompanionMissingError, CompanionUnavailableError
from incidentlab.logtext import bound_line, clean_line
from incidentlab.redact import Redactor

_GRACE = 1.0  # seconds between SIGTERM and SIGKILL: nothing of its data has to outlive the run
_SAID = 60  # lines: what went wrong may stand well before the last word
_SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Debian keeps servers where a PATH may not


@dataclass(slots=True)
class Beside:
    """A companion that was started."""

    child: "subprocess.Popen[bytes]"
    log: Path

    def state(self, redactor: Redactor) -> CompanionState:
        """Return whether it runs, and its last lines."""
        text = self.log.read_bytes().decode("utf-8", "replace")
        said = [bound_line(redactor.text(clean_line(line))) for line in text.splitlines()[-_SAID:]]
        return CompanionState(self.child.poll() is None, tuple(said))

    def halt(self) -> None:
        """End it and whatever it has started."""
        send(self.child.pid, signal.SIGTERM, group=True)
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(_GRACE)
        send(self.child.pid, signal.SIGKILL, group=True)
        self.child.wait(5.0)


def program(companion: Companion) -> str:
    """Return the file of its program.

    Raises:
        CompanionMissingError: there is none here, or the one that was named cannot be run.
    """
    chosen = os.environ.get(companion.variable, "") if companion.variable else ""
    path = os.pathsep.join(filter(None, (os.environ.get("PATH", ""), _SYSTEM)))
    for name in (chosen,) if chosen else companion.programs:  # what a person has named is not silently replaced
        if found := shutil.which(name, path=path):
            return found
    why = f"{companion.variable}={chosen} is no program." if chosen else "It is not installed here."
    raise CompanionMissingError(
        f"The local engine has no {companion.role.capitalize()} to start.",
        why=why if companion.programs else "It can only be had as a container image.",
        mend=(*companion.mend, f"{'Or use' if companion.mend else 'Use'} the Docker engine: --engine docker"),
    )


def start(companion: Companion, folder: Path, identity: Identity, ledger: Ledger) -> tuple[Beside, Reached]:
    """Start it in ``folder``, which does not exist yet.

    Raises:
        CompanionUnavailableError: its program is not here, or cannot be started.
    """
    what = program(companion)
    config, data = folder / "config", folder / "data"
    for each in (folder, config, data):
        each.mkdir(mode=0o700)
        identity.own(each)
    for place, text in companion.files.items():
        _write(config, place, text, identity)
    port = wanted(companion.wanted_port) or ledger.port()
    listen = f"127.0.0.1:{port}"
    said = {"{config}": str(config), "{data}": str(data), "{listen}": listen}
    arguments = [_filled(word, said) for word in companion.arguments]
    env = {"PATH": _SYSTEM, "HOME": str(data), "TMPDIR": str(data), "LANG": "C.UTF-8", **companion.env}
    log = folder / "log"
    with log.open("ab") as output:
        try:
            child = identity.start([what, *arguments], cwd=folder, env=env, output=output.fileno())
        except OSError as error:
            raise CompanionUnavailableError(
                f"{companion.role.capitalize()} could not be started.",
                why=f"{what}: {error.strerror}",
                mend=companion.mend,
            ) from error
    ledger.process(companion.role, child.pid)
    return Beside(child, log), Reached(f"http://{listen}", listen)


def wanted(port: int) -> int:
    """Return the port where it is free on 127.0.0.1, else 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _write(config: Path, place: str, text: str, identity: Identity) -> None:
    path = config / place
    for parent in reversed(path.relative_to(config).parents[:-1]):
        (config / parent).mkdir(mode=0o700, exist_ok=True)
        identity.own(config / parent)
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    identity.own(path)


def _filled(word: str, said: dict[str, str]) -> str:
    for name, value in said.items():
        word = word.replace(name, value)
    return word
