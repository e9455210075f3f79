"""Requests at a steady rate while something happens; each answer becomes a sample of the run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock, Thread
from time import monotonic

from incidentlab.engines._base import Stack
from incidentlab.lab.probes import Answer, Prober, failed
from incidentlab.lab.recorder import Recorder
from incidentlab.model.run import Check
from incidentlab.model.scenario import ExpectedWorkload
from incidentlab.model.step import Request, Workload
from incidentlab.steps._base import Scene


@dataclass(slots=True)
class Load:
    """What has come back so far."""

    sent: int = 0
    failed: int = 0
    first: str = ""  # the first failure, in words

    def check(self, expect: ExpectedWorkload) -> Check:
        """Hold it against what was expected."""
        most = expect.most_failed
        wanted = f"at least {expect.least_failed} failed" if most is None else f"at most {most} failed"
        met = self.sent > 0 and self.failed >= expect.least_failed and (most is None or self.failed <= most)
        observed = f"{self.sent} requests, {self.failed} failed" + (f"; first: {self.first}" if self.first else "")
        return Check("workload", met, wanted, observed)


def carry_out(workload: Workload, stack: Stack, recorder: Recorder, scene: Scene) -> Load:
    """Send the requests by turns, to the replicas by turns, until the time is over or an app has exited."""
    load, lock = Load(), Lock()
    began = monotonic()
    numbers = iter(range(max(1, int(workload.rate * workload.seconds))))

    def work(prober: Prober) -> None:
        while not scene.over.is_set() and not stack.wait_app_exit(0):
            with lock:
                number = next(numbers, None)
            if number is None or not scene.pause(max(0.0, began + number / workload.rate - monotonic())):
                return
            request = workload.requests[number % len(workload.requests)]
            answer = prober.ask(request.method, request.path, request.json, timeout=workload.timeout)
            with lock:
                _count(load, request, answer)

    _side_by_side(work, [Prober(url, recorder) for url in _by_turns(stack.app_urls, workload.workers)])
    return load


def _by_turns(urls: Sequence[str], count: int) -> list[str]:
    return [urls[index % len(urls)] for index in range(count)]


def _side_by_side(work: Callable[[Prober], None], probers: list[Prober]) -> None:
    threads = [Thread(target=work, args=(each,), daemon=True) for each in probers]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.1)
    for each in probers:
        each.close()


def _count(load: Load, request: Request, answer: Answer) -> None:
    load.sent += 1
    if failed(answer):
        load.failed += 1
        said = str(answer.status) if answer.status is not None else answer.error
        load.first = load.first or f"{request.method} {request.path} → {said}"
