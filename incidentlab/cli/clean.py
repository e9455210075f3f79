"""``incidentlab clean``: remove what killed or kept runs have left."""

from typing import Annotated

import typer

from incidentlab.cli.settings import complete_leftovers, output_of

_PLURALS = {"process": "processes"}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("clean", help="Remove what killed or kept runs have left.")(_command)


def _command(
    context: typer.Context,
    run: Annotated[
        str | None, typer.Argument(help="Only what belongs to this run.", autocompletion=complete_leftovers)
    ] = None,
    all_things: Annotated[
        bool, typer.Option("--all", help="Remove caches too: built images, initialised data directories.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list it.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    from collections import Counter
    from dataclasses import asdict
    from itertools import groupby

    from rich.text import Text

    from incidentlab.lab import clean

    output = output_of(context)
    found = clean.find(_full_id(run), caches=all_things)
    if not dry_run:
        clean.remove(found)
    if json:
        rows = [asdict(each) for each in found]
        output.json({"schema": "incidentlab/clean/1", "removed": not dry_run, "leftovers": rows})
        return
    if dry_run:
        for each in found:
            output.data(f"would remove {each.kind} {each.name}  ({f'run {each.run}' if each.run else 'cache'})")
    else:
        for owner, kinds in groupby(found, key=lambda each: each.run):
            counts = Counter(each.kind for each in kinds)
            things = ", ".join(
                f"{count} {_PLURALS.get(kind, f'{kind}s') if count > 1 else kind}" for kind, count in counts.items()
            )
            output.data(f"removed {things}  ({f'run {owner}' if owner else 'cache'})")
    if not found:
        output.show(Text("There is nothing to remove."))


def _full_id(run: str | None) -> str | None:
    """Return the run that a person means: of those with a record, else of those that have left something.

    Raises:
        RefusedError: it is in progress.
        UnknownNameError: there is none of that name.
    """
    from incidentlab.errors import RefusedError, UnknownNameError, UsageError
    from incidentlab.lab import active, archive, clean

    if run is None:
        return None
    if going := sorted(each for each in active.alive() if each.startswith(run)):
        raise RefusedError(
            f"The run {going[0]} is in progress.",
            why="It removes what it has started when it ends.",
            mend=["To end it now: Ctrl-C where it runs.", "What other runs have left: incidentlab clean"],
        )
    left = sorted({each.run for each in clean.find() if each.run.startswith(run)})
    if len(left) == 1:
        return left[0]
    try:
        return archive.resolve(run)
    except UsageError:
        raise UnknownNameError("run", run, (*archive.ids(), *left), listing="incidentlab runs list") from None
