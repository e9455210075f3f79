"""``incidentlab doctor``: what this machine can do, and the mend for what it cannot."""

from typing import Annotated

import typer

from incidentlab.cli.settings import output_of


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("doctor", help="Check what this machine can do, and what it needs.")(_command)


def _command(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    from dataclasses import asdict

    from incidentlab.console.doctor_view import view
    from incidentlab.lab.doctor import examine

    output = output_of(context)
    findings = examine()
    if json:
        rows = [asdict(each) for each in findings]
        output.json(
            {
                "schema": "incidentlab/doctor/1",
                "usable": any(each.engine and each.ok for each in findings),
                "checks": rows,
            }
        )
    else:
        output.show(view(findings, output.signs))
    if not any(each.engine and each.ok for each in findings):
        raise typer.Exit(4)
