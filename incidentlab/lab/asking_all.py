"""Asks many scenarios for the truth of their alerts, several at a time: most of that time is spent waiting."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Lock

from pydantic import TypeAdapter, ValidationError

from incidentlab.lab.truth import Question
from incidentlab.model.truth import Truth

_WORDS = 1000  # characters of what a failed process has said that are kept


def ask_all(questions: Sequence[Question], jobs: int, rules: str, heard: Callable[[Truth], None]) -> list[Truth]:
    """Ask each scenario in a process of its own, at most ``jobs`` at a time.

    Args:
        questions: what to ask; those that are unfit are left out.
        jobs: how many side by side.
        rules: a file with alert rules; empty for the service's own.
        heard: hears each line as it is known, from this thread.

    Returns:
        the table, in the order of ``questions``.

    Raises:
        KeyboardInterrupt: after every process has removed what it had started.
    """
    crew = _Crew(rules)
    asked = [each for each in questions if not each.unfit]
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(crew.ask, each): number for number, each in enumerate(asked)}
        table: dict[int, list[Truth]] = {}
        try:
            for future in as_completed(futures):
                table[futures[future]] = future.result()
                for truth in future.result():
                    heard(truth)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            crew.call_off()
            raise
    return [truth for number in sorted(table) for truth in table[number]]


@dataclass
class _Crew:
    """The processes at work."""

    rules: str
    working: "set[subprocess.Popen[str]]" = field(default_factory=set)
    called_off: bool = False
    lock: Lock = field(default_factory=Lock)

    def ask(self, question: Question) -> list[Truth]:
        words = ["alerts", question.place, "--engine", question.engine.name, "--json"]
        words += ["--rules", self.rules] if self.rules else []
        nothing = Truth(question.scenario.id, question.engine.name, "broken", error=True)
        with self.lock:
            if self.called_off:
                return [nothing]
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
        return _read(out) or [_failed(nothing, said, process.returncode)]

    def call_off(self) -> None:
        """Tell all of them to remove what they have started; the pool waits for their ends."""
        with self.lock:
            self.called_off = True
            for process in self.working:
                process.terminate()


def _read(text: str) -> list[Truth]:
    """Return the lines in what a process has printed; none where it has printed something else."""
    try:
        return TypeAdapter(list[Truth]).validate_python(json.loads(text)["table"])
    except (ValueError, KeyError, TypeError, ValidationError):
        return []


def _failed(nothing: Truth, said: str, code: int) -> Truth:
    words = said.strip()[-_WORDS:] or f"its process ended with {code} and said nothing"
    return Truth(nothing.scenario, nothing.engine, nothing.variant, observed=words, error=True)
