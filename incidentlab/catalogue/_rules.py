"""What has to hold between the parts of a scenario, so that it can be carried out truthfully and safely."""

from collections.abc import Iterator

from incidentlab.catalogue._problems import Problems
from incidentlab.model.scenario import Scenario
from incidentlab.model.step import (
    DelayDatabase,
    DropPrivileges,
    FillVolume,
    HoldLock,
    LimitConnections,
    OccupyPort,
    ReplaceDatabase,
    Sql,
    Step,
    StopDatabase,
    name_of,
)

_Where = tuple[str | int, ...]
# How the name of a control begins: a variant that is well although its logs look frightening.
NOISY = "noisy-"
_MEND_RIGHTS = "say `rights: owner` or `rights: none` under `database:`"


def check(scenario: Scenario, problems: Problems) -> None:
    """Tell ``problems`` what contradicts itself."""
    for where, step in _steps(scenario):
        _check_step(scenario, (*where, name_of(type(step))), step, problems)
    _check_engines(scenario, problems)
    database = scenario.database
    if database.rights != "superuser" and database.user == "postgres":
        problems.add(("database", "user"), "'postgres' is the server's own superuser; name the app's role otherwise")
    for name, variant in scenario.variants.items():
        where = ("variants", name, "expect")
        if variant.expect.workload and scenario.workload is None:
            problems.add((*where, "workload"), "there is no `workload:` in this scenario")
        if variant.alerts and variant.expect.outcome == "healthy":
            problems.add(("variants", name, "alerts"), "on a healthy variant no alert may arrive, so it names none")
        if name.startswith(NOISY) and (variant.expect.outcome != "healthy" or not variant.expect.logs):
            problems.add(where, f"a control ({NOISY}…) is healthy, and names the frightening lines under `logs:`")
        for index, line in enumerate(variant.expect.logs):
            if (line.replica or 1) > variant.replicas or (line.replica and line.source == "database"):
                problems.add((*where, "logs", index), f"there is no replica {line.replica} of the {line.source}")


def _steps(scenario: Scenario) -> Iterator[tuple[_Where, Step]]:
    lists: list[tuple[_Where, tuple[Step, ...]]] = [(("before",), scenario.before), (("during",), scenario.during)]
    for name, variant in scenario.variants.items():
        lists += [(("variants", name, "before"), variant.before), (("variants", name, "during"), variant.during)]
    for where, steps in lists:
        yield from (((*where, index), step) for index, step in enumerate(steps))


def _check_step(scenario: Scenario, where: _Where, step: Step, problems: Problems) -> None:
    during = "during" in (where[0], where[2])
    database = scenario.database
    if isinstance(step, Sql) and database.rights == "superuser":
        # A superuser of PostgreSQL can start programs and read files where the server runs; SQL of a scenario may not.
        problems.add(where, f"SQL is never run as a superuser: {_MEND_RIGHTS}")
    if isinstance(step, DropPrivileges) and database.rights == "superuser":
        problems.add(where, f"nothing can be taken from a superuser: {_MEND_RIGHTS}")
    if isinstance(step, FillVolume) and not database.volume:
        problems.add(where, "there is no volume to fill: say `volume: 32m` under `database:`")
    if during and isinstance(step, OccupyPort | DelayDatabase | ReplaceDatabase):
        problems.add(where, "belongs under `before:`, because the app has started by now")
    if not during and isinstance(step, HoldLock | StopDatabase | LimitConnections) and step.after:
        problems.add(where, "`after` belongs under `during:`; what is under `before:` happens at once")


def _check_engines(scenario: Scenario, problems: Problems) -> None:
    if "docker" in scenario.engines and any(isinstance(step, ReplaceDatabase) for _, step in _steps(scenario)):
        problems.add(("engines",), "the docker engine cannot replace the server: say so here, with the reason")
    if "local" not in scenario.engines:
        return
    if any(variant.memory for variant in scenario.variants.values()):
        problems.add(("limits",), "the local engine cannot limit memory: say so under `engines:`, with the reason")
    if scenario.database.volume:
        problems.add(
            ("database", "volume"), "the local engine has no bounded volumes: say so under `engines:`, with the reason"
        )
