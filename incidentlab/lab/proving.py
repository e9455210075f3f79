"""Proves many scenarios, several at a time: each in a process of its own, so that none can touch another."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter
from typing import Any

from incidentlab.engines._base import Engine
from incidentlab.model.proof import Proof
from incidentlab.model.scenario import Scenario

_WORDS = 2000  # characters of what a failed process has said that are kept


@dataclass(frozen=True, slots=True)
class Task:
    """One scenario on one engine."""

    scenario: Scenario
    engine: Engine
    place: str  # what names the scenario on a command line: its id or its folder

    @property
    def unfit(self) -> str:
        """Why this engine cannot do it truthfully; empty where it can."""
        if self.engine.name in self.scenario.engines:
            return ""
        return self.scenario.unfit.get(self.engine.name, "the scenario does not name this engine")


def prove_all(tasks: Sequence[Task], jobs: int, tell: Callable[[Proof], None]) -> list[Proof]:
    """Prove all of them, at most ``jobs`` at a time.

    Args:
        tasks: what to prove.
        jobs: how many processes work side by side.
        tell: hears each proof as it is done, from this thread.

    Returns:
        the proofs, in the order of ``tasks``.

    Raises:
        KeyboardInterrupt: after every process has removed what it had started.
    """
    crew = _Crew()
    with ThreadPoolExecutor(jobs) as pool:
        futures: dict[Future[Proof], int] = {pool.submit(crew.prove, each): n for n, each in enumerate(tasks)}
        proofs: dict[int, Proof] = {}
        try:
            for future in as_completed(futures):
                proofs[futures[future]] = future.result()
                tell(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            crew.call_off()
            raise
    return [proofs[number] for number in sorted(proofs)]


@dataclass
class _Crew:
    """The processes at work."""

    working: "set[subprocess.Popen[str]]" = field(default_factory=set)
    called_off: bool = False
    lock: Lock = field(default_factory=Lock)

    def prove(self, task: Task) -> Proof:
        if task.unfit:
            return Proof(task.scenario.id, task.engine.name, unfit=task.unfit)
        began = perf_counter()
        words = ["scenarios", "prove", task.place, "--engine", task.engine.name, "--json", "--no-files"]
        with self.lock:
            if self.called_off:
                return Proof(task.scenario.id, task.engine.name, error="called off")
            # A session of its own: a Ctrl-C reaches us alone, and we pass it on once.
            process = subprocess.Popen(
                [sys.executable, "-m", "incidentlab", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self.working.add(process)
        try:
            out, said = process.communicate()
        finally:
            with self.lock:
                self.working.discard(process)
        return _read(out) or Proof(
            task.scenario.id,
            task.engine.name,
            seconds=perf_counter() - began,
            error=said.strip()[-_WORDS:] or f"its process ended with {process.returncode} and said nothing",
        )

    def call_off(self) -> None:
        """Tell all of them to remove what they have started; the pool waits for their ends."""
        with self.lock:
            self.called_off = True
            for process in self.working:
                process.terminate()


def _read(text: str) -> Proof | None:
    """Return the proof in what a process has printed, where it has printed one."""
    from pydantic import TypeAdapter, ValidationError

    try:
        document: dict[str, Any] = json.loads(text)
        [proof] = document["proofs"]
        return TypeAdapter(Proof).validate_python(_known(proof))
    except (ValueError, KeyError, TypeError, ValidationError):
        return None


def _known(proof: dict[str, Any]) -> dict[str, Any]:
    """Drop what is derived and only printed."""
    return {name: value for name, value in proof.items() if name in Proof.__dataclass_fields__}
