"""Judges simple rules without Prometheus: by reading ``/metrics`` itself, from the same moment and at the same pace.

It takes comparisons of one metric with one number, with their ``for``; a rule that needs more (a rate, a quantile, an
absence) is named as not judged. What it finds has not gone through an Alertmanager, and whoever shows it says so.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic

from incidentlab.engines._base import Stack
from incidentlab.model.events import Tell
from incidentlab.monitoring.api import Api
from incidentlab.monitoring.arrivals import Arrivals, Told
from incidentlab.monitoring.config import JOB, Rule, job_of

BY = "the app's own /metrics, read by incidentlab; there is no Prometheus here"
_EVERY = 0.5  # seconds
_SIMPLE = re.compile(
    r"(?P<metric>[A-Za-z_:][\w:]*)\s*(?:\{(?P<labels>[^{}]*)\})?\s*(?P<how>==|!=|>=|<=|>|<)\s*(?P<number>\d+(?:\.\d+)?)"
)
_LABEL = re.compile(r'\s*(\w+)\s*=\s*"([^"]*)"\s*(?:,|$)')
_LASTING = re.compile(r"(\d+)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_HOW: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

Series = tuple[str, Mapping[str, str], float]  # metric, labels, value


@dataclass(frozen=True, slots=True)
class Simple:
    """A rule that can be judged here."""

    rule: Rule
    metric: str
    labels: Mapping[str, str]
    holds: Callable[[float], bool]
    lasting: float  # seconds

    def matches(self, series: Series) -> bool:
        """Say whether the rule's condition holds of a series."""
        metric, labels, value = series
        return metric == self.metric and self.labels.items() <= labels.items() and self.holds(value)


def simple(rule: Rule) -> Simple | None:
    """Return a rule as it can be judged here; ``None`` where its expression needs Prometheus."""
    found = _SIMPLE.fullmatch(" ".join(rule.expression.split()))
    if found is None:
        return None
    words = found["labels"] or ""
    labels = dict(_LABEL.findall(words))
    if _LABEL.sub("", words).strip():
        return None  # a matcher by pattern or by inequality
    how, number = _HOW[found["how"]], float(found["number"])
    lasting = sum(int(amount) * _SECONDS[unit] for amount, unit in _LASTING.findall(rule.lasting))
    return Simple(rule, found["metric"], labels, lambda value: how(value, number), lasting)


@contextmanager
def judging(stack: Stack, rules: tuple[Rule, ...], tell: Tell) -> Iterator[tuple[Arrivals, tuple[str, ...]]]:
    """Judge until the context is left; give what arrives, and the names of the rules that are not judged."""
    judged = [each for each in map(simple, rules) if each is not None]
    left = {each.name for each in rules} - {each.rule.name for each in judged}
    work = _Work(stack, judged, Arrivals(tell), job_of(rules))
    thread = Thread(target=work.go_on, name="alert-judging", daemon=True)
    thread.start()
    try:
        yield work.arrivals, tuple(sorted(left))
    finally:
        work.stop.set()
        thread.join(5)


@dataclass(slots=True)
class _Work:
    stack: Stack
    rules: list[Simple]
    arrivals: Arrivals
    job: str = JOB
    stop: Event = field(default_factory=Event)
    since: dict[str, float] = field(default_factory=dict)  # fingerprint → when its condition began to hold

    def go_on(self) -> None:
        apis = {url: Api(url) for url in self.stack.app_urls}
        try:
            while not self.stop.wait(_EVERY):
                # A port that was taken has been exchanged for another.
                apis |= {url: Api(url) for url in self.stack.app_urls if url not in apis}
                self._look({url.removeprefix("http://"): scrape(apis[url]) for url in self.stack.app_urls})
        finally:
            for api in apis.values():
                api.close()

    def _look(self, seen: Mapping[str, list[Series]]) -> None:
        at, holding = monotonic(), dict[str, Told]()
        for instance, series in seen.items():
            for rule in self.rules:
                if any(rule.matches((name, {**labels, "job": self.job}, value)) for name, labels, value in series):
                    told = _told(rule.rule, instance)
                    holding[told.fingerprint] = told
                    self.since.setdefault(told.fingerprint, at)
        self.since = {key: when for key, when in self.since.items() if key in holding}
        lasting = {each.rule.name: each.lasting for each in self.rules}
        self.arrivals.are(told for key, told in holding.items() if at - self.since[key] >= lasting[told.name])


def scrape(api: Api) -> list[Series]:
    """Return an app's series, and ``up`` as Prometheus adds it."""
    from prometheus_client.parser import text_string_to_metric_families

    text = api.text("/metrics")
    if text is None:
        return [("up", {}, 0.0)]
    families = text_string_to_metric_families(text)
    return [("up", {}, 1.0), *((one.name, one.labels, one.value) for each in families for one in each.samples)]


def _told(rule: Rule, instance: str) -> Told:
    summary = rule.annotations.get("summary", "").replace("{{ $labels.instance }}", instance)
    told = Told.of(f"{rule.name} {instance}", {**rule.labels, "alertname": rule.name}, rule.annotations)
    return Told(told.fingerprint, told.name, told.severity, told.cause, summary, instance)
