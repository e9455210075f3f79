"""``incidentlab diagnose``: the root cause of a recorded run, from its evidence alone."""

from typing import Annotated

import typer

from incidentlab.cli.settings import complete_runs, output_of


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("diagnose", help="Say why a recorded run broke, with proof.")(_command)


def _command(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(help="A run's id, its beginning, or last.", autocompletion=complete_runs)
    ] = "last",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    from dataclasses import asdict

    from rich.text import Text

    from incidentlab.causes import diagnose
    from incidentlab.console.diagnosis_view import view
    from incidentlab.lab import archive

    output = output_of(context)
    record = archive.load(run)
    diagnosis = diagnose(record.evidence)
    if json:
        output.json({"run": record.run.id, **asdict(diagnosis)})
        return
    about = f"{record.run.scenario} {output.signs.dot} {record.run.variant} on {record.run.engine}"
    output.say(Text.assemble((f"\nRun {record.run.id}", "title"), (f"  {about}", "quiet")))
    output.show(view(diagnosis, output.signs, output.out))
