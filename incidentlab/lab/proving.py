"""Proves many scenarios, several at a time: each in a process of its own, so that none can touch another."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from incidentlab.engines._base import Engine
from incidentlab.lab.choose import unfit
from incidentlab.lab.crew import Crew
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
        """Why this engine cannot do it truthfully, here or anywhere; empty where it can."""
        return unfit(self.scenario, self.engine)


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
    crew = Crew()
    with ThreadPoolExecutor(jobs) as pool:
        futures: dict[Future[Proof], int] = {pool.submit(_prove, crew, each): n for n, each in enumerate(tasks)}
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


def _prove(crew: Crew, task: Task) -> Proof:
    name, engine = task.scenario.id, task.engine.name
    if task.unfit:
        return Proof(name, engine, unfit=task.unfit)
    began = perf_counter()
    heard = crew.run(["scenarios", "prove", task.place, "--engine", engine, "--json", "--no-files"])
    if heard is None:
        return Proof(name, engine, error="called off")
    return _read(heard.out) or Proof(name, engine, seconds=perf_counter() - began, error=heard.why(_WORDS))


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
