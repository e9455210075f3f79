"""Holds what was observed against what the scenario expects: the oracle of a run."""

from collections.abc import Mapping, Sequence

from incidentlab.lab.observe import Observation
from incidentlab.model.events import LogLine, log_name
from incidentlab.model.evidence import DatabaseFacts, Evidence, ProjectFacts
from incidentlab.model.run import Check
from incidentlab.model.scenario import Expectation, ExpectedDatabase, ExpectedLog


def assess(
    expect: Expectation,
    observation: Observation,
    evidence: Evidence,
    logs: Mapping[str, tuple[LogLine, ...]],
) -> list[Check]:
    """Return one check for the outcome, each expected log line and each expected fact of the database."""
    observed = f"{observation.outcome} after {observation.seconds:.2f} s"
    checks = [
        Check(
            "outcome", observation.outcome == expect.outcome, f"{expect.outcome} within {expect.within:g} s", observed
        )
    ]
    for line in expect.logs:
        # The last one: of a chain of exceptions it is the one that ended the app.
        name, written = _log(line, logs)
        found = next((seen for seen in reversed(written) if line.contains in seen.text), None)
        where = f"line {found.number}: {line.contains}" if found else f"in none of {len(written)} lines"
        checks.append(Check(f"{name} log", found is not None, f"contains: {line.contains}", where))
    if expect.database is not None:
        checks += _database_checks(expect.database, evidence)
    return checks


def _log(line: ExpectedLog, logs: Mapping[str, tuple[LogLine, ...]]) -> tuple[str, Sequence[LogLine]]:
    """Return the name and the lines of the log that is meant: where no replica is named, the first that has it."""
    if line.source == "database":
        return "database", logs["database"]
    if line.replica is not None:
        name = log_name("app", line.replica)
        return name, logs.get(name, ())
    of_app = {name: lines for name, lines in logs.items() if name != "database"}
    having = (name for name, lines in of_app.items() if any(line.contains in each.text for each in lines))
    name = next(having, "app")
    return name, logs.get(name, ())


def _database_checks(expect: ExpectedDatabase, evidence: Evidence) -> list[Check]:
    facts = evidence.databases[0] if evidence.databases else None
    if facts is None or not facts.reachable:
        reason = facts.error if facts else "it was not asked"
        return [Check("database", False, "can be read", f"cannot be read: {reason}")]
    checks = []
    if expect.revision is not None:
        checks.append(_revision_check(expect.revision, facts, evidence.projects))
    present = {name.rpartition(".")[2] for name in facts.tables}
    checks += [
        Check(f"table {name}", name not in present, "absent", "present" if name in present else "absent")
        for name in expect.missing_tables
    ]
    checks += [
        Check(f"table {name}", name in present, "present", "present" if name in present else "absent")
        for name in expect.tables
    ]
    return checks


def _revision_check(expected: str, facts: DatabaseFacts, projects: tuple[ProjectFacts, ...]) -> Check:
    recorded = facts.revisions or ()
    observed = ", ".join(recorded) or "none"
    if expected == "none":
        return Check("database revision", not recorded, "none", observed)
    heads = projects[0].heads if projects else ()
    wanted = heads if expected == "head" else (expected,)
    met = bool(wanted) and sorted(recorded) == sorted(wanted)
    return Check("database revision", met, f"{expected}: {', '.join(wanted) or 'unknown'}", observed)
