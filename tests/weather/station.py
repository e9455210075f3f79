"""The command line as a person has it: a child process with a home, a temporary folder and a scenario of its own.

Everything that a test starts can be told from everybody else's: processes by their folder, Docker's objects by the
scenario's name, which no other test has.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import psutil

from tests.weather.material import write_scenario

PATIENCE = 150.0  # seconds for a single command; only ever waited out on a machine that is overloaded
ORDINARY = 65534  # a user without rights


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What was said on stderr without its frame and blanks: where a panel breaks its lines is no matter."""
        return "".join(self.err.replace("│", " ").replace("\n|", " ").replace("|\n", " ").split())

    def assert_panel(self, code: int, *words: str) -> None:
        """Hold it against its promise: the exit code, one panel with what and mend, no traceback, a clean stdout."""
        said = self.words
        assert self.code == code, f"{self.code}: {self.err}"
        for each in words:
            assert "".join(each.split()) in said, f"{each!r} is not in: {self.err}"
        assert "Whattodo" in said or code == 130, self.err
        assert "Traceback" not in self.err, self.err
        assert "buginincidentlab" not in said, self.err
        assert self.out == ""


@dataclass
class Going:
    """A command at work; what it says on stderr can be waited for."""

    process: "subprocess.Popen[str]"
    look: Callable[[], object] = lambda: None  # what to see to while it is at work
    said: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream, into in ((self.process.stderr, self.said), (self.process.stdout, self.out)):
            if stream is not None:
                thread = Thread(target=_collect, args=(stream, into), daemon=True)
                thread.start()
                self.threads.append(thread)

    def until(self, words: str) -> bool:
        """Wait until it has said so; ``False`` where it ended without."""
        until(lambda: any(words in line for line in self.said) or self.process.poll() is not None)
        self.look()
        return any(words in line for line in list(self.said))

    def send(self, *numbers: signal.Signals) -> None:
        for number in numbers:
            if self.process.poll() is None:
                self.process.send_signal(number)

    def finish(self) -> Done:
        """Wait for its end; a command that hangs is killed and fails the test."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        for thread in self.threads:
            thread.join(10)
        return Done(self.process.returncode, "".join(self.out), "".join(self.said))


def _collect(stream: Any, into: list[str]) -> None:
    with stream:
        for line in stream:
            into.append(line)


@dataclass
class Station:
    """One observer of the weather; give it the name of an engine and it runs its scenario there."""

    folder: Path
    temporary: Path
    engine: str
    user: int | None = None  # as whom the commands run, where it is not ourselves
    home: Path = field(init=False)
    seen: set[str] = field(default_factory=set)  # the runs that were begun here, as far as they could be seen
    id: str = field(default_factory=lambda: f"weather-{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        self.home = self.folder / "home"

    def scenario(self, **options: Any) -> Path:
        """Write this station's scenario anew; see :func:`tests.weather.material.write_scenario`."""
        folder = write_scenario(self.folder / self.id, **options)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return folder

    def variant(self, name: str, *words: str, engine: str = "") -> list[str]:
        """Return the command that runs a variant of this station's scenario."""
        where = str(self.folder / self.id)
        return ["run", name, "--scenario", where, "--engine", engine or self.engine, *words]

    def start(self, words: Sequence[str], *, env: Mapping[str, str] | None = None, **options: Any) -> Going:
        """Begin a command."""
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        command = [*self.python(), "-m", "incidentlab", *words]
        where = given.pop("cwd", self.folder)
        process = subprocess.Popen(command, env=self.env(env), text=True, cwd=where, preexec_fn=_hear_signals, **given)
        return Going(process, self.look)

    def run(self, words: Sequence[str], **options: Any) -> Done:
        """Carry out a command."""
        return self.start(words, **options).finish()

    def python(self) -> list[str]:
        """Return the interpreter, as another user where one was asked for.

        That user may read everything, because the interpreter may lie in a private home; nothing else is allowed.
        """
        if self.user is None:
            return [sys.executable]
        become = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        return [*become, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--", sys.executable]

    def env(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        unwanted = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"}
        mine = {name: value for name, value in os.environ.items() if name not in unwanted}
        return {**mine, "INCIDENTLAB_HOME": str(self.home), "TMPDIR": str(self.temporary), **(more or {})}

    def records(self) -> list[str]:
        return sorted(path.name for path in (self.home / "state" / "runs").glob("*"))

    def look(self) -> None:
        """Remember which runs there are."""
        notes = (self.home / "state" / "active").glob("*.json")
        self.seen |= {name.removesuffix(".partial") for name in ({path.stem for path in notes} | set(self.records()))}

    def runs(self) -> list[str]:
        """Return the runs that were begun here."""
        self.look()
        return sorted(self.seen)

    def elsewhere(self) -> list[Path]:
        """Return the folders of this station's runs that lie outside of it: those in memory."""
        return [path for run in self.runs() for path in Path("/dev/shm").glob(f"incidentlab-{run}-*")]

    def left(self) -> list[str]:
        """Name everything of this station's runs that is still there, found without the program's help."""
        folders = [str(path) for path in (*self.temporary.iterdir(), *self.elsewhere())]
        state = self.home / "state"
        notes = [str(path) for name in ("active", "stacks") for path in (state / name).glob("*.*") if path.suffix]
        partial = [str(path) for path in (state / "runs").glob("*.partial")]
        return [*folders, *notes, *partial, *self.processes(), *self.in_docker()]

    def processes(self) -> list[str]:
        return [f"process {pid}: {words}" for pid, words in _near((self.temporary, self.home, *self.elsewhere()))]

    def in_docker(self) -> list[str]:
        if self.engine != "docker":
            return []
        from docker import APIClient

        api = APIClient(version="1.41", base_url=os.environ.get("DOCKER_HOST"))
        try:
            filters = {"label": [f"dev.incidentlab.scenario={self.id}"]}
            found = [*api.containers(all=True, filters=filters), *api.networks(filters=filters)]
            return [str(each.get("Names") or each.get("Name")) for each in found]
        finally:
            api.close()

    def assert_nothing_left(self) -> None:
        left = self.left()
        assert not left, left

    def sweep(self) -> None:
        """Take away what a failed test has left, and the images it has made."""
        for pid, _ in _near((self.temporary, self.home, *self.elsewhere())):
            psutil.Process(pid).kill()
        for folder in self.elsewhere():
            shutil.rmtree(folder, ignore_errors=True)
        if self.engine != "docker":
            return
        from docker import APIClient

        api = APIClient(version="1.41", base_url=os.environ.get("DOCKER_HOST"))
        filters = {"label": [f"dev.incidentlab.scenario={self.id}"]}
        for container in api.containers(all=True, filters=filters):
            api.remove_container(container["Id"], force=True, v=True)
        for network in api.networks(filters=filters):
            api.remove_network(network["Id"])
        for image in api.images(name=f"incidentlab/{self.id}"):
            for tag in image["RepoTags"]:
                api.remove_image(tag, force=True)
        api.close()


def _hear_signals() -> None:
    """Hear what a shell lets the programs in its background ignore: the tests themselves may run there."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


def until(done: Callable[[], object], timeout: float = PATIENCE) -> None:
    """Look until something holds; fail where it never does."""
    deadline = time.monotonic() + timeout
    while not done():
        assert time.monotonic() < deadline, f"did not come true in {timeout:g} s"
        time.sleep(0.005)


def _near(folders: Sequence[Path]) -> list[tuple[int, str]]:
    """Return the processes, apart from the tests' own, that work in one of the folders or name it."""
    found = []
    for process in psutil.process_iter():
        try:
            words, place = " ".join(process.cmdline()), process.cwd()
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            if any(str(folder) in words or Path(place).is_relative_to(folder) for folder in folders):
                found.append((process.pid, words))
        except (psutil.Error, OSError):
            continue
    return found
