"""A command in the app's image, beside the app: a migration by hand, or a one-shot service."""

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic

from incidentlab.engines._base import Finished
from incidentlab.engines._local import files, launch
from incidentlab.engines._local.carry import Image
from incidentlab.engines._local.identity import Identity
from incidentlab.engines._local.ledger import Ledger
from incidentlab.engines._local.processes import send
from incidentlab.engines._local.translate import Translation
from incidentlab.engines._logins import Address, variables
from incidentlab.logtext import LineBuffer, bound_line, clean_line
from incidentlab.model.scenario import StackSpec
from incidentlab.redact import Redactor

_ENDED = 137
_NOT_FOUND = 127
_TICK = 0.02  # seconds; also how soon a run that ends is noticed


@dataclass(slots=True)
class Job:
    """What it takes to run commands in one image."""

    image: Image
    identity: Identity
    ledger: Ledger
    ground: Path
    redactor: Callable[[], Redactor]
    stop_asked: Event
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def home(self, name: str) -> Path:
        """Make a home of its own for a process of the image."""
        home = self.ground / ("home" if name == "app" else f"home-{name}")
        for folder in (home, home / "tmp"):
            folder.mkdir(mode=0o700)
            self.identity.own(folder)
        return home

    def started(
        self, words: Translation, home: Path, spec: StackSpec, login: Address, argv: Sequence[str] = ()
    ) -> launch.Launch:
        """Return what to start in the image, with its environment; the app itself where there is no ``argv``."""
        told = variables(spec, login)
        # Our own address is used as it is; what a variant says is read as what stands in the image.
        given = {name: value for name, value in told.items() if name not in spec.env}
        own = {name: value for name, value in told.items() if name in spec.env}
        return launch.launch(replace(self.image, root=words.root), words, home, given, own, argv)

    def run(
        self,
        argv: Sequence[str],
        laid_over: Path | None,
        spec: StackSpec,
        login: Address,
        timeout: float,
        over: Event,
    ) -> Finished:
        """Run a command to its end; see :meth:`incidentlab.engines._base.Stack.run_once`.

        A variant's own DATABASE_URL does not count here: a job is what somebody ran who had the right one.
        """
        name = f"job-{next(self._numbers)}"
        env = {variable: value for variable, value in spec.env.items() if variable != "DATABASE_URL"}
        with self._root(name, laid_over) as root:
            inside = launch.exposed_port(self.image)
            words = Translation(root, inside, inside)
            what = self.started(words, self.home(name), replace(spec, env=env), login, argv)
            if what.program is None:
                return Finished(_NOT_FOUND, (f'exec: "{argv[0]}": executable file not found in $PATH',))
            return self._finished(name, what, timeout, over)

    @contextmanager
    def _root(self, name: str, over: Path | None) -> Iterator[Path]:
        """Give the image's files; a copy of them where others are laid over."""
        if over is None:
            yield self.image.root
            return
        root = self.ground / f"image-{name}"
        files.copy_tree(self.image.root, root)
        try:
            place = Translation(root, 0, 0).place(self.image.config.workdir)
            files.lay_over(over, place)
            yield root
        finally:
            files.remove_tree(root)

    def _finished(self, name: str, what: launch.Launch, timeout: float, over: Event) -> Finished:
        log = self.ground / f"{name}.log"
        log.touch(mode=0o600)
        with log.open("ab") as output:
            child = self.identity.start(what.argv, cwd=what.cwd, env=what.env, output=output.fileno())
        self.ledger.process(name, child.pid)
        deadline = monotonic() + timeout
        try:
            while child.poll() is None and monotonic() < deadline and not (over.is_set() or self.stop_asked.is_set()):
                _wait(child)
            ended = child.poll()
        finally:
            send(child.pid, signal.SIGKILL, group=True)
            child.wait()
        code = _ENDED if ended is None else ended if ended >= 0 else 128 - ended
        return Finished(code, self._lines(log))

    def _lines(self, log: Path) -> tuple[str, ...]:
        buffer, redactor = LineBuffer(), self.redactor()
        raw = [*buffer.feed(log.read_bytes()), *buffer.flush()]
        return tuple(bound_line(redactor.text(clean_line(line))) for line in raw)


def _wait(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(_TICK)
    except subprocess.TimeoutExpired:
        return
