"""Proves a healthy app by using it: the scenario's requests, then a sustained window in which nothing may be lost."""

from dataclasses import dataclass
from time import monotonic, sleep

from incidentlab.engines._base import Stack
from incidentlab.lab.probes import HEALTH_PATH, Answer, Prober, failed
from incidentlab.model.run import Check
from incidentlab.model.scenario import Expectation, ExpectedAnswer

_CREATED = "{created}"
_PACE = 0.04  # seconds from one request of the window to the next: a calm 25 requests per second
_MOST_READ_BACK = 50  # rows written in the window that are read again at its end


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the scenario: held against its status, and whether the app has failed at it."""

    check: Check
    failed: bool


def answers(expected: tuple[ExpectedAnswer, ...], prober: Prober) -> list[Asked]:
    """Send the scenario's requests in their order and hold each status against the expected one."""
    asked = []
    created = ""
    for each in expected:
        path = each.path.replace(_CREATED, created)
        answer = prober.ask(each.method, path, each.json, timeout=each.timeout)
        if answer.status == 201:
            created = answer.headers.get("Location", created)
        asked.append(Asked(_check(each, path, answer), failed(answer)))
    return asked


def sustained(expect: Expectation, stack: Stack, prober: Prober) -> list[Check]:
    """Use the app steadily for the expected window; stop at once if it dies.

    Returns:
        one check that every request was answered as expected and the app lives, and, where the scenario writes, one
        that every row written in the window can be read at its end.
    """
    # One whose answer is looked into has been asked for that; it may be large, and would be most of the window.
    plain = [each for each in expect.http if _CREATED not in each.path and not each.contains]
    reads = [each for each in plain if each.method == "GET" and each.status == 200]
    writes = [each for each in expect.http if each.status == 201]
    rounds = (reads or [ExpectedAnswer("GET", HEALTH_PATH, 200)]) + writes
    wrong, written, sent = _use(rounds, expect.sustained, stack, prober)
    health = prober.ask("GET", HEALTH_PATH)
    alive = health.status == 200 and not wrong
    observed = f"{sent} requests, {len(wrong)} wrong; health {_status(health)}" + (
        f"; first: {wrong[0]}" if wrong else ""
    )
    name = f"still healthy after {expect.sustained:g} s of use"
    checks = [Check(name, alive, "every request answered as expected", observed)]
    return [*checks, _read_back(written, prober)] if writes else checks


def _use(
    rounds: list[ExpectedAnswer], seconds: float, stack: Stack, prober: Prober
) -> tuple[list[str], list[str], int]:
    wrong: list[str] = []
    written: list[str] = []
    began = monotonic()
    sent = 0
    while monotonic() - began < seconds:
        each = rounds[sent % len(rounds)]
        answer = prober.ask(each.method, each.path, each.json)
        sent += 1
        if answer.status != each.status:
            wrong.append(f"{each.method} {each.path} → {_status(answer)}")
        elif each.status == 201:
            written.append(answer.headers.get("Location", ""))
        if stack.wait_app_exit(0):
            wrong.append("the app exited")
            break
        sleep(max(0.0, began + sent * _PACE - monotonic()))
    return wrong, written, sent


def _read_back(written: list[str], prober: Prober) -> Check:
    asked = written[-_MOST_READ_BACK:]
    lost = [where for where in asked if not where or prober.ask("GET", where).status != 200]
    observed = f"{len(written)} written, {len(asked)} read back, {len(lost)} lost"
    return Check("no data lost", not lost and bool(asked), "every row written is there", observed)


def _check(each: ExpectedAnswer, path: str, answer: Answer) -> Check:
    name = f"{each.method} {path or '(nothing was created)'}"
    met, expected, observed = answer.status == each.status, str(each.status or "no answer"), _status(answer)
    if met and each.contains:
        met = each.contains in answer.body
        expected, observed = f"{expected}, with {each.contains!r}", f"{observed}, {'with' if met else 'without'} it"
    return Check(name, met, expected, observed)


def _status(answer: Answer) -> str:
    return str(answer.status) if answer.status is not None else answer.error
