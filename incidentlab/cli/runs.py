"""``incidentlab runs``: the records of earlier runs."""

import sys
from typing import Annotated

import typer

from incidentlab.cli.settings import complete_runs, complete_words, one_of, output_of

group = typer.Typer(help="List, show, read and remove records of runs.", no_args_is_help=True)

RunArgument = Annotated[str, typer.Argument(help="A run's id, its beginning, or last.", autocompletion=complete_runs)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@group.command("list")
def list_command(context: typer.Context, json: JsonOption = False) -> None:
    """List the recorded runs, newest first."""
    from rich.text import Text

    from incidentlab.console.output import command
    from incidentlab.console.runs_view import listing
    from incidentlab.lab.history import history

    output = output_of(context)
    found, damaged = history()
    if json:
        output.json({"schema": "incidentlab/runs/1", "runs": [each.document() for each in found], "damaged": damaged})
        return
    if not found:
        output.say(Text("There is no recorded run yet. Make one: incidentlab run broken"))
    else:
        output.show(listing(found, output.signs))
    for each in damaged:
        output.say(Text(f"{output.signs.unmet} {each}: the record cannot be read; remove it:", "warn"))
        output.say(command(f"  incidentlab runs rm {each}"))


@group.command("show")
def show_command(
    context: typer.Context,
    run: RunArgument = "last",
    evidence: Annotated[bool, typer.Option("--evidence", help="Print the collected facts as JSON.")] = False,
    dockerfile: Annotated[bool, typer.Option("--dockerfile", help="Print the Dockerfile, lines numbered.")] = False,
    json: JsonOption = False,
) -> None:
    """Show a run: its timeline, its expectations, its verdict."""
    from incidentlab.console import runs_view
    from incidentlab.lab import archive

    output = output_of(context)
    record = archive.load(run)
    if dockerfile:
        lines = enumerate(record.run.dockerfile.splitlines(), 1)
        output.data("".join(f"{number:>4}  {line}\n" for number, line in lines))
    elif evidence or json:
        output.data((record.folder / ("evidence.json" if evidence else "run.json")).read_text(encoding="utf-8"))
    else:
        output.show(runs_view.page(record.run, str(record.folder), output.signs, output.out))


@group.command("logs")
def logs_command(
    context: typer.Context,
    run: RunArgument = "last",
    source: Annotated[
        str,
        typer.Option(
            help="app, database, or a further replica such as app-2.", autocompletion=complete_words("app", "database")
        ),
    ] = "app",
    numbers: Annotated[bool, typer.Option("--numbers", "-n", help="Put each line's number before it.")] = False,
) -> None:
    """Print a run's whole log: time, stream and text of each line."""
    from incidentlab.lab import archive

    output_of(context)
    one_of("--source", source, archive.log_names(run))
    path = archive.log_path(run, source)
    with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            sys.stdout.write(f"{number:>6}  {line}" if numbers else line)


@group.command("rm")
def rm_command(
    context: typer.Context,
    runs: Annotated[list[str] | None, typer.Argument(help="Runs by id.", autocompletion=complete_runs)] = None,
    all_runs: Annotated[bool, typer.Option("--all", help="Remove every record.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove records for good; asks where they are not named in full."""
    from rich.text import Text

    from incidentlab.errors import UsageError
    from incidentlab.lab import archive

    output = output_of(context)
    if not runs and not all_runs:
        raise UsageError("Which runs?", mend=["Name them, or use --all.", "See them: incidentlab runs list"])
    chosen = archive.ids() if all_runs else tuple(dict.fromkeys(map(archive.resolve_for_removal, runs or ())))
    if set(chosen) - set(runs or ()) and not yes:
        _confirm(chosen)
    _refuse_kept(chosen)
    for each in chosen:
        archive.remove(each)
        output.say(Text(f"{output.signs.met} removed {each}"))
    if not chosen:
        output.say(Text("There is no record to remove."))


def _confirm(chosen: tuple[str, ...]) -> None:
    """Ask before records go that were not named in full: they are evidence, and ``last`` moves with each run."""
    from incidentlab.errors import RefusedError

    what = chosen[0] if len(chosen) == 1 else f"{len(chosen)} records"
    if not sys.stdin.isatty():
        raise RefusedError(
            f"{what} would be removed for good.", mend=["Name each in full, or say so: incidentlab runs rm … --yes"]
        )
    typer.confirm(f"Remove {what} for good?", abort=True)


def _refuse_kept(chosen: tuple[str, ...]) -> None:
    """A record whose stack still runs is the only thing that tells how to reach it."""
    from incidentlab.errors import IncidentlabError, RefusedError
    from incidentlab.lab import archive, clean

    for each in chosen:
        try:
            kept = archive.load(each).run.kept
        except IncidentlabError:
            continue  # a damaged record may always go
        if kept and clean.find(each):
            raise RefusedError(
                f"The stack of {each} is still running.", mend=[f"Remove it first: incidentlab clean {each}"]
            )
