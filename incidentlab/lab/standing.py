"""Brings up a variant with its monitoring and leaves it standing, for people to look at and to try things on."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event as Flag
from time import monotonic, perf_counter, sleep
from urllib.parse import urlsplit

from incidentlab.engines._base import Engine, Stack, StackRequest
from incidentlab.errors import CompanionUnavailableError, RefusedError
from incidentlab.lab import active, doorplate, staging
from incidentlab.lab.interruption import Interruption
from incidentlab.lab.observe import watch
from incidentlab.lab.probes import Prober
from incidentlab.lab.recorder import Recorder
from incidentlab.lab.swept import swept
from incidentlab.model.events import Happened, Phase, PhaseEnded, PhaseStarted, Tell, log_name, now
from incidentlab.model.scenario import Scenario, Variant
from incidentlab.model.standing import Place, Standing
from incidentlab.monitoring import config, grafana, parts
from incidentlab.monitoring.running import Monitoring, Wanted, monitoring

APP_PORT = 8000  # what the original's compose stack publishes
SCRAPE_SECONDS = 15.0  # for Prometheus to have asked the app once


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of the lab."""

    monitoring: bool = False
    default_login: bool = False  # Grafana's admin/admin, as the original has it
    registry: str = ""
    build_timeout: float = 900.0


@dataclass(frozen=True, slots=True)
class Raised:
    """The lab that stands now, with what is said once and kept nowhere."""

    standing: Standing
    database_url: str
    grafana_password: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class _Work:
    scenario: Scenario
    variant: Variant
    stack: Stack
    wish: Wish
    recorder: Recorder
    places: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    password: str = ""
    outcome: str = ""


def raise_up(
    scenario: Scenario, variant: Variant, engine: Engine, tell: Tell, interruption: Interruption, wish: Wish
) -> Raised:
    """Start all of it and leave it running; whatever goes wrong, Ctrl-C too, leaves nothing.

    Raises:
        RefusedError: a lab stands already, or is being brought up.
        EnvironmentUnfitError: in one of its kinds, with the mend.
        KeyboardInterrupt: after everything was removed.
    """
    with doorplate.being_written():
        _refuse_a_second()
        return _raised(scenario, variant, engine, tell, interruption, wish)


def _refuse_a_second() -> None:
    earlier = doorplate.read()
    if earlier is None:
        return
    if (unseen := doorplate.unseen(earlier)) or doorplate.is_there(earlier):
        raise RefusedError(
            f"A lab stands already: {earlier.scenario} {earlier.variant} on {earlier.engine}.",
            why=unseen or "One at a time keeps its ports.",
            mend=("Look at it: incidentlab status", "Take it down: incidentlab down"),
        )


def _raised(
    scenario: Scenario, variant: Variant, engine: Engine, tell: Tell, interruption: Interruption, wish: Wish
) -> Raised:
    began = perf_counter()
    run, keep, recorder = active.new_run_id(variant.name), Flag(), Recorder(tell)
    with interruption.shielded(active.registered(run, keep)) as scratch:
        spec = scenario.stack(variant)
        request = StackRequest(run, spec, scratch, keep, wish.registry, wish.build_timeout, app_port=APP_PORT)
        with (
            swept(engine, run, interruption),
            interruption.leaving_shielded(engine.start(request, recorder)) as stack,
        ):
            work = _Work(scenario, variant, stack, wish, recorder)
            _bring_up(work)
            met = work.outcome == variant.expect.outcome
            known = tuple(work.places)
            notes = (*work.notes, *stack.notes)
            standing = Standing(run, scenario.id, variant.name, engine.name, now(), known, work.outcome, met, notes)
            with interruption.held_back():
                doorplate.write(standing)
                keep.set()
            return Raised(standing, stack.database_url, work.password, perf_counter() - began)


def _bring_up(work: _Work) -> None:
    before, during = work.scenario.steps(work.variant)
    stack, recorder = work.stack, work.recorder
    with ExitStack() as around:
        scene = around.enter_context(staging.staged(stack, recorder))
        if before:
            with _phase(recorder, "prepare", "Set the scene"):
                staging.before(before, scene)
        # Before the app, as in life: the monitoring sees the deployment.
        observed = around.enter_context(_monitored(work)) if work.wish.monitoring else None
        with _phase(recorder, "app", f"Start the app ({work.variant.name})"):
            stack.start_app()
            scene.started.set()
        with _phase(recorder, "observe", "Watch what becomes of it"):
            work.outcome = _outcome(work)
        if observed is not None:
            with _phase(recorder, "alerts", "Wait for the first scrape"):
                _scraped(observed)
            with _phase(recorder, "collect", "Start Grafana"):
                _grafana(work, observed)
        if scene.errors:
            raise scene.errors[0]
    address = urlsplit(stack.database_url)
    work.places[:0] = [
        *(Place(log_name("app", number), url) for number, url in enumerate(stack.app_urls, 1)),
        Place("database", f"postgresql://{address.username}@{address.hostname}:{address.port}{address.path}"),
    ]
    if any(hasattr(each, "seconds") for each in before) or during:
        work.notes.append(
            "What the scenario does while it runs (locks, a stopped database) has ended with this command."
        )


def _outcome(work: _Work) -> str:
    probers = [Prober(url, work.recorder) for url in work.stack.app_urls]
    try:
        expect = work.variant.expect
        steady = expect.sustained if expect.outcome == "unhealthy" else 0.0
        seen = watch(work.stack, probers[0], expect.within, work.recorder, others=probers[1:], steady=steady)
        return seen.outcome
    finally:
        for each in probers:
            each.close()


@contextmanager
def _monitored(work: _Work) -> Iterator[Monitoring]:
    wanted = Wanted(config.rules_file(), parts.PROMETHEUS_PORT, parts.ALERTMANAGER_PORT, listen=False)
    with ExitStack() as around:
        with _phase(work.recorder, "monitoring", "Start the monitoring"):
            running = around.enter_context(monitoring(work.stack, wanted, work.recorder))
        work.places += [
            Place(parts.PROMETHEUS, running.prometheus.url),
            Place(parts.ALERTMANAGER, running.alertmanager.url),
        ]
        yield running


def _scraped(observed: Monitoring) -> None:
    deadline = monotonic() + SCRAPE_SECONDS
    while not observed.prometheus.scraped():
        if monotonic() > deadline:
            raise CompanionUnavailableError(
                f"Prometheus has not asked the app within {SCRAPE_SECONDS:g} s.",
                why=f"It answers at {observed.prometheus.url}, and its list of targets is empty or not tried yet.",
                mend=("Try again when the machine has less to do.",),
            )
        sleep(0.1)


def _grafana(work: _Work, observed: Monitoring) -> None:
    """Start Grafana; where it is not to be had the rest is of use without it."""
    password = "admin" if work.wish.default_login else secrets.token_urlsafe(12)
    try:
        reached = grafana.start(work.stack, observed.inside, password)
    except CompanionUnavailableError as error:
        said = " ".join(filter(None, (error.what, error.why, *error.mend[:1])))
        work.notes.append(f"Grafana is not part of this lab. {said}")
        work.recorder(Happened("it is not part of this lab", "collect", "bad"))
        return
    work.places.append(Place(parts.GRAFANA, reached.url))
    work.password = password


@contextmanager
def _phase(tell: Callable[[PhaseStarted | PhaseEnded], None], phase: Phase, title: str) -> Iterator[None]:
    tell(PhaseStarted(phase, title))
    began, done = perf_counter(), False
    try:
        yield
        done = True
    finally:
        tell(PhaseEnded(phase, perf_counter() - began, ok=done))
