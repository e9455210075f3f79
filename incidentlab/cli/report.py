"""``incidentlab report``: the written account of runs, as Markdown, HTML, JSON or JUnit."""

from pathlib import Path
from typing import Annotated

import typer

from incidentlab.cli.settings import complete_formats, complete_runs, one_of, output_of


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("report", help="Write the account of a break and its fix.")(_command)


def _command(
    context: typer.Context,
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs by id; the last broken and the last fixed one by default.", autocompletion=complete_runs
        ),
    ] = None,
    format: Annotated[  # noqa: A002 — the option's name is what people type
        str,
        typer.Option(
            "--format",
            "-f",
            help="markdown, html, json or junit; by the file's ending if -o is given.",
            autocompletion=complete_formats,
        ),
    ] = "",
    output_file: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; - for stdout.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    from rich.text import Text

    from incidentlab import reports
    from incidentlab.lab import writing
    from incidentlab.lab.account import accounts

    output = output_of(context)
    to_stdout = output_file is None or str(output_file) == "-"
    known = reports.formats()
    name = "json" if json else format or writing.format_of(output_file, known)
    one_of("--format", name, tuple(known))
    text = known[name].render(writing.compose(accounts(runs or ())))
    if to_stdout:
        output.data(text)
        return
    assert output_file is not None  # noqa: S101 — to_stdout is false
    writing.write_atomically(output_file, text)
    output.say(Text.assemble(f"{output.signs.met} ", "wrote ", (str(output_file), "command"), f" ({name})"))
