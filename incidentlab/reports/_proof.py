"""Proofs as documents: JSON for scripts, JUnit XML for CI systems."""

from dataclasses import asdict
from datetime import UTC
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from incidentlab.model.proof import SIDES, Proof, Proofs, Side
from incidentlab.reports._text import clip, one_line


def document(proofs: Proofs) -> dict[str, Any]:
    """Return what ``scenarios prove --json`` prints; scripts rely on its keys."""
    counted = proofs.counted()
    return {
        "schema": proofs.schema,
        "at": proofs.at.isoformat(),
        "version": proofs.version,
        "jobs": proofs.jobs,
        "seconds": round(proofs.seconds, 2),
        "proven": sum(each.holds for each in counted),
        "not_proven": sum(not each.holds for each in counted),
        "not_counted": len(proofs.proofs) - len(counted),
        "proofs": [_proof(each) for each in proofs.proofs],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    sides = {} if proof.unfit else {side: proof.side(side) for side in SIDES}
    timings = {name: round(seconds, 3) for name, seconds in proof.timings.items()}
    shown = {**asdict(proof), "seconds": round(proof.seconds, 3), "timings": timings}
    return {**shown, "holds": None if proof.unfit else proof.holds, "sides": sides}


def junit(proofs: Proofs) -> str:
    """Return one JUnit XML document: a suite per scenario and engine, a case per side."""
    xml = JUnitXml("incidentlab scenarios")
    for each in proofs.proofs:
        suite = TestSuite(one_line(f"{each.scenario}.{each.engine}"))
        suite.timestamp = proofs.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        suite.add_testcases([_case(each, side) for side in SIDES])
        xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    # A side has no time of its own; a proof has.
    for suite, proof in zip(xml, proofs.proofs, strict=True):
        suite.time = round(proof.seconds, 3)
    xml.time = round(proofs.seconds, 3)
    text: str = xml.tostring().decode("utf-8")  # type: ignore[no-untyped-call]
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _case(proof: Proof, side: Side) -> TestCase:
    case = TestCase(side, one_line(f"{proof.scenario}.{proof.engine}"))
    doubts = [each for each in proof.doubts() if each.side == side]
    if proof.unfit:
        case.result = [Skipped(one_line(proof.unfit))]
    elif proof.error:
        case.result = [Error(one_line(proof.error.splitlines()[0]), "NotTried")]
    elif not proof.side(side):
        text = "\n".join(f"{each.variant}: {each.claim}; observed: {each.observed}" for each in doubts)
        failure = Failure(one_line(text or "nothing was claimed of it"), "NotProven")
        failure.text = clip(text)
        case.result = [failure]
    return case
