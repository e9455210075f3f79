"""What happens to an app that answers: steps, a workload, the scenario's requests; and what it has become by them."""

from dataclasses import dataclass, replace

from incidentlab.engines._base import Stack
from incidentlab.lab import staging, verify, workload
from incidentlab.lab.observe import Observation, again
from incidentlab.lab.probes import Prober
from incidentlab.lab.recorder import Recorder
from incidentlab.model.run import Check
from incidentlab.model.scenario import Expectation
from incidentlab.model.step import Step, Workload

_ANSWERS = ("healthy", "unhealthy")


@dataclass(frozen=True, slots=True)
class Happening:
    """All that is done with an app once it answers."""

    load: Workload | None
    during: tuple[Step, ...]
    expect: Expectation
    stack: Stack
    prober: Prober
    recorder: Recorder
    scene: staging.Scene

    def is_worth_it(self, seen: Observation) -> bool:
        """Say whether there is anything to be done with what was seen."""
        if seen.outcome in _ANSWERS and (self.during or self.load):
            return True
        return self._may_be_asked(seen) and bool(self.expect.http or self.expect.sustained)

    def carry_out(self, seen: Observation) -> tuple[Observation, list[Check]]:
        """Let it happen, then ask; return what the app is then, and one check for each thing that was expected."""
        proofs: list[Check] = []
        failing = False
        if seen.outcome in _ANSWERS and (self.during or self.load):
            done = staging.during(self.during, self.scene)
            if self.load is not None:
                load = workload.carry_out(self.load, self.stack, self.recorder, self.scene)
                failing = load.failed > 0
                proofs += [load.check(self.expect.workload)] if self.expect.workload else []
            while not done.wait(0.05) and not self.stack.wait_app_exit(0):
                pass
            # A job that waits is what a broken variant is to show; a healthy one shows how it comes to its end.
            while self.expect.outcome == "healthy" and self.scene.at_work and self.scene.pause(0.05):
                if self.stack.wait_app_exit(0):
                    break
            seen = again(self.stack, self.prober, seen, self.recorder)
        if self._may_be_asked(seen):
            asked = verify.answers(self.expect.http, self.prober)
            failing = failing or any(each.failed for each in asked)
            proofs += [each.check for each in asked]
            if self.expect.outcome == "healthy" and self.expect.sustained:
                proofs += verify.sustained(self.expect, self.stack, self.prober)
        if failing and seen.outcome == "healthy":
            seen = replace(seen, outcome="degraded")
        return seen, proofs

    def _may_be_asked(self, seen: Observation) -> bool:
        """Requests tell something only of an app that is what it should be; of a degraded one they tell just that."""
        return seen.outcome == self.expect.outcome or (seen.outcome == "healthy" and self.expect.outcome == "degraded")
