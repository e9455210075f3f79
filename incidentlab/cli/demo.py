"""``incidentlab demo``: the guided walkthrough; the lab runs, the console shows, this brings both together."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from incidentlab.cli.run import DEFAULT_SCENARIO
from incidentlab.cli.settings import complete_engines, complete_scenarios, output_of

if TYPE_CHECKING:
    from incidentlab.console.walkthrough import Commands, Dockerfile, Walkthrough
    from incidentlab.lab.choose import Choice
    from incidentlab.lab.interruption import Interruption
    from incidentlab.lab.reproduce import Reproduction
    from incidentlab.model.events import Phase
    from incidentlab.model.scenario import Scenario, Variant


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("demo", help="Walk through an incident in eight real steps.")(_command)


@dataclass(slots=True)
class _Plan:
    """All that the walkthrough needs, and what it has run so far."""

    scenario: "Scenario"
    broken: "Variant"
    fixed: "Variant"
    choice: "Choice"
    options: str  # those that lead to the same walkthrough again
    registry: str
    interruption: "Interruption"
    tour: "Walkthrough"
    first: "Reproduction | None" = None


def _command(
    context: typer.Context,
    scenario: Annotated[
        str, typer.Option("--scenario", "-s", help="Which incident.", autocompletion=complete_scenarios)
    ] = DEFAULT_SCENARIO,
    engine: Annotated[
        str, typer.Option("--engine", "-e", help="auto, docker or local.", autocompletion=complete_engines)
    ] = "auto",
    begin: Annotated[
        int, typer.Option("--from", min=1, max=8, help="Begin at this step; those before it run, but are not shown.")
    ] = 1,
    no_pause: Annotated[bool, typer.Option("--no-pause", help="Do not wait for a key between the steps.")] = False,
    registry: Annotated[str, typer.Option(help="Mirror to pull base images from, such as mirror.example:5000.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show what happens, without explaining it.")] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv shows every log line.")
    ] = 0,
) -> None:
    from incidentlab import catalogue
    from incidentlab.console.walkthrough import LeftEarlyError, Walkthrough, silent
    from incidentlab.errors import InterruptedRunError
    from incidentlab.lab.choose import choose
    from incidentlab.lab.interruption import Interruption

    output = output_of(context, quiet=quiet, verbose=verbose)
    found = catalogue.find(scenario)
    broken, fixed = (catalogue.variant_of(found, name) for name in ("broken", "fixed"))
    plan = None
    try:
        with silent(), Interruption().installed() as interruption:
            choice = choose(engine, found, found.stack(broken), registry)
            tour = Walkthrough(output, found, choice.engine.name, _keys(no_pause=no_pause), begin)
            options = _options(scenario, engine, registry)
            plan = _Plan(found, broken, fixed, choice, options, registry, interruption, tour)
            as_expected = _walk(plan)
    except LeftEarlyError:
        assert plan is not None  # noqa: S101 — only a tour can be left
        plan.tour.farewell(_to_go_on(plan))
        return
    except KeyboardInterrupt:
        where = f" at step {plan.tour.step}" if plan else ""
        raise InterruptedRunError(
            f"The walkthrough was interrupted{where}; everything it had started is removed.",
            mend=[f"{text}   ({meaning})" for text, meaning in _to_go_on(plan)] if plan else (),
        ) from None
    if not as_expected:
        raise typer.Exit(3)


def _walk(plan: _Plan) -> bool:
    """Go through the eight steps; return whether all was as the scenario says."""
    tour = plan.tour
    broken, fixed = (_text(plan.scenario, variant) for variant in (plan.broken, plan.fixed))
    tour.opening(plan.choice.engine.title, plan.choice.detail, plan.choice.why)
    tour.reach(1)
    tour.problem(broken)
    tour.reach(2)
    first = plan.first = _run(plan, plan.broken, {"app": 3})
    tour.failure(first.run)
    tour.reach(4)
    tour.logs(first.evidence, first.diagnosis)
    tour.reach(5)
    tour.correction(broken, fixed)
    tour.reach(6)
    second = _run(plan, plan.fixed, {"verify": 7})
    tour.reach(7)  # an app that never became healthy has not brought us there
    tour.validation(second.run, plan.fixed.expect.http)
    tour.reach(8)
    return _conclude(plan, first, second)


def _conclude(plan: _Plan, first: "Reproduction", second: "Reproduction") -> bool:
    from incidentlab.console.walkthrough import ways
    from incidentlab.lab.practices import practices

    causes = [finding.cause for finding in first.diagnosis.findings]
    explained = causes[:1] == [plan.scenario.cause] and second.diagnosis.verdict != "incident"
    as_expected = first.run.met and second.run.met and explained
    plan.tour.practices(practices(second.evidence, second.run))
    onwards = ways.onwards(first.run, second.run, causes[0] if causes else "")
    plan.tour.ending(first.run, second.run, onwards, as_expected=as_expected)
    return as_expected


def _run(plan: _Plan, variant: "Variant", steps: "Mapping[Phase, int]") -> "Reproduction":
    """Carry out a variant; before each phase named in ``steps`` the walkthrough goes on to that step."""
    from incidentlab.lab.reproduce import Options, reproduce

    def before(phase: "Phase") -> None:
        plan.tour.reach(steps.get(phase, 0))

    options = Options(registry=plan.registry, before=before)
    choice = plan.choice
    with plan.tour.watching() as tell:
        return reproduce(plan.scenario, variant, choice.engine, choice.detail, tell, plan.interruption, options)


def _keys(*, no_pause: bool) -> Callable[[], str] | None:
    """Return what waits for one key, without Enter and without an echo; ``None`` where nobody can press one."""
    if no_pause or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return typer.getchar


def _text(scenario: "Scenario", variant: "Variant") -> "Dockerfile":
    name = f"scenarios/{scenario.id}/{variant.dockerfile.name}"
    return name, variant.dockerfile.read_text(encoding="utf-8", errors="replace")


def _options(scenario: str, engine: str, registry: str) -> str:
    """Return the options that were given, as they are typed."""
    given = (("scenario", scenario, DEFAULT_SCENARIO), ("engine", engine, "auto"), ("registry", registry, ""))
    return "".join(f" --{name} {quote(value)}" for name, value, default in given if value != default)


def _to_go_on(plan: _Plan) -> "Commands":
    """Return the commands by which a person who left sees the rest."""
    from incidentlab.console.walkthrough import ways

    return ways.to_go_on(plan.options, plan.tour.next, plan.first.run if plan.first else None)
