"""The runs of a report as JUnit XML: a suite per run, a case per expectation; CI systems show it as tests."""

from datetime import UTC

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from incidentlab.model.report import Account, Report
from incidentlab.model.run import Check, Run
from incidentlab.reports import _view as view
from incidentlab.reports._base import Format
from incidentlab.reports._text import clip, one_line
from incidentlab.reports._words import ending


def render(report: Report) -> str:
    """Return the report's runs as one JUnit XML document that ends with a line end."""
    xml = JUnitXml(one_line(f"incidentlab {report.scenario}"))
    for account in view.accounts(report):
        xml.add_testsuite(_suite(account))
    xml.update_statistics()  # type: ignore[no-untyped-call]
    # The statistics add up the times of cases, which have none; a run's own wall clock is what is known.
    runs = [account.run for account in view.accounts(report)]
    for suite, run in zip(xml, runs, strict=True):
        suite.time = _seconds(run)
    xml.time = round(sum(map(_seconds, runs)), 3)
    text: str = xml.tostring().decode("utf-8")  # type: ignore[no-untyped-call]
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _suite(account: Account) -> TestSuite:
    run = account.run
    suite = TestSuite(_name(run))
    suite.timestamp = run.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for name, value in _properties(run):  # before the cases, as the common JUnit schema wants it
        suite.add_property(name, one_line(value))
    cases = [_case(run, check) for check in run.checks or (_whole(run),)]
    if run.symptoms:
        cases[0].system_out = "\n".join(map(clip, run.symptoms))
    suite.add_testcases(cases)
    return suite


def _seconds(run: Run) -> float:
    return round((run.ended_at - run.started_at).total_seconds(), 3)


def _name(run: Run) -> str:
    return one_line(f"{run.scenario}.{run.variant}")


def _whole(run: Run) -> Check:
    """A suite without cases reads as nothing tested; the run's own verdict is one."""
    return Check("the run is as expected", run.met, "met", ending(run))


def _case(run: Run, check: Check) -> TestCase:
    case = TestCase(one_line(check.name), _name(run))
    if not check.met:
        failure = Failure(one_line(f"expected {check.expected}, observed {check.observed}"), "NotAsExpected")
        failure.text = clip(f"expected: {check.expected}\nobserved: {check.observed}")
        case.result = [failure]
    return case


def _properties(run: Run) -> list[tuple[str, str]]:
    return [
        ("run", run.id),
        ("engine", run.engine),
        ("engine.detail", run.engine_detail),
        ("outcome", run.outcome),
        ("met", str(run.met).lower()),
        ("exit_code", "" if run.exit_code is None else str(run.exit_code)),
        *((f"seconds.{name}", f"{seconds:.3f}") for name, seconds in run.timings.items()),
        *((f"version.{name}", version) for name, version in run.versions.items()),
    ]


FORMAT = Format("junit", ".xml", render)
