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
    from incidentlab.causes import catalogue, families

    output = output_of(context)
    if json:
        family = {each.id: name for name, one in families().items() for each in one.causes}
        rows = [
            {"id": each.id, "title": each.title, "summary": each.summary, "family": family[each.id]}
            for each in catalogue().values()
        ]
        output.json({"schema": "incidentlab/causes/1", "causes": rows})
        return
    from incidentlab.console.cause_page import listing

    output.show(listing(tuple(families().values())))


def _document(cause: str) -> dict[str, object]:
    from dataclasses import fields

    from incidentlab import causes

    found = causes.get(cause)
    # What recognises a cause is code; a reader of JSON has no use for it.
    parts = {each.name: getattr(found, each.name) for each in fields(found) if each.name not in ("find", "signs")}
    return {"schema": "incidentlab/cause/1", **parts}
