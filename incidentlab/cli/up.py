"""``incidentlab up``: bring up the whole lab and leave it standing."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from incidentlab.cli.run import DEFAULT_SCENARIO, complete_variants
from incidentlab.cli.settings import complete_engines, complete_scenarios, complete_words, one_of, output_of

if TYPE_CHECKING:
    from incidentlab.console.output import Output
    from incidentlab.lab.standing import Raised, Wish


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("up", short_help="Bring up a variant and leave it standing, to be looked at.")(_command)


def _command(
    context: typer.Context,
    variant: Annotated[
        str,
        typer.Argument(help="broken, fixed, or another variant of the scenario.", autocompletion=complete_variants),
    ] = "fixed",
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
    beside: Annotated[
        list[str] | None,
        typer.Option("--with", help="What stands beside it: monitoring.", autocompletion=complete_words("monitoring")),
    ] = None,
    default_login: Annotated[
        bool,
        typer.Option("--default-login", help="Grafana's login is admin/admin; else a password of its own, said once."),
    ] = False,
    registry: Annotated[str, typer.Option(help="Mirror to pull images from, such as mirror.example:5000.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Bring up a variant, with --with monitoring too, and leave it standing: app, database, Prometheus, Grafana."""
    from incidentlab.console.standing_view import raised
    from incidentlab.errors import UsageError
    from incidentlab.lab.standing import Wish

    output = output_of(context)
    for each in beside or ():
        one_of("--with", each, ("monitoring",))
    if default_login and not beside:
        raise UsageError("--default-login is Grafana's, which was not asked for.", mend=["Add --with monitoring."])
    result = _raised(output, scenario, variant, engine, Wish(bool(beside), default_login, registry))
    if json:
        output.json(document(result))
    else:
        output.show(raised(result.standing, result.database_url, result.grafana_password, result.seconds))
    if not result.standing.as_expected:
        raise typer.Exit(3)


def _raised(output: "Output", scenario_id: str, variant_name: str, engine_name: str, wish: "Wish") -> "Raised":
    from rich.text import Text

    from incidentlab import catalogue
    from incidentlab.console.progress import Progress
    from incidentlab.errors import InterruptedRunError
    from incidentlab.lab.choose import choose
    from incidentlab.lab.interruption import Interruption
    from incidentlab.lab.standing import raise_up

    scenario = catalogue.find(scenario_id)
    variant = catalogue.variant_of(scenario, variant_name)
    try:
        with Interruption().installed() as interruption:
            choice = choose(engine_name, scenario, scenario.stack(variant), wish.registry)
            what = f"{scenario.title} {output.signs.dot} {variant.name} {output.signs.dot} "
            output.say(Text.assemble((what, "title"), (f"on {choice.engine.title}: {choice.detail}", "quiet")))
            if choice.why:
                output.say(Text(f"because {choice.why}", "quiet"))
            output.say(Text())
            with Progress(output) as progress:
                return raise_up(scenario, variant, choice.engine, progress.tell, interruption, wish)
    except KeyboardInterrupt:
        raise InterruptedRunError("It was interrupted; everything it had started is removed.") from None


def document(result: "Raised") -> dict[str, Any]:
    """Return what ``up --json`` prints, the passwords among it: whoever asks for it needs them."""
    standing = result.standing
    return {
        "schema": standing.schema,
        "run": standing.run,
        "scenario": standing.scenario,
        "variant": standing.variant,
        "engine": standing.engine,
        "outcome": standing.outcome,
        "as_expected": standing.as_expected,
        "seconds": round(result.seconds, 3),
        "places": {each.part: each.url for each in standing.places},
        "database_url": result.database_url,
        "grafana_password": result.grafana_password or None,
        "notes": list(standing.notes),
    }
