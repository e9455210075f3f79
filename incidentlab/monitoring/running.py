"""Starts the monitoring beside a stack, waits until it answers, and listens to what Alertmanager tells."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

from incidentlab.engines._base import Companion, CompanionState, Reached, Stack
from incidentlab.errors import CompanionUnavailableError, RulesRefusedError
from incidentlab.model.events import Tell
from incidentlab.monitoring import config, parts
from incidentlab.monitoring.api import Api
from incidentlab.monitoring.arrivals import Arrivals
from incidentlab.monitoring.receiver import receiving

READY_SECONDS = 30.0  # for a server to answer; a warm one needs less than one
_TICK = 0.05
_POLL = 0.2  # seconds between two looks at Alertmanager's list, where its webhook cannot reach us
_LOOPBACK = "127.0.0.1:"
_ERROR = re.compile(r'\berr="((?:[^"\\]|\\.)*)"')
_FOLDER = re.compile(rf"/\S*/{re.escape(config.RULES)}")
_NAMES = ("Prometheus", "Alertmanager")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What monitoring is asked for."""

    rules: Path
    prometheus_port: int = 0  # of this machine; 0 for any
    alertmanager_port: int = 0
    listen: bool = True  # to what Alertmanager tells


@dataclass(frozen=True, slots=True)
class Monitoring:
    """A monitoring that answers."""

    prometheus: Api
    alertmanager: Api
    inside: str  # Prometheus, as other companions reach it
    by: str  # what judges, with versions
    arrivals: Arrivals
    rules: tuple[config.Rule, ...]


@dataclass(slots=True)
class _Polling:
    """Asks Alertmanager for its list again and again."""

    api: Api
    arrivals: Arrivals
    stop: Event = field(default_factory=Event)

    def work(self) -> None:
        while not self.stop.wait(_POLL):
            told = self.api.alerts()
            if told is not None:  # one answer that fails to come is no end of an alert
                self.arrivals.are(told)


@contextmanager
def monitoring(stack: Stack, wanted: Wanted, tell: Tell) -> Iterator[Monitoring]:
    """Give a monitoring that scrapes the stack's app; its servers go with the stack, the listening ends here.

    Raises:
        UsageError: the rules cannot be read.
        CompanionUnavailableError: a server is not here, or did not come up; with its last words.
    """
    rules = config.rules(wanted.rules)
    arrivals = Arrivals(tell)
    with ExitStack() as around:
        # A container cannot reach this machine's loopback, and nothing of ours listens anywhere else.
        hooked = wanted.listen and all(address.startswith(_LOOPBACK) for address in stack.app_inside)
        webhook = around.enter_context(receiving(arrivals)) if hooked else ""
        files = config.alertmanager_files(webhook)
        alertmanager = stack.accompany(parts.alertmanager(files, wanted.alertmanager_port))
        job = config.job_of(rules)
        files = config.prometheus_files(stack.app_inside, alertmanager.inside, wanted.rules, job)
        prometheus = stack.accompany(parts.prometheus(files, wanted.prometheus_port))
        apis = [Api(each.url) for each in (prometheus, alertmanager)]
        for api in apis:
            around.callback(api.close)
        deadline = monotonic() + READY_SECONDS
        _ready(stack, parts.PROMETHEUS, apis[0], deadline, wanted.rules)
        _ready(stack, parts.ALERTMANAGER, apis[1], deadline, wanted.rules)
        if wanted.listen and not hooked:
            around.enter_context(_polled(alertmanager, arrivals))
        versions = [f"{name} {api.version()}".strip() for name, api in zip(_NAMES, apis, strict=True)]
        yield Monitoring(apis[0], apis[1], prometheus.inside, ", ".join(versions), arrivals, rules)


def ready(stack: Stack, companion: Companion, reached: Reached, path: str, seconds: float = READY_SECONDS) -> None:
    """Wait until another companion answers ``path``.

    Raises:
        CompanionUnavailableError: it has ended, or does not answer in time.
    """
    api = Api(reached.url)
    deadline = monotonic() + seconds
    try:
        while not api.answers(path):
            _still(stack, companion.role, deadline, seconds)
    finally:
        api.close()


def _ready(stack: Stack, role: str, api: Api, deadline: float, rules: Path) -> None:
    while not api.ready():
        _still(stack, role, deadline, READY_SECONDS, (rules,))


def _still(stack: Stack, role: str, deadline: float, seconds: float, named: Sequence[Path] = ()) -> None:
    """Go on waiting while there is hope."""
    state = stack.companion(role)
    if not state.running:
        raise _ended(role, state, named)
    if monotonic() > deadline:
        raise CompanionUnavailableError(
            f"{role.capitalize()} did not get ready within {seconds:g} s.",
            why="\n".join(state.said[-4:]) or "It has written nothing.",
            mend=("Try again when the machine has less to do.",),
        )
    sleep(_TICK)


def _ended(role: str, state: CompanionState, named: Sequence[Path]) -> CompanionUnavailableError:
    """Say why a server has ended; where it names the rules, these are what has to be mended."""
    said = [line for line in state.said if "error" in line.lower()] or list(state.said)
    of_rules = [_error(line) for line in said if config.RULES in line]
    for path in named if of_rules else ():
        return RulesRefusedError(
            f"{role.capitalize()} refuses the alert rules in {path}.",
            why="\n".join(of_rules[:4]),
            mend=(f"See what is wrong: promtool check rules {path}",),
        )
    return CompanionUnavailableError(
        f"{role.capitalize()} has ended instead of getting ready.",
        why="\n".join(said[-4:]) or "It has written nothing.",
        mend=("Mend what its last words name, then run it again.",),
    )


def _error(line: str) -> str:
    """Return what a log line has under ``err``, without the folder that is ours."""
    found = _ERROR.search(line)
    words = found[1].replace('\\"', '"') if found else line
    return _FOLDER.sub(config.RULES, words)


@contextmanager
def _polled(alertmanager: Reached, arrivals: Arrivals) -> Iterator[None]:
    polling = _Polling(Api(alertmanager.url), arrivals)
    thread = Thread(target=polling.work, name="alert-polling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        polling.stop.set()
        thread.join(5)
        polling.api.close()
