"""``incidentlab diagnose``: the root cause, with proof, of a recorded run or of whatever sources one has."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from incidentlab.cli import _diagnosis
from incidentlab.cli._nearby import complete_containers, complete_projects
from incidentlab.cli.settings import complete_runs, complete_words, one_of, output_of

if TYPE_CHECKING:
    from incidentlab.console.output import Output
    from incidentlab.lab.investigate import Sources


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(
        "diagnose",
        short_help="Say why it broke, with proof.",
        help="Say why it broke, with proof: a recorded run, or logs, containers, a database, code.",
    )(_command)


def _command(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(help="A run's id, its beginning, or last, which is the default.", autocompletion=complete_runs),
    ] = None,
    logs: Annotated[
        list[str] | None, typer.Option("--logs", "-l", help="A log file; - for stdin. May be repeated.")
    ] = None,
    container: Annotated[
        list[str] | None,
        typer.Option(
            "--container",
            "-c",
            help="A container, running or not. May be repeated.",
            autocompletion=complete_containers,
        ),
    ] = None,
    compose: Annotated[
        list[Path] | None, typer.Option("--compose", help="A compose file; several are merged, as compose does.")
    ] = None,
    compose_project: Annotated[
        str, typer.Option("--compose-project", help="A compose project by name.", autocompletion=complete_projects)
    ] = "",
    database_url: Annotated[
        str | None,
        typer.Option("--database-url", "-d", help="A PostgreSQL URL, or env:NAME or file:PATH to find it there."),
    ] = None,
    project: Annotated[Path | None, typer.Option("--project", "-p", help="The folder with the code.")] = None,
    ask_database: Annotated[
        bool, typer.Option("--ask-database", help="Also look, read-only, into the database that a container names.")
    ] = False,
    no_follow: Annotated[
        bool, typer.Option("--no-follow", help="Read a pipe to its end, even when a cause is certain before.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document; the same as --format json.")] = False,
    format: Annotated[  # noqa: A002 — the option's name is what people type
        str,
        typer.Option("--format", "-f", help="text, json or sarif.", autocompletion=complete_words(*_diagnosis.FORMATS)),
    ] = "",
    output_file: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; - for stdout.")] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            help="Exit with 1 if a finding is that sure: possible, likely, certain or never.",
            autocompletion=complete_words(*_diagnosis.THRESHOLDS),
        ),
    ] = "never",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the result.")] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Show all: prevention, links.")] = 0,
) -> None:
    from incidentlab.cli import _sources
    from incidentlab.lab.investigate import Sources

    output = output_of(context, quiet=quiet, verbose=verbose)
    kind = one_of("--format", _diagnosis.format_of(format, json, output_file), _diagnosis.FORMATS)
    one_of("--fail-on", fail_on, _diagnosis.THRESHOLDS)
    url, variable = _sources.database_of(database_url)
    sources = Sources(
        logs=tuple(logs or ()),
        containers=tuple(container or ()),
        compose=tuple(compose or ()),
        compose_project=compose_project,
        database_url=url,
        database_variable=variable,
        project=project,
        ask_database=ask_database,
        to_the_end=no_follow,
    )
    _sources.check(run, sources)
    told = _of_sources(output, sources) if sources.any else _of_run(output, run or "last", kind)
    _write(output, told, kind, output_file)
    if _diagnosis.reaches(told.diagnosis, fail_on):
        raise typer.Exit(1)


def _of_sources(output: "Output", sources: "Sources") -> _diagnosis.Told:
    from incidentlab.console.waiting import Waiting
    from incidentlab.lab.investigate import investigate

    with Waiting(output) as waiting:
        found = investigate(sources, waiting.tell)
    return _diagnosis.Told(found.diagnosis, {"sources": [asdict(each) for each in found.asked]}, found.asked)


def _of_run(output: "Output", run: str, kind: str) -> _diagnosis.Told:
    from rich.text import Text

    from incidentlab.lab.investigate import of_record

    record, diagnosis = of_record(run)
    if kind == "text":
        about = f"{record.run.scenario} {output.signs.dot} {record.run.variant} on {record.run.engine}"
        output.say(Text.assemble((f"\nRun {record.run.id}", "title"), (f"  {about}", "quiet")))
    return _diagnosis.Told(diagnosis, {"run": record.run.id})


def _write(output: "Output", told: _diagnosis.Told, kind: str, file: Path | None) -> None:
    if file is None or str(file) == "-":
        if kind == "text":
            from incidentlab.console.diagnosis_view import view

            verbose = bool(output.verbose)
            output.show(view(told.diagnosis, output.signs, output.out, sources=told.asked, verbose=verbose))
        else:
            output.data(_diagnosis.document(told, kind))
        return
    from rich.text import Text

    from incidentlab.lab.writing import write_atomically

    text = _diagnosis.plain_text(told) if kind == "text" else _diagnosis.document(told, kind)
    write_atomically(file, text, elsewhere="incidentlab diagnose … -o /some/file")
    output.say(Text.assemble(f"{output.signs.met} ", "wrote ", (str(file), "command"), f" ({kind})"))
