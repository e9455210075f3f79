"""Picks the engine: the one that was asked for, or Docker where it can serve, else the local one."""

from dataclasses import dataclass

import incidentlab.engines
from incidentlab import registry
from incidentlab.engines._base import Engine
from incidentlab.errors import EngineUnavailableError, UnknownNameError, UsageError
from incidentlab.model.scenario import Scenario, StackSpec

_PREFERENCE = ("docker", "local")


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine and the reason for it, in one sentence for the first line of a run."""

    engine: Engine
    detail: str
    why: str = ""


def engines() -> dict[str, Engine]:
    """Return name → engine; the folder is the registry."""
    return registry.load(incidentlab.engines, "ENGINE", lambda engine: engine.name)


def unfit(scenario: Scenario, engine: Engine) -> str:
    """Say why an engine cannot run a scenario truthfully, by its nature or on this machine; empty where it can."""
    if engine.name not in scenario.engines:
        return scenario.unfit.get(engine.name, "the scenario does not name this engine")
    return next((why for each in scenario.variants.values() if (why := engine.lacks(scenario.stack(each)))), "")


def choose(name: str, scenario: Scenario, spec: StackSpec, registry_mirror: str = "") -> Choice:
    """Return the engine for a run.

    Args:
        name: ``auto`` or an engine's name; a named engine is never replaced by another.
        scenario: says which engines can run it truthfully.
        spec: its base images count too.
        registry_mirror: where base images may be pulled from.

    Raises:
        EngineUnavailableError: the named engine, or with ``auto`` none of them, can serve; with the mend.
        UsageError: the scenario cannot run on the named engine.
    """
    known = engines()
    if name != "auto":
        return _named(name, known, scenario, spec, registry_mirror)
    reasons: list[str] = []
    mends: list[str] = []
    for each in _PREFERENCE:
        if each not in scenario.engines:
            reasons.append(f"{each}: {scenario.unfit.get(each, 'this scenario does not run there.')}")
            continue
        usability = known[each].usable(spec, registry=registry_mirror)
        if usability.usable:
            return Choice(known[each], usability.detail, " ".join(reasons))
        reasons.append(f"{each}: {usability.why}")
        mends += usability.mend
    # Where none of them can serve, none of them is a way out.
    ways = [each for each in mends if not any(f"--engine {name}" in each for name in known)]
    raise EngineUnavailableError("No engine can serve here.", why="\n".join(reasons), mend=ways)


def _named(name: str, known: dict[str, Engine], scenario: Scenario, spec: StackSpec, registry_mirror: str) -> Choice:
    if name not in known:
        raise UnknownNameError("engine", name, ("auto", *known))
    if name not in scenario.engines:
        raise UsageError(
            f"{scenario.id} cannot be run truthfully on the {name} engine.",
            why=scenario.unfit.get(name, ""),
            mend=[f"Use one of: {', '.join(scenario.engines)}"],
        )
    usability = known[name].usable(spec, registry=registry_mirror)
    if not usability.usable:
        raise EngineUnavailableError(f"The {name} engine cannot be used.", why=usability.why, mend=usability.mend)
    return Choice(known[name], usability.detail)
