"""The alert truth test of one run: what has to arrive on a broken variant does, and on a healthy one nothing may."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter, sleep

from incidentlab.engines._base import Stack
from incidentlab.errors import CompanionMissingError, UsageError
from incidentlab.lab import differences
from incidentlab.lab.recorder import Recorder
from incidentlab.lab.traffic import traffic
from incidentlab.model.alert import Alert, Watch
from incidentlab.model.events import Happened, PhaseEnded, PhaseStarted, now
from incidentlab.model.run import Check
from incidentlab.model.scenario import Scenario, Variant
from incidentlab.monitoring import config
from incidentlab.monitoring.api import Api
from incidentlab.monitoring.arrivals import Arrival, Arrivals
from incidentlab.monitoring.judging import BY, judging
from incidentlab.monitoring.running import Wanted, monitoring

SILENCE = 10.0  # seconds of silence asked for, where the scenario names no alert that says how long one may take
FIRST_LOOK = 10.0  # seconds that Prometheus may take to find the app; it looks for targets every 5 s
RESOLVE_SECONDS = 60.0  # for the alerts to end once the fix is deployed
_SHIPPED = ("Dockerfile ", "file ", "env ")  # differences between variants that a deployment brings
_LAG = 2.0  # seconds that an alert of the start may be on its way, through scrape, rule and Alertmanager
_SLACK = 2.0  # seconds more of silence than the slowest alert of the scenario may take


@dataclass(frozen=True, slots=True)
class Observe:
    """How a run is observed; ``rules`` is a file with alert rules, the service's own where it is ``None``."""

    rules: Path | None = None


@dataclass(slots=True)
class Vigil:
    """Watches one run."""

    scenario: Scenario
    variant: Variant
    stack: Stack
    recorder: Recorder
    arrivals: Arrivals
    by: str = ""
    unjudged: tuple[str, ...] = ()
    wanted: bool = True  # whether alerts are waited for
    prometheus: Api | None = None
    onset: float = 0.0
    settled: float = 0.0  # from here on a healthy variant has to be silent
    watched: float = 0.0
    fixed_by: str = ""
    fixed_at: float | None = None
    seen: list[Alert] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether silence is what has to be heard."""
        return self.variant.expect.outcome == "healthy"

    @property
    def title(self) -> str:
        """What is waited for, for people."""
        return "Listen for false alarms" if self.healthy else "Wait for the alerts"

    def fault_begins(self) -> None:
        """Set the moment from which times to detect count: the app's start, or what is done to it while it runs."""
        self.onset = self.settled = self.recorder.offset(now())

    def app_is_well(self) -> None:
        """Set the moment from which silence counts: an alert on a start that takes long tells the truth."""
        self.settled = self.recorder.offset(now())

    def looks_on(self) -> None:
        """Wait until Prometheus has asked the app once, as it long has where people use it.

        What happens to an app before that is in no rate; a burst of failures would have been seen by nobody.
        """
        deadline = perf_counter() + FIRST_LOOK
        while self.prometheus is not None and perf_counter() < deadline:
            targets = self.prometheus.targets()
            if targets and all(each.up for each in targets):
                return
            sleep(0.1)

    def held_out(self) -> list[Check]:
        """Use the app and wait: for all alerts that are named, or through the whole silence.

        Returns:
            one check for each alert that has to arrive and whose rule is judged; on a healthy variant one for the
            silence.
        """
        if self.healthy:
            return [self._silence(self.scenario.patience + _SLACK if self.scenario.patience else SILENCE)]
        asked = [each for each in self.variant.alerts if each.name not in self.unjudged]
        named = {each.name for each in asked}
        longest = max((each.within for each in asked), default=SILENCE)
        with traffic(self.scenario, self.stack, self.recorder):
            self.arrivals.wait(
                lambda seen: bool(named) and named <= {each.told.name for each in seen},
                longest - self._since(self.onset),
            )
        self._look()
        return [self._arrives(each.name, each.within) for each in asked]

    @property
    def fix(self) -> Variant | None:
        """The remedy that can be deployed onto this very stack, once its alerts have arrived.

        It differs in what is shipped alone: what a step does, or one replica more, cannot be taken back here.
        """
        if not self.wanted or self.healthy or not self.seen:
            return None
        for each in self.scenario.variants.values():
            found = differences.between(self.variant, each)
            if each.expect.outcome == "healthy" and all(one.startswith(_SHIPPED) for one in found):
                return each
        return None

    def deploy_fix(self) -> list[Check]:
        """Deploy the remedy and wait for the end of every alert; return the check of that."""
        if self.fix is None:
            return []
        self.fixed_by, self.fixed_at = self.fix.name, self.recorder.offset(now())
        self.stack.deploy(self.scenario.stack(self.fix))
        self.stack.start_app()
        with traffic(self.scenario, self.stack, self.recorder):
            over = self.arrivals.wait(lambda seen: all(each.resolved_at for each in seen), RESOLVE_SECONDS)
        firing = sorted({each.told.name for each in self.arrivals.all() if not each.resolved_at})
        record = self.record()
        after = record.resolved_after if record else None
        observed = f"all resolved {after or 0.0:.1f} s after it" if over else f"still firing: {', '.join(firing)}"
        what = f"within {RESOLVE_SECONDS:g} s of deploying {self.fixed_by}"
        return [Check("alerts resolved", over, what, observed)]

    def record(self) -> Watch | None:
        """Return what the run's record has of it."""
        if not self.by:
            return None
        # What was resolved since it was looked at last belongs to it as well.
        ended = {(a.told.name, a.at): a for a in self.arrivals.all()}
        alerts = tuple(self._alert(each) for each in ended.values())
        seconds = self.watched or self._since(self.onset)
        return Watch(self.by, self.onset, seconds, alerts, self.fixed_by, self.fixed_at, self.unjudged)

    def _since(self, moment: float) -> float:
        return self.recorder.offset(now()) - moment

    def _look(self) -> None:
        self.watched = self._since(self.onset)
        self.seen = [self._alert(each) for each in self.arrivals.all()]

    def _alert(self, arrival: Arrival) -> Alert:
        told, at = arrival.told, self.recorder.offset(arrival.at)
        over = None if arrival.resolved_at is None else self.recorder.offset(arrival.resolved_at)
        return Alert(told.name, at, at - self.onset, told.severity, told.cause, told.summary, told.instance, over)

    def _arrives(self, name: str, within: float) -> Check:
        found = next((each for each in self.seen if each.name == name), None)
        expected = f"arrives within {within:g} s"
        if found is not None:
            met = found.detected_after <= within
            return Check(f"alert {name}", met, expected, f"arrived after {found.detected_after:.1f} s")
        others = ", ".join(dict.fromkeys(each.name for each in self.seen))
        heard = f"instead: {others}" if others else "nothing else did either"
        return Check(f"alert {name}", False, expected, f"did not arrive in {self.watched:.1f} s; {heard}")

    def _blind(self) -> str:
        """Say what the monitoring does not see: silence proves nothing where nobody looks."""
        targets = self.prometheus.targets() if self.prometheus else []
        if self.prometheus and not targets:
            return "Prometheus scrapes nothing"
        return "; ".join(f"{each.address} is not scraped: {each.error}" for each in targets if not each.up)

    def _silence(self, seconds: float) -> Check:
        """Listen through the whole silence; what arrived while the app was starting has to be over by its end."""
        with traffic(self.scenario, self.stack, self.recorder):
            self.arrivals.wait(
                lambda seen: any(self._is_false(self._alert(each)) for each in seen),
                seconds - self._since(self.settled),
            )
            blind = self._blind()
        self._look()
        false = [each for each in self.seen if self._is_false(each) or each.resolved_at is None]
        heard = "; ".join(f"{each.name} after {each.detected_after:.1f} s: {each.summary}" for each in false)
        early = ", ".join(dict.fromkeys(each.name for each in self.seen if each not in false))
        observed = heard or f"silent for {self._since(self.settled):.1f} s" + (f", but {blind}" if blind else "")
        observed += f"; while it started: {early}" if early else ""
        observed += f"; rules not judged: {len(self.unjudged)}" if self.unjudged else ""
        return Check("no false alarm", not false and not blind, f"silence for {seconds:g} s once it is well", observed)

    def _is_false(self, alert: Alert) -> bool:
        return alert.at >= self.settled + _LAG


