"""Asks many scenarios for the truth of their alerts, several at a time: most of that time is spent waiting."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from pydantic import TypeAdapter, ValidationError

from incidentlab.lab.crew import Crew
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
    crew = Crew()
    asked = [each for each in questions if not each.unfit]
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(_ask, crew, each, rules): number for number, each in enumerate(asked)}
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


def _ask(crew: Crew, question: Question, rules: str) -> list[Truth]:
    words = ["alerts", question.place, "--engine", question.engine.name, "--json"]
    heard = crew.run([*words, "--rules", rules] if rules else words)
    why = heard.why(_WORDS) if heard else "called off"
    failed = Truth(question.scenario.id, question.engine.name, "broken", observed=why, error=True)
    return (_read(heard.out) if heard else []) or [failed]


def _read(text: str) -> list[Truth]:
    """Return the lines in what a process has printed; none where it has printed something else."""
    try:
        return TypeAdapter(list[Truth]).validate_python(json.loads(text)["table"])
    except (ValueError, KeyError, TypeError, ValidationError):
        return []
