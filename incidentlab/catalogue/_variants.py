"""A variant, its expectations and the workload: as the file has them → as the model has them."""

from pathlib import Path
from typing import TYPE_CHECKING

from incidentlab.catalogue._problems import Problems
from incidentlab.catalogue._steps import inside, steps
from incidentlab.model.alert import ExpectedAlert
from incidentlab.model.scenario import (
    ContextEntry,
    Expectation,
    ExpectedAnswer,
    ExpectedDatabase,
    ExpectedLog,
    ExpectedRows,
    ExpectedWorkload,
    Variant,
)
from incidentlab.model.step import Request, Workload

if TYPE_CHECKING:
    from incidentlab.catalogue._format import ExpectedWorkloadFormat, ExpectFormat, ScenarioFormat, WorkloadFormat


def variant(name: str, parsed: "ScenarioFormat", folder: Path, problems: Problems) -> Variant:
    """Return a variant; what it does not say itself is the scenario's."""
    given = parsed.variants[name]
    where = ("variants", name)
    dockerfile = inside(folder, given.dockerfile)
    if dockerfile is None:
        problems.add((*where, "dockerfile"), f"{given.dockerfile!r} leads outside of the scenario's folder")
    elif not dockerfile.is_file():
        problems.add((*where, "dockerfile"), f"{given.dockerfile!r} does not exist beside scenario.yaml")
    overlays = tuple(
        ContextEntry(".", overlay) for overlay in (folder / "overlay", folder / f"overlay.{name}") if overlay.is_dir()
    )
    limits = given.limits or parsed.limits
    return Variant(
        name,
        dockerfile or folder,
        _expectation(given.expect),
        given.summary or "",
        given.env,
        overlays,
        steps(given.before, (*where, "before"), folder, problems),
        steps(given.during, (*where, "during"), folder, problems),
        given.replicas or parsed.replicas,
        limits.memory if limits else None,
        tuple(given.remedy),
        tuple(ExpectedAlert(each.name, each.within) for each in given.alerts),
    )


def workload(given: "WorkloadFormat | None") -> Workload | None:
    """Return the workload, where there is one."""
    if given is None:
        return None
    requests = tuple(Request(*each.named()[0], each.json_) for each in given.requests)
    return Workload(requests, given.rate, given.seconds, given.workers, given.timeout)


def _expectation(given: "ExpectFormat") -> Expectation:
    answers = [(answer.named()[0], answer) for answer in given.http]
    database = given.database
    return Expectation(
        outcome=given.outcome,
        within=given.within,
        sustained=given.sustained or 0.0,
        logs=tuple(ExpectedLog(line.source, line.contains, line.replica) for line in given.logs),
        http=tuple(
            ExpectedAnswer(method, path, each.status, each.json_, each.timeout, each.contains or "")
            for (method, path), each in answers
        ),
        database=None
        if database is None
        else ExpectedDatabase(database.revision, tuple(database.missing_tables), tuple(database.tables)),
        rows=tuple(ExpectedRows(each.sql, each.count, each.at_least) for each in given.rows),
        workload=_failures(given.workload),
    )


def _failures(given: "ExpectedWorkloadFormat | None") -> ExpectedWorkload | None:
    if given is None:
        return None
    return ExpectedWorkload(most_failed=0) if given.failed else ExpectedWorkload(least_failed=given.at_least or 0)
