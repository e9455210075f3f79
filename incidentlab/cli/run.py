"""``incidentlab run broken|fixed``: make a variant live, watch it, prove it, record it."""

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from incidentlab.cli.settings import complete_engines, complete_scenarios, complete_words, one_of, output_of

if TYPE_CHECKING:
    from incidentlab.console.output import Output
    from incidentlab.lab.reproduce import Keep, Options, Reproduction
    from incidentlab.lab.vigil import Observe

DEFAULT_SCENARIO = "missing-migrations"
RESULT_SCHEMA = "incidentlab/run-result/1"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("run", help="Run a variant, hold it against its expectations.")(_command)


def complete_variants(incomplete: str) -> list[str]:
    """Return the variants that nearly every scenario has, for shell completion."""
    return [name for name in ("broken", "fixed") if name.startswith(incomplete)]


def _command(
    context: typer.Context,
    variant: Annotated[
        str,
        typer.Argument(help="broken, fixed, or another variant of the scenario.", autocompletion=complete_variants),
    ],
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario",
            "-s",
            help="Which incident: an id, or a folder with a scenario.yaml.",
            autocompletion=complete_scenarios,
        ),
    ] = DEFAULT_SCENARIO,
    engine: Annotated[
        str, typer.Option("--engine", "-e", help="auto, docker or local.", autocompletion=complete_engines)
    ] = "auto",
    keep: Annotated[
        str,
        typer.Option(
            help="Leave the stack running: never, on-failure or always.",
            autocompletion=complete_words("never", "on-failure", "always"),
        ),
    ] = "never",
    timeout: Annotated[
        float | None, typer.Option(help="Seconds the app may take to its outcome; the scenario's own by default.")
    ] = None,
    registry: Annotated[str, typer.Option(help="Mirror to pull base images from, such as mirror.example:5000.")] = "",
    observe: Annotated[
        bool, typer.Option("--observe", help="Watch it with Prometheus: broken, its alerts arrive; fixed, none does.")
    ] = False,
    rules: Annotated[str, typer.Option(help="File with alert rules, instead of the service's own.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the result.")] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv shows every log line.")
    ] = 0,
) -> None:
    from incidentlab.lab.reproduce import Options

    output = output_of(context, quiet=quiet, verbose=verbose)
    one_of("--keep", keep, ("never", "on-failure", "always"))
    options = Options(cast("Keep", keep), _checked(timeout), registry, observe=_observe(rules, asked=observe))
    result = run_variant(output, scenario, variant, engine, options)
    if json:
        output.json(document(result))
    else:
        _show(output, result, _again(scenario, engine))
    if not result.run.met:
        raise typer.Exit(3)


def _again(scenario: str, engine: str) -> str:
    """Return what has to be repeated where the same incident is run again: as it was said, for that is found."""
    from shlex import quote

    named = "" if scenario == DEFAULT_SCENARIO else f" --scenario {quote(scenario)}"
    return named + ("" if engine == "auto" else f" --engine {engine}")


def _show(output: "Output", result: "Reproduction", again: str) -> None:
    from incidentlab.console.run_view import verdict, view, ways_in

    if output.quiet:
        output.show(verdict(result.run), *ways_in(result.kept))
    else:
        output.show(view(result.run, output.signs, output.out, result.kept, again=again))


def run_variant(
    output: "Output", scenario_id: str, variant_name: str, engine_name: str, options: "Options"
) -> "Reproduction":
    """Choose the engine, run the variant and show its progress.

    Raises:
        IncidentlabError: in one of its kinds; everything that was started is removed by then.
    """
    from rich.text import Text

    from incidentlab import catalogue
    from incidentlab.console.progress import Progress
    from incidentlab.errors import InterruptedRunError
    from incidentlab.lab.choose import choose
    from incidentlab.lab.interruption import Interruption
    from incidentlab.lab.reproduce import reproduce

    scenario = catalogue.find(scenario_id)
    variant = catalogue.variant_of(scenario, variant_name)
    try:
        with Interruption().installed() as interruption:
            choice = choose(engine_name, scenario, scenario.stack(variant), options.registry)
            what = f"{scenario.title} {output.signs.dot} {variant.name}"
            where = f"on {choice.engine.title}: {choice.detail}"
            output.say(Text(), Text.assemble((f"{what} {output.signs.dot} ", "title"), (where, "quiet")))
            if choice.why:
                output.say(Text(f"because {choice.why}", "quiet"))
            output.say(Text())
            with Progress(output) as progress:
                return reproduce(scenario, variant, choice.engine, choice.detail, progress.tell, interruption, options)
    except KeyboardInterrupt:
        raise InterruptedRunError("The run was interrupted; everything it had started is removed.") from None


def document(result: "Reproduction") -> dict[str, Any]:
    """Return what ``run --json`` prints; scripts rely on its keys."""
    from dataclasses import asdict

    run = result.run
    return {
        "schema": RESULT_SCHEMA,
        "run": run.id,
        "scenario": run.scenario,
        "variant": run.variant,
        "engine": run.engine,
        "outcome": run.outcome,
        "met": run.met,
        "exit_code": run.exit_code,
        "symptoms": list(run.symptoms),
        "timings": {name: round(seconds, 4) for name, seconds in run.timings.items()},
        "checks": [
            {"name": each.name, "met": each.met, "expected": each.expected, "observed": each.observed}
            for each in run.checks
        ],
        "watch": asdict(run.watch) if run.watch else None,
        "kept": run.kept,
        "reach": list(result.kept),
        "record": str(result.folder),
    }


def _observe(rules: str, *, asked: bool) -> "Observe | None":
    from pathlib import Path

    from incidentlab.errors import UsageError

    if not asked:
        if rules:
            raise UsageError("--rules goes with --observe.", mend=["Add --observe."])
        return None
    from incidentlab.lab.vigil import Observe

    return Observe(Path(rules) if rules else None)


def _checked(timeout: float | None) -> float | None:
    from incidentlab.errors import UsageError

    if timeout is not None and not 0 < timeout <= 3600:
        raise UsageError(f"--timeout {timeout:g} makes no sense.", mend=["Give seconds between 0 and 3600."])
    return timeout
