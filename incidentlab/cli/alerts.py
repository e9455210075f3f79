"""``incidentlab alerts``: the truth table of each scenario's alerts, every line of it seen in a run."""

from typing import TYPE_CHECKING, Annotated

import typer

from incidentlab.cli.settings import complete_engines, complete_scenarios, output_of

if TYPE_CHECKING:
    from incidentlab.console.output import Output
    from incidentlab.lab.truth import Question
    from incidentlab.lab.vigil import Observe
    from incidentlab.model.truth import Truth


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("alerts", short_help="Prove that alerts fire when broken, and none when fixed.")(_command)


def _command(
    context: typer.Context,
    scenarios: Annotated[
        list[str] | None, typer.Argument(help="Ids or folders.", autocompletion=complete_scenarios)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every scenario there is.")] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            "--engine",
            "-e",
            help="docker or local; may be repeated. All that can be used, by default.",
            autocompletion=complete_engines,
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=32, help="How many scenarios side by side.")] = 1,
    rules: Annotated[str, typer.Option(help="File with alert rules, instead of the service's own.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Prove the alerts: each fires on its broken variant within its time, and none on a fixed one."""
    from dataclasses import asdict
    from pathlib import Path

    from incidentlab.console.truth_view import view
    from incidentlab.lab.truth import TRUTH_SCHEMA
    from incidentlab.lab.vigil import Observe
    from incidentlab.monitoring import config

    output = output_of(context)
    if rules:
        config.rules(Path(rules))  # a file that cannot be read is told once, not with every line of the table
    questions = _questions(output, scenarios or [], engine or [], everything=everything)
    if jobs > 1:
        table = _side_by_side(output, questions, jobs, str(Path(rules).absolute()) if rules else "")
    else:
        table = _table(output, questions, Observe(Path(rules) if rules else None))
    left_out = [(each.scenario.id, each.engine.name, each.unfit) for each in questions if each.unfit]
    if json:
        left = [{"scenario": name, "engine": on, "why": why} for name, on, why in left_out]
        output.json({"schema": TRUTH_SCHEMA, "table": [asdict(each) for each in table], "left_out": left})
    else:
        output.show(view(table, output.signs, left_out))
    if not all(each.holds for each in table):
        raise typer.Exit(4 if all(each.error for each in table if not each.holds) else 3)


def _questions(output: "Output", scenarios: list[str], engines: list[str], *, everything: bool) -> "list[Question]":
    from incidentlab import catalogue
    from incidentlab.cli.prove import usable_engines
    from incidentlab.errors import UsageError
    from incidentlab.lab.truth import Question

    if bool(scenarios) == everything:
        raise UsageError(
            "Name the scenarios, or say --all." if not everything else "Either names or --all, not both.",
            mend=["One: incidentlab alerts missing-migrations", "All: incidentlab alerts --all"],
        )
    found = [(place, catalogue.find(place)) for place in (catalogue.names() if everything else scenarios)]
    asked = [Question(scenario, each, place) for each in usable_engines(output, engines) for place, scenario in found]
    if all(each.unfit for each in asked):
        whys = dict.fromkeys(f"{each.scenario.id} on {each.engine.name}: {each.unfit}" for each in asked)
        raise UsageError(
            "There is no alert to prove here.",
            why="\n".join(whys),
            mend=["Name one under `alerts:` of a broken variant in scenario.yaml."],
        )
    return asked


def _table(output: "Output", questions: "list[Question]", observe: "Observe") -> "list[Truth]":
    from incidentlab.console.progress import Progress
    from incidentlab.console.truth_view import line
    from incidentlab.errors import InterruptedRunError
    from incidentlab.lab.interruption import Interruption
    from incidentlab.lab.truth import truths

    try:
        with Interruption().installed() as interruption, Progress(output) as progress:
            progress.muted = not output.verbose

            def heard(truth: "Truth") -> None:
                with progress.suspended():
                    output.say(line(truth, output.signs))

            return truths(questions, observe, progress.tell, heard, interruption)
    except KeyboardInterrupt:
        raise InterruptedRunError("The runs were interrupted; everything they had started is removed.") from None


def _side_by_side(output: "Output", questions: "list[Question]", jobs: int, rules: str) -> "list[Truth]":
    from incidentlab.console.truth_view import line
    from incidentlab.errors import InterruptedRunError
    from incidentlab.lab.asking_all import ask_all
    from incidentlab.lab.interruption import Interruption

    try:
        with Interruption().installed():
            return ask_all(questions, jobs, rules, lambda truth: output.say(line(truth, output.signs)))
    except KeyboardInterrupt:
        raise InterruptedRunError("The runs were interrupted; everything they had started is removed.") from None
