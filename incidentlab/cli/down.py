"""``incidentlab down``: remove the lab that stands."""

from typing import Annotated

import typer

from incidentlab.cli.settings import output_of


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("down", short_help="Remove the lab that `up` has left standing.")(_command)


def _command(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Remove everything of the lab that `up` has left standing."""
    from rich.text import Text

    from incidentlab.lab import doorplate
    from incidentlab.lab.interruption import Interruption

    output = output_of(context)
    standing = doorplate.read()
    removed = 0
    if standing is not None:
        with Interruption().installed() as interruption, interruption.held_back():
            removed = doorplate.take_down(standing)
    if json:
        output.json({"schema": "incidentlab/down/1", "run": standing.run if standing else None, "removed": removed})
    elif standing is None:
        output.show(Text("No lab stands: there is nothing to remove."))
    elif not removed:
        output.show(Text(f"Nothing was left of {standing.scenario} {standing.variant} on {standing.engine}."))
    else:
        things = "1 thing" if removed == 1 else f"{removed} things"
        output.show(Text(f"removed {standing.scenario} {standing.variant} on {standing.engine}: {things}"))
