"""Which incident a challenge is about: the one that was named, or by chance one that has not been met yet."""

import random

from incidentlab import catalogue
from incidentlab.errors import EngineUnavailableError, ScenarioError, UsageError
from incidentlab.lab.challenge import ledger
from incidentlab.lab.challenge.offered import BROKEN, reference, why_not
from incidentlab.lab.choose import Choice, choose
from incidentlab.model.scenario import Scenario


def named(scenario_id: str, engine: str) -> tuple[Scenario, Choice]:
    """Return a scenario and the engine for it.

    Raises:
        UsageError: it is no challenge, or not on that engine.
        UnknownNameError: there is none of that id.
        EngineUnavailableError: the engine cannot serve.
    """
    scenario = catalogue.find(scenario_id)
    if why := why_not(scenario):
        raise UsageError(
            f"{scenario.id} is no challenge.",
            why=why,
            mend=["See it happen: incidentlab run broken --scenario " + scenario.id, "Others: incidentlab challenge"],
        )
    return scenario, choice(scenario, engine)


def by_chance(engine: str) -> tuple[Scenario, Choice]:
    """Return a scenario that has not been met, and the engine for it.

    Raises:
        UsageError: all have been met.
        EngineUnavailableError: no engine can serve for any of the rest.
    """
    met = {each.scenario for each in ledger.every()}
    rest = [each for each in offered() if reference(each) not in met]
    if not rest:
        raise UsageError(
            "You have met every challenge there is.",
            mend=["See them: incidentlab challenge --list", "Name one to take it again: incidentlab challenge ID"],
        )
    random.shuffle(rest)
    refused: EngineUnavailableError | UsageError | None = None
    for each in rest:
        try:
            return each, choice(each, engine)
        except (EngineUnavailableError, UsageError) as error:
            refused = refused or error
    # Of a scenario that an engine cannot do, the refusal would tell the name.
    if refused is None or isinstance(refused, EngineUnavailableError):
        raise refused or EngineUnavailableError("No engine can serve here.", mend=["See: incidentlab doctor"])
    raise UsageError(f"No challenge that is left runs on the {engine} engine.", mend=["Try: --engine auto"])


def offered() -> list[Scenario]:
    """Return every scenario that can be a challenge; one that cannot be read hides no other."""
    return [each for each in known() if not why_not(each)]


def known() -> list[Scenario]:
    """Return every scenario that can be read."""
    found = []
    for name in catalogue.names():
        try:
            found.append(catalogue.find(name))
        except ScenarioError:
            continue
    return found


def choice(scenario: Scenario, engine: str) -> Choice:
    """Return the engine for a scenario.

    Raises:
        EngineUnavailableError, UsageError: as :func:`choose`.
    """
    return choose(engine, scenario, scenario.stack(scenario.variants[BROKEN]))
