"""A learner with a copy of an incident's files, for tests: what is changed in it, and how it is judged."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from incidentlab import catalogue
from incidentlab.lab.challenge import copying, ledger, offered, tries
from incidentlab.lab.choose import choose
from incidentlab.lab.interruption import Interruption
from incidentlab.model.challenge import Challenge, Judgement
from incidentlab.model.scenario import Scenario, Variant

Edit = Callable[[Path], None]


@dataclass(frozen=True)
class Learner:
    """Somebody with a challenge on an engine."""

    scenario: Scenario
    challenge: Challenge
    engine: str

    @classmethod
    def of(cls, scenario_id: str, where: Path, engine: str = "local", **patience: float) -> "Learner":
        """Begin without showing the incident, which takes a run of its own.

        ``patience`` is less of ``sustained`` use or of time to become well ``within`` than the scenario's, for tests to
        which that is no matter.
        """
        scenario = catalogue.find(scenario_id)
        variants = {name: _with(each, patience) for name, each in scenario.variants.items()}
        scenario = replace(scenario, variants=variants)
        challenge = ledger.new(scenario.id, engine, where)
        ledger.save(challenge)
        copying.write(scenario, scenario.variants[offered.BROKEN], challenge.name, challenge.folder)
        return cls(scenario, challenge, engine)

    def mend(self) -> None:
        """Put the remedy of the scenario into the copy."""
        remedy = offered.remedy_of(self.scenario)
        assert remedy is not None
        self.lay(remedy)

    def lay(self, variant: Variant) -> None:
        """Let the copy be that of a variant; what an earlier one had and this one has not is gone."""
        shutil.rmtree(self.challenge.folder / copying.IMAGE)
        copying.write(self.scenario, variant, self.challenge.name, self.challenge.folder)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text in one of the files."""
        path = self.challenge.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new))

    def check(self) -> Judgement:
        choice = choose(self.engine, self.scenario, self.scenario.stack(self.scenario.variants["broken"]))
        with Interruption().installed() as interruption:
            _, judgement = tries.judge(self.scenario, self.challenge, choice, lambda _: None, interruption)
        assert choice.engine.leftovers(frozenset()) == [] or self.engine == "docker"
        return judgement


def _with(variant: Variant, patience: dict[str, float]) -> Variant:
    return replace(variant, expect=replace(variant.expect, **patience))  # type: ignore[arg-type]


def unmet(judgement: Judgement) -> list[str]:
    """Return the names of what did not hold."""
    return [name for name, met, *_ in judgement.checks if not met]
