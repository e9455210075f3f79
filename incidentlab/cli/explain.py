"""``incidentlab explain CAUSE``: a cause's page."""

from typing import Annotated

import typer

from incidentlab.cli.settings import output_of


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("explain", help="Explain a cause: signs, check, mend, prevention.")(_command)


def _complete(incomplete: str) -> list[str]:
    from incidentlab import causes

    return [name for name in causes.names() if name.startswith(incomplete)]


def _command(
    context: typer.Context,
    cause: Annotated[
        str | None, typer.Argument(help="A cause's id; all are listed without.", autocompletion=_complete)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    if cause is None:
        _list(context, json)
    elif json:
        output_of(context).json(_document(cause))
    else:
        from incidentlab.console.cause_page import print_page

        print_page(cause)


def _list(context: typer.Context, json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from incidentlab import causes

    output = output_of(context)
    known = causes.catalogue()
    if json:
        rows = [{"id": each.id, "title": each.title, "summary": each.summary} for each in known.values()]
        output.json({"schema": "incidentlab/causes/1", "causes": rows})
        return
    table = Table.grid(padding=(0, 3))
    for each in known.values():
        table.add_row(Text(each.id, "command"), Text(each.summary))
    output.show(table)


def _document(cause: str) -> dict[str, object]:
    from dataclasses import fields

    from incidentlab import causes

    found = causes.get(cause)
    parts = {each.name: getattr(found, each.name) for each in fields(found) if each.name != "find"}
    return {"schema": "incidentlab/cause/1", **parts}
