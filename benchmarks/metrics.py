"""What its metrics cost the bundled service: requests a second with and without them, and the time of one scrape."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from benchmarks.load import CONNECTIONS, WITHOUT, Server, serving
from benchmarks.model import CannotMeasureError, Limit, Sample
from benchmarks.process import run

MOST_COST = 0.05  # of the requests a second
MOST_SCRAPE = 0.020  # seconds
SERIES = 200  # that a scrape has to hold at least
REQUESTS = 100  # of one turn
TURNS = 40  # of each side in one round: many short ones, so that what else the machine does meets both sides
SCRAPES = 100
PATH = "/tasks?limit=10"
_TASKS = 20
_COUNTER = b'taskmanager_http_requests_total{method="GET",route="/tasks",'


@dataclass(frozen=True, slots=True)
class MetricsFigures:
    """Turns of the same service with and without its metrics, in the order in which they were taken; and scrapes."""

    with_metrics: Sequence[Sample] = ()
    without: Sequence[Sample] = ()
    scrapes: Sequence[float] = ()
    series: int = 0

    @property
    def cost(self) -> float | None:
        """Return the share of requests a second that is lost, the median of each pair of turns."""
        if not self.without:
            return None
        return 1 - median(a.seconds / b.seconds for a, b in zip(self.without, self.with_metrics, strict=True))

    @property
    def processor_cost(self) -> float | None:
        """Return the same by the server's processor time, of all turns together: its clock ticks too slowly for one."""
        if not self.without:
            return None
        return 1 - sum(each.cpu for each in self.without) / sum(each.cpu for each in self.with_metrics)

    @property
    def limits(self) -> list[Limit]:
        """Return both limits beside what was measured."""
        scrape = median(self.scrapes) if self.scrapes and self.series >= SERIES else None
        return [
            Limit("requests lost to metrics, share", self.cost, MOST_COST),
            Limit(f"a scrape of at least {SERIES} series", scrape, MOST_SCRAPE, "s"),
        ]

    def document(self) -> dict[str, Any]:
        """Return the figures for scripts."""
        return {
            "requests": REQUESTS,
            "cost": self.cost,
            "processor_cost": self.processor_cost,
            "with": [asdict(each) for each in self.with_metrics],
            "without": [asdict(each) for each in self.without],
            "scrapes": list(self.scrapes),
            "series": self.series,
        }


def measure(words: Sequence[str], rounds: int, say: Callable[[str], None]) -> tuple[MetricsFigures, list[str]]:
    """Load both services by turns on one database, then scrape the one that has metrics."""
    try:
        with _database(words) as url, serving(url) as ours, serving(url, (WITHOUT,)) as bare:
            _fill(ours)
            _check(ours, bare)
            pairs = list(_turns(ours, bare, rounds, say))
            scrapes, series = _scraped(ours)
            say(f"metrics: {SCRAPES} scrapes of {series} series")
    except CannotMeasureError as error:
        return MetricsFigures(), [str(error)]
    with_metrics, without = zip(*pairs, strict=True)
    return MetricsFigures(with_metrics, without, scrapes, series), []


@contextmanager
def _database(words: Sequence[str]) -> Iterator[str]:
    """Give the address of a migrated database: that of a lab of ours on the local engine."""
    home = Path(tempfile.mkdtemp(prefix="incidentlab-benchmark-"))
    env = {"INCIDENTLAB_HOME": str(home)}
    try:
        up = run([*words, "up", "fixed", "--engine", "local", "--json"], env)
        try:
            yield str(json.loads(up.stdout)["database_url"])
        finally:
            run([*words, "down"], env)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _fill(server: Server) -> None:
    for number in range(_TASKS):
        if server.send("POST", "/tasks", json.dumps({"title": f"Task {number}"}))[0] != 201:
            raise CannotMeasureError("The service does not take a task")


def _check(ours: Server, bare: Server) -> None:
    """Make sure that one counts and the other does not, or a cost of nothing would be found."""
    for server, counts in ((ours, True), (bare, False)):
        server.send("GET", PATH)
        if (_asked(server.send("GET", "/metrics")[1]) > 0) != counts:
            raise CannotMeasureError("The service without metrics is not what it is called")


def _asked(page: bytes) -> float:
    """Return how often the service says that it was asked for tasks; its counters are there from zero on."""
    lines = [line for line in page.splitlines() if line.startswith(_COUNTER)]
    return sum(float(line.rpartition(b" ")[2]) for line in lines)


def _turns(ours: Server, bare: Server, rounds: int, say: Callable[[str], None]) -> Iterator[tuple[Sample, Sample]]:
    for server in (ours, bare):
        server.asked(PATH, REQUESTS)  # warms its pool; it does not count
    for number in range(rounds):
        for turn in range(TURNS):
            if turn % 2:  # whoever comes second is warmer, or meets what the first has left
                with_metrics, without = ours.asked(PATH, REQUESTS), bare.asked(PATH, REQUESTS)
            else:
                without, with_metrics = bare.asked(PATH, REQUESTS), ours.asked(PATH, REQUESTS)
            yield with_metrics, without
        say(f"metrics: {number + 1} of {rounds}")


def _scraped(server: Server) -> tuple[list[float], int]:
    """Use routes until there are series enough, then scrape."""
    for path in ("/tasks", "/tasks/1", "/tasks/0", "/nowhere", "/health"):
        for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD"):
            server.send(method, path, "{}")
    seconds = []
    for _ in range(SCRAPES):
        began = perf_counter()
        status, body = server.send("GET", "/metrics")
        seconds.append(perf_counter() - began)
        if status != 200:
            raise CannotMeasureError(f"/metrics was answered {status}")
    return seconds, sum(1 for line in body.splitlines() if line and not line.startswith(b"#"))


def text(figures: MetricsFigures) -> str:
    """Return the figures as plain text."""
    lines = [f"What metrics cost the service: {REQUESTS} requests a turn on {CONNECTIONS} connections, {PATH}"]
    for name, samples in (("without", figures.without), ("with", figures.with_metrics)):
        if samples:
            rate = median(REQUESTS / each.seconds for each in samples)
            cpu = sum(each.cpu for each in samples) / len(samples) / REQUESTS * 1000
            lines.append(f"  {name:<8} {rate:6.0f} requests a second; {cpu:.2f} ms of processor each")
    cost, scrape = figures.limits
    if figures.cost is not None and figures.processor_cost is not None:
        lines.append(
            f"  lost     {figures.cost:6.1%} of the requests ({figures.processor_cost:.1%} by processor time); "
            f"at most {MOST_COST:.0%}, {'met' if cost.met else 'MISSED'}"
        )
    if figures.scrapes:
        middle, late = median(figures.scrapes) * 1000, quantiles(figures.scrapes, n=20)[-1] * 1000
        lines.append(
            f"  a scrape {middle:6.1f} ms (95 %: {late:.1f} ms), {figures.series} series; "
            f"at most {MOST_SCRAPE * 1000:.0f} ms, {'met' if scrape.met else 'MISSED'}"
        )
    return "\n".join(lines)
