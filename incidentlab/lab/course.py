"""The course of a run whose stack stands: prepared, started, watched, proven, its evidence collected and judged."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING

from incidentlab.engines._base import Stack
from incidentlab.lab import archive, rows, staging
from incidentlab.lab.assess import assess
from incidentlab.lab.happening import Happening
from incidentlab.lab.observe import watch
from incidentlab.lab.probes import Prober
from incidentlab.lab.record import Seen, shown
from incidentlab.lab.recorder import Recorder
from incidentlab.lab.vigil import vigil
from incidentlab.model.events import Happened, Phase, PhaseEnded, PhaseStarted
from incidentlab.model.evidence import Evidence
from incidentlab.model.run import Check
from incidentlab.model.scenario import Scenario, Variant

if TYPE_CHECKING:
    from incidentlab.lab.reproduce import Before, Options


def take(
    run_id: str, stack: Stack, scenario: Scenario, variant: Variant, recorder: Recorder, options: "Options"
) -> Seen:
    """Let a run take its course; leave the stack standing where ``keep`` says so, with the ways into it."""
    seen = _use(run_id, stack, scenario, variant, recorder, options)
    if options.keep == "always" or (options.keep == "on-failure" and not seen.met):
        seen.kept = _ways_in(run_id, stack)
    else:
        from incidentlab.lab.collect import as_record

        seen.evidence = as_record(seen.evidence, run_id)
    return seen


def _use(
    run_id: str, stack: Stack, scenario: Scenario, variant: Variant, recorder: Recorder, options: "Options"
) -> Seen:
    """Prepare the stack, start the app, watch it, prove it, collect the evidence, hold it against the expectations."""
    expect = variant.expect
    if options.timeout is not None:
        expect = replace(expect, within=options.timeout)
    before, during = scenario.steps(variant)
    probers = [Prober(url, recorder) for url in stack.app_urls]
    warm_up = Thread(target=_warm_up, args=(probers[0],), daemon=True)
    warm_up.start()
    try:
        with ExitStack() as around:
            with staging.staged(stack, recorder) as scene:
                if before:
                    with _phase(recorder, options.before, "prepare", "Set the scene"):
                        staging.before(before, scene)
                # After the steps, which may take long: until the app is started nobody has promised that it answers.
                watching = around.enter_context(vigil(options.observe, scenario, variant, stack, recorder))
                with _phase(recorder, options.before, "app", f"Start the app ({variant.name})"):
                    watching.fault_begins()
                    stack.start_app()
                    scene.started.set()
                # A port that was taken in this moment has been exchanged for another.
                for prober, url in zip(probers, stack.app_urls, strict=True):
                    prober.base_url = url
                with _phase(recorder, options.before, "observe", "Watch what becomes of it"):
                    steady = expect.sustained if expect.outcome == "unhealthy" else 0.0
                    observation = watch(stack, probers[0], expect.within, recorder, others=probers[1:], steady=steady)
                if observation.outcome == "healthy":
                    watching.app_is_well()
                happening = Happening(scenario.workload, during, expect, stack, probers[0], recorder, scene)
                proofs: list[Check] = []
                if happening.is_worth_it(observation):
                    with _phase(recorder, options.before, "verify", "Prove it by use"):
                        if during or scenario.workload is not None:
                            watching.looks_on()
                        if during and observation.outcome == "healthy":
                            watching.fault_begins()
                        observation, proofs = happening.carry_out(observation)
                if watching.wanted:
                    with _phase(recorder, options.before, "alerts", watching.title):
                        proofs += watching.held_out()
                with _phase(recorder, options.before, "collect", "Collect the evidence"):
                    from incidentlab.lab.collect import collect, logs_of  # loaded by now; see _warm_up

                    logs = logs_of(stack)
                    evidence = collect(run_id, stack, probers[0], logs, shown(variant.dockerfile))
                if scene.errors:
                    raise scene.errors[0]
            # Only now, when whatever held a table has let go of it.
            proofs += rows.checks(expect.rows, stack)
            if options.keep == "never" and watching.fix is not None:
                with _phase(recorder, options.before, "mend", f"Deploy the fix ({watching.fix.name})"):
                    proofs += watching.deploy_fix()
            checks = assess(expect, observation, evidence, logs) + proofs
            if options.trial is not None and all(each.met for each in checks):
                with _phase(recorder, options.before, "verify", "Try whether it holds"):
                    checks += options.trial(stack, recorder)
            _tell_first_error(evidence, recorder)
            steps = tuple(staging.sentence(each) for each in before + during)
            return Seen(
                observation,
                checks,
                evidence,
                logs,
                stack.notes,
                dict(stack.versions),
                steps=steps,
                watch=watching.record(),
            )
    finally:
        warm_up.join()
        for prober in probers:
            prober.close()


def _ways_in(run_id: str, stack: Stack) -> tuple[str, ...]:
    """Return how a kept stack can be reached and removed; the database's address holds this run's own password."""
    app = stack.app()
    how = stack.app_url if app.status == "running" else f"{app.status}, exit code {app.exit_code}"
    return (
        f"app       {how}",
        f"database  psql {stack.database_url}",
        f"remove    incidentlab clean {run_id}",
    )


def _warm_up(prober: Prober) -> None:
    """Load what is needed later while the app starts: one of the machine's cores is idle then."""
    prober.warm_up()
    import_module("incidentlab.lab.collect")
    archive.warm_up()


@contextmanager
def _phase(recorder: Recorder, before: "Before", phase: Phase, title: str) -> Iterator[None]:
    arrived = perf_counter()
    before(phase)
    recorder.pause(perf_counter() - arrived)
    recorder(PhaseStarted(phase, title))
    began = perf_counter()
    done = False
    try:
        yield
        done = True
    finally:
        recorder(PhaseEnded(phase, perf_counter() - began, ok=done))


def _tell_first_error(evidence: Evidence, recorder: Recorder) -> None:
    """Put the moment of the first error line into the timeline; it is known only after the log was read."""
    errors = [event for event in evidence.logs if event.source != "database" and event.severity in ("error", "fatal")]
    if errors and errors[0].at is not None:
        text = errors[0].cause_text or errors[0].text
        recorder(Happened(f"The app's log: {text}", kind="bad", at=errors[0].at))
