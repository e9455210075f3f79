"""``incidentlab scenarios new``: a folder that validates and can be run at once."""

import re
import sys
from typing import Annotated

import typer

from incidentlab.cli.settings import complete_scenarios, complete_words, output_of

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 64


def register(group: typer.Typer) -> None:
    """Add the command to ``incidentlab scenarios``."""
    group.command("new", short_help="Write a new scenario of your own.")(_command)


def _complete_causes(incomplete: str) -> list[str]:
    from incidentlab import causes

    return complete_words(*causes.names())(incomplete)


def _command(
    context: typer.Context,
    scenario: Annotated[str, typer.Argument(metavar="ID", help="Its id: small letters, digits and hyphens.")],
    title: Annotated[str | None, typer.Option(help="What happened, in a few words.")] = None,
    cause: Annotated[
        str | None, typer.Option(help="What a diagnosis has to find.", autocompletion=_complete_causes)
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(help="A scenario whose files it begins with.", autocompletion=complete_scenarios),
    ] = None,
    folder: Annotated[str, typer.Option("--in", metavar="DIR", help="Where its folder is made.")] = ".",
) -> None:
    """Write a new scenario: it asks for a title and a cause where a person is there to answer."""
    from pathlib import Path

    from rich.text import Text

    from incidentlab import catalogue, causes
    from incidentlab.errors import UnknownNameError, UsageError
    from incidentlab.lab.authoring import write_new

    output = output_of(context)
    if not _ID.fullmatch(scenario) or len(scenario) > _LONGEST:
        raise UsageError(f"{scenario!r} is no id.", mend=["Use small letters, digits and hyphens: lost-migrations"])
    if cause is not None and cause not in causes.names():
        raise UnknownNameError("cause", cause, causes.names(), listing="incidentlab explain")
    model = catalogue.find(base) if base is not None else None
    title = title or _asked("Title", scenario.replace("-", " ").capitalize())
    if cause is None:
        usual = model.cause if model else "migrations-not-applied"
        cause = _asked("Cause (incidentlab explain lists them)", usual)
        if cause not in causes.names():
            raise UnknownNameError("cause", cause, causes.names(), listing="incidentlab explain")
    made = write_new(Path(folder), scenario, title, cause, model.directory if model else None)
    catalogue.load_folder(made.resolve())
    like = base or "missing-migrations"
    output.show(
        Text(f"{made} is written. It validates, and breaks as {like} does until you change it:"),
        *(Text(f"  {each}", "command") for each in (
            f"incidentlab scenarios validate {made}",
            f"incidentlab run broken --scenario {made}",
            f"incidentlab scenarios prove {made}",
        )),
    )  # fmt: skip


def _asked(what: str, default: str) -> str:
    """Ask, where somebody can answer; else take the default, for nothing may wait for nobody."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        answer: str = typer.prompt(what, default=default, err=True)
        return answer.strip() or default
    return default
