"""Which scenarios can be a challenge: those whose remedy lies in what a team deploys."""

from pathlib import Path

from incidentlab import catalogue
from incidentlab.lab.prove import heals
from incidentlab.model.challenge import Deployment
from incidentlab.model.scenario import Scenario, Variant
from incidentlab.model.step import RunJob, Sql, Step

_WITHIN_REACH = ("Dockerfile ", "file ", "env ", "before sql", "before run_job")
BROKEN = "broken"


def remedy_of(scenario: Scenario) -> Variant | None:
    """Return the first remedy that a learner can carry out in a copy of the files; ``None`` where there is none."""
    if BROKEN not in scenario.variants:
        return None
    sound = [each for each in scenario.variants.values() if heals(each) and each.remedy]
    return next((each for each in sound if all(word.startswith(_WITHIN_REACH) for word in each.remedy)), None)


def reference(scenario: Scenario) -> str:
    """Return by what a scenario is found again: its id, or the folder of one that is only there while it is named."""
    known = catalogue.places().get(scenario.id)
    lasting = known is not None and known.folder == scenario.directory and not Path(known.origin).is_absolute()
    return scenario.id if lasting else str(scenario.directory)


def why_not(scenario: Scenario) -> str:
    """Say why a scenario is no challenge; empty where it is one."""
    if remedy_of(scenario) is not None:
        return ""
    if BROKEN not in scenario.variants:
        return "It has no variant named broken."
    words = [word for each in scenario.variants.values() for word in each.remedy if not word.startswith(_WITHIN_REACH)]
    if not words:
        return "None of its remedies says in what it differs from broken."
    return f"Its remedy is not in the files that are deployed: {', '.join(dict.fromkeys(words))}."


def deployment_of(broken: Variant, variant: Variant) -> Deployment:
    """Return what a learner would have to write to get from ``broken`` to ``variant``: its environment and own steps.

    The steps of ``broken`` are what happened; they stay. What a remedy does ahead of them is ``earlier``.
    """
    happened, wanted = broken.before, variant.before
    for start in range(len(wanted) - len(happened) + 1):
        if wanted[start : start + len(happened)] == happened:
            return Deployment(variant.env, _own(wanted[:start]), _own(wanted[start + len(happened) :]))
    return Deployment(variant.env, (), _own(wanted))


def _own(steps: tuple[Step, ...]) -> tuple[Sql | RunJob, ...]:
    return tuple(each for each in steps if isinstance(each, Sql | RunJob))