@contextmanager
def vigil(
    observe: Observe | None, scenario: Scenario, variant: Variant, stack: Stack, recorder: Recorder
) -> Iterator[Vigil]:
    """Start the monitoring and give the watch over this run; one that watches nothing where none is asked for.

    Raises:
        UsageError: the rules cannot be read.
        CompanionUnavailableError: the monitoring did not come up, or is not here and nothing can be judged without.
    """
    if observe is None:
        yield Vigil(scenario, variant, stack, recorder, Arrivals(recorder), wanted=False)
        return
    rules = observe.rules or config.rules_file()
    with ExitStack() as around:
        began = perf_counter()
        recorder(PhaseStarted("monitoring", "Start the monitoring"))
        ok = False
        try:
            watching = _begun(around, rules, Vigil(scenario, variant, stack, recorder, Arrivals(recorder)))
            ok = True
        finally:
            detail = watching.by if ok else ""
            recorder(PhaseEnded("monitoring", perf_counter() - began, detail, ok=ok))
        yield watching


def _begun(around: ExitStack, rules: Path, bare: Vigil) -> Vigil:
    """Have Prometheus judge; where it is not installed, judge what can be judged without it, and say so.

    Raises:
        CompanionMissingError: nothing of what the variant waits for can be judged without it.
    """
    try:
        running = around.enter_context(monitoring(bare.stack, Wanted(rules), bare.recorder))
        return replace(bare, arrivals=running.arrivals, by=running.by, prometheus=running.prometheus)
    except CompanionMissingError as error:
        missing = error
    arrivals, unjudged = around.enter_context(judging(bare.stack, config.rules(rules), bare.recorder))
    named = [each.name for each in bare.variant.alerts]
    left = [name for name in named if name in unjudged]
    if left and left == named:
        raise CompanionMissingError(
            f"Whether {' and '.join(left)} would arrive cannot be seen here.",
            why=f"{missing.what} What is judged without it compares one figure with a number; these rules need more.",
            mend=missing.mend,
        )
    bare.recorder(Happened(f"{missing.what} {' '.join(missing.mend[:1])}", "monitoring"))
    if left:
        bare.recorder(Happened(f"Only Prometheus can judge {', '.join(left)}: not waited for", "monitoring"))
    return replace(bare, arrivals=arrivals, by=BY, unjudged=unjudged)


def check(observe: Observe | None, variant: Variant) -> None:
    """Refuse, before anything is started, to wait for an alert that no rule can raise.

    Raises:
        UsageError: the rules cannot be read, or have no alert that the variant names.
    """
    if observe is None:
        return
    path = observe.rules or config.rules_file()
    known = {each.name for each in config.rules(path)}
    for each in variant.alerts:
        if each.name not in known:
            raise UsageError(
                f"The scenario waits for the alert {each.name}, which no rule raises.",
                why=f"{path} has: {', '.join(sorted(known)) or 'no rules'}.",
                mend=("Name one of these under `alerts:` in scenario.yaml, or add the rule.",),
            )
