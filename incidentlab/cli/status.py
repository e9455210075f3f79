"""``incidentlab status`` and ``open``: how the lab that stands is now, and where it is to be seen."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from incidentlab.cli.settings import complete_words, output_of

if TYPE_CHECKING:
    from incidentlab.model.standing import Standing

_SHOWN = ("app", "prometheus", "alertmanager", "grafana")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("status", short_help="Ask each part of the lab that stands how it is.")(_status)
    app.command("open", short_help="Say where the lab is to be seen, and open it in a browser.")(_open)


def _status(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Ask each part of the lab that stands how it is; exit code 1 where one is not well."""
    from dataclasses import asdict

    from incidentlab.console.standing_view import status
    from incidentlab.lab import doorplate
    from incidentlab.lab.condition import conditions

    output = output_of(context)
    standing = _standing()
    found = conditions(standing)
    absence = "" if any(each.well for each in found) else doorplate.absence(standing)
    if json:
        output.json({**asdict(standing), "places": [asdict(each) for each in found], "absence": absence})
    else:
        output.show(status(standing, found, output.signs, absence))
    if not all(each.well for each in found):
        raise typer.Exit(1)


def _open(
    context: typer.Context,
    part: Annotated[
        str, typer.Argument(help="app, prometheus, alertmanager or grafana.", autocompletion=complete_words(*_SHOWN))
    ] = "",
) -> None:
    """Print where the lab is to be seen, and open it in a browser where there is a display."""
    from incidentlab.errors import UnknownNameError

    output = output_of(context)
    standing = _standing()
    shown = {each.part: each.url for each in standing.places if each.url.startswith("http")}
    if part and part not in shown:
        raise UnknownNameError("part of this lab", part, tuple(shown), listing="incidentlab status")
    chosen = {part: shown[part]} if part else shown
    for url in chosen.values():
        output.data(url)
    if _has_display():
        import webbrowser

        for name, url in chosen.items():
            webbrowser.open(f"{url}/docs" if name.startswith("app") else url)


def _standing() -> "Standing":
    """Return the lab that stands.

    Raises:
        UsageError: none does.
    """
    from incidentlab.errors import UsageError
    from incidentlab.lab import doorplate

    standing = doorplate.read()
    if standing is None:
        raise UsageError("No lab stands.", mend=["Bring one up: incidentlab up fixed --with monitoring"])
    return standing


def _has_display() -> bool:
    """Say whether a browser would be seen by the person at this terminal."""
    if not sys.stdout.isatty():
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
