"""What an observed app is asked while its alerts are waited for: without requests there is no rate and no latency."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread

from incidentlab.engines._base import Stack
from incidentlab.lab.probes import HEALTH_PATH, Prober
from incidentlab.lab.recorder import Recorder
from incidentlab.model.scenario import Scenario
from incidentlab.model.step import Request

_PACE = 0.1  # seconds from one request to the next
_TIMEOUT = 3.0  # seconds


def requests_of(scenario: Scenario) -> tuple[Request, ...]:
    """Return the scenario's own requests: those of its workload, else what its healthy variants are asked to read."""
    if scenario.workload is not None:
        return scenario.workload.requests
    healthy = [each.expect.http for each in scenario.variants.values() if each.expect.outcome == "healthy"]
    reads = [each for http in healthy for each in http if each.method == "GET" and each.status == 200]
    found = dict.fromkeys(each.path for each in reads if "{" not in each.path)
    return tuple(Request("GET", path, None) for path in found) or (Request("GET", HEALTH_PATH, None),)


@contextmanager
def traffic(scenario: Scenario, stack: Stack, recorder: Recorder) -> Iterator[None]:
    """Ask the replicas by turns until the context is left; each answer becomes a sample of the run."""
    over = Event()
    probers = [Prober(url, recorder) for url in stack.app_urls]
    asked = requests_of(scenario)

    def work() -> None:
        for number in count():
            if over.wait(_PACE):
                return
            each = asked[number % len(asked)]
            probers[number % len(probers)].ask(each.method, each.path, each.json, timeout=_TIMEOUT)

    thread = Thread(target=work, name="traffic", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_TIMEOUT + 1)
        for each in probers:
            each.close()
