"""The truth table of the alerts: each one a scenario names fires on its broken variants, and none on the healthy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from incidentlab.engines._base import Engine
from incidentlab.errors import IncidentlabError, RulesRefusedError
from incidentlab.lab import archive
from incidentlab.lab.choose import choose, unfit
from incidentlab.lab.interruption import Interruption
from incidentlab.lab.reproduce import Options, Reproduction, reproduce
from incidentlab.lab.vigil import Observe
from incidentlab.model.alert import Watch
from incidentlab.model.events import Tell
from incidentlab.model.run import Check
from incidentlab.model.scenario import Scenario, Variant
from incidentlab.model.truth import Truth

TRUTH_SCHEMA = "incidentlab/alerts/1"


@dataclass(frozen=True, slots=True)
class Question:
    """One scenario on one engine."""

    scenario: Scenario
    engine: Engine
    place: str  # what names the scenario on a command line: its id or its folder

    @property
    def unfit(self) -> str:
        """Why it is not asked; empty where it is."""
        return unfit(self.scenario, self.engine) or ("" if self.scenario.patience else "it names no alert")


def truths(
    questions: Sequence[Question], observe: Observe, tell: Tell, heard: Callable[[Truth], None], stop: Interruption
) -> list[Truth]:
    """Run every variant of every scenario under observation, one after another.

    Args:
        questions: what to ask; those that are unfit are left out.
        observe: with which rules.
        tell: hears the runs.
        heard: hears each line of the table as it is known.
        stop: Ctrl-C.

    Raises:
        RulesRefusedError: Prometheus does not take the rules.
        KeyboardInterrupt: after everything was removed.
    """
    table = []
    for question in questions:
        if question.unfit:
            continue
        for variant in question.scenario.variants.values():
            for truth in _of(question, variant, observe, tell, stop):
                table.append(truth)
                heard(truth)
    return table


def _of(question: Question, variant: Variant, observe: Observe, tell: Tell, stop: Interruption) -> Iterator[Truth]:
    scenario, engine = question.scenario, question.engine
    bare = Truth(scenario.id, engine.name, variant.name)
    try:
        detail = choose(engine.name, scenario, scenario.stack(variant)).detail
        done = reproduce(scenario, variant, engine, detail, tell, stop, Options(observe=observe))
    except RulesRefusedError:
        raise  # the same would come of every other line
    except IncidentlabError as error:
        yield replace(bare, observed=f"{error.what} {error.why}".strip(), error=True)
        return
    lines = list(_lines(bare, variant, done))
    # The records of runs stay only where something does not hold: to be looked at.
    if all(each.holds for each in lines):
        archive.remove(done.run.id)
        lines = [replace(each, run="") for each in lines]
    yield from lines


def _lines(bare: Truth, variant: Variant, done: Reproduction) -> Iterator[Truth]:
    watch = done.run.watch
    bare = replace(bare, by=watch.by if watch else "", run=done.run.id)
    checks = {each.name: each for each in done.run.checks}
    if variant.expect.outcome == "healthy":
        yield _line(bare, checks["no false alarm"])
        return
    for each in variant.alerts:
        found = watch.first(each.name) if watch else None
        after = found.detected_after if found else None
        if watch and each.name in watch.unjudged:
            left = "only Prometheus can judge its rule, and there is none here"
            yield replace(bare, alert=each.name, within=each.within, observed=left, error=True)
            continue
        line = replace(
            bare, alert=each.name, within=each.within, after=after, resolved_after=_resolved(watch, each.name)
        )
        yield _line(line, checks[f"alert {each.name}"], checks.get("alerts resolved"))


def _resolved(watch: Watch | None, name: str) -> float | None:
    if watch is None or watch.fixed_at is None:
        return None
    ends = [each.resolved_at for each in watch.alerts if each.name == name]
    known = [each for each in ends if each is not None]
    return max(max(known) - watch.fixed_at, 0.0) if known and len(known) == len(ends) else None


def _line(bare: Truth, *checks: Check | None) -> Truth:
    seen = [each for each in checks if each is not None]
    return replace(bare, holds=all(each.met for each in seen), observed="; ".join(each.observed for each in seen))
