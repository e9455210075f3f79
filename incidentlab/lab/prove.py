"""Proves one scenario on one engine from four sides; see :mod:`incidentlab.model.proof` for what they are."""

from collections.abc import Iterator
from time import perf_counter

from incidentlab.engines._base import Engine
from incidentlab.lab import archive, differences
from incidentlab.lab.assess import assess
from incidentlab.lab.interruption import Interruption
from incidentlab.lab.observe import Observation
from incidentlab.lab.reproduce import Reproduction, reproduce
from incidentlab.model.events import Tell
from incidentlab.model.proof import Proof, Side, Statement
from incidentlab.model.run import Check
from incidentlab.model.scenario import Scenario, Variant

_NO_LOSS = ("no data lost", "rows:")  # how the checks are called that show what was written before is there after


def prove(
    scenario: Scenario,
    engine: Engine,
    detail: str,
    tell: Tell,
    interruption: Interruption,
) -> Proof:
    """Run every variant once and hold the runs against each other.

    The records of runs stay only where the proof does not hold: a catalogue's worth of them would bury one's own.

    Raises:
        IncidentlabError: a variant could not be run at all.
        KeyboardInterrupt: after everything was removed.
    """
    began = perf_counter()
    runs = {
        variant.name: reproduce(scenario, variant, engine, detail, tell, interruption)
        for variant in scenario.variants.values()
    }
    proof = Proof(
        scenario.id,
        engine.name,
        tuple(statements(scenario, runs)),
        perf_counter() - began,
        {name: done.run.seconds for name, done in runs.items()},
        tuple(done.run.id for done in runs.values()),
    )
    if not proof.holds:
        return proof
    for done in runs.values():
        archive.remove(done.run.id)
    return Proof(proof.scenario, proof.engine, proof.statements, proof.seconds, proof.timings)


def statements(scenario: Scenario, runs: dict[str, Reproduction]) -> Iterator[Statement]:
    """Say what the runs of all variants show."""
    remedies = [each for each in scenario.variants.values() if heals(each)]
    breaks = [each for each in scenario.variants.values() if not heals(each)]
    for each in breaks:
        yield _as_expected("breaks", each, runs[each.name])
        yield from (_distinct("breaks", each, other, runs[other.name]) for other in remedies)
        yield _named(scenario.cause, each, runs[each.name])
    for each in remedies:
        yield _as_expected("heals", each, runs[each.name])
        yield from (_distinct("heals", each, other, runs[other.name]) for other in breaks)
        yield _nothing_lost(each, runs[each.name])
        yield _nothing_found(each, runs[each.name])
    for each in remedies:
        yield from (_remedy(each, other) for other in breaks[:1])


def heals(variant: Variant) -> bool:
    """Say whether a variant is a remedy: it is expected to be healthy."""
    return variant.expect.outcome == "healthy"


def _as_expected(side: Side, variant: Variant, done: Reproduction) -> Statement:
    unmet = [each for each in done.run.checks if not each.met]
    claim = f"{variant.expect.outcome}, and all else that it has to show"
    observed = _told(unmet) if unmet else f"{len(done.run.checks)} expectations met"
    return Statement(side, variant.name, done.run.met, claim, observed)


def _distinct(side: Side, variant: Variant, other: Variant, done: Reproduction) -> Statement:
    """Hold one variant's expectations against a run of another: an oracle that is always content proves nothing."""
    seen = Observation(done.run.outcome, 0.0)
    unmet = [each for each in assess(variant.expect, seen, done.evidence, done.logs) if not each.met]
    claim = f"what {variant.name} has to show is not what {other.name} shows"
    observed = f"{len(unmet)} expectations unmet there" if unmet else f"{other.name} shows all of it as well"
    return Statement(side, variant.name, bool(unmet), claim, observed)


def _nothing_lost(variant: Variant, done: Reproduction) -> Statement:
    found = [each for each in done.run.checks if each.name.startswith(_NO_LOSS)]
    held = bool(found) and all(each.met for each in found) and variant.expect.sustained > 0
    if not variant.expect.sustained:
        observed = "it is not used for a sustained window"
    elif not found:
        observed = "neither the window nor `rows:` looks for lost data"
    else:
        observed = _told([each for each in found if not each.met]) or "; ".join(each.observed for each in found)
    return Statement("heals", variant.name, held, "serves for a sustained window and loses no data", observed)


def _remedy(variant: Variant, broken: Variant) -> Statement:
    stated, found = sorted(variant.remedy), list(differences.between(broken, variant))
    claim = f"differs from {broken.name} in: {', '.join(stated) or 'nothing is stated'}"
    return Statement("remedy", variant.name, stated == found and bool(found), claim, ", ".join(found) or "in nothing")


def _named(cause: str, variant: Variant, done: Reproduction) -> Statement:
    found = [each.cause for each in done.diagnosis.findings]
    met = done.diagnosis.verdict == "incident" and found == [cause]
    return Statement("cause", variant.name, met, f"the diagnosis names {cause} alone", _found(done))


def _nothing_found(variant: Variant, done: Reproduction) -> Statement:
    met = done.diagnosis.verdict == "healthy" and not done.diagnosis.findings
    return Statement("cause", variant.name, met, "the diagnosis finds nothing", _found(done))


def _found(done: Reproduction) -> str:
    found = ", ".join(f"{each.cause} ({each.confidence})" for each in done.diagnosis.findings)
    return f"{done.diagnosis.verdict}: {found or 'no cause'}"


def _told(checks: list[Check]) -> str:
    return "; ".join(f"{each.name}: expected {each.expected}, observed {each.observed}" for each in checks)
