"""The command line as one Typer application. Modules here import only Typer and the standard library at their top."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from incidentlab import __version__
from incidentlab.cli import (
    alerts,
    challenge,
    check_fix,
    clean,
    demo,
    diagnose,
    doctor,
    down,
    explain,
    new,
    prove,
    report,
    run,
    runs,
    scenarios,
    status,
    up,
)
from incidentlab.cli.settings import Settings, complete_words

_EPILOG = (
    "Exit codes: 0 as expected · 1 a gate found something · 2 usage · 3 not as expected · "
    "4 this machine cannot do it · 5 refused for safety · 6 something was left behind · 130 interrupted."
)

app = typer.Typer(
    name="incidentlab",
    help="Reproduce a broken database deployment on your machine, find out why, prove the fix, write it down.",
    epilog=_EPILOG,
    no_args_is_help=True,
    # Rich's help costs half of the time that --help may take; a pipe has no use for it.
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"incidentlab {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    color: Annotated[
        str,
        typer.Option(
            help="When to use colour: auto, always or never.", autocompletion=complete_words("auto", "always", "never")
        ),
    ] = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv shows every log line.")
    ] = 0,
    scenarios_in: Annotated[
        list[str] | None,
        typer.Option("--scenarios", metavar="DIR", help="A folder of scenarios of your own; may be repeated."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a bug.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    if scenarios_in:
        # By the environment, so that the processes of a proof see them too.
        os.environ["INCIDENTLAB_SCENARIOS"] = os.pathsep.join(map(os.path.abspath, scenarios_in))
    context.obj = Settings(color, quiet=quiet, verbose=verbose, debug=debug)


for _module in (run, demo, diagnose, report, challenge, check_fix, up, status, down, alerts, explain, clean, doctor):
    _module.register(app)
prove.register(scenarios.group)
new.register(scenarios.group)
for _group, _name in ((scenarios.group, "scenarios"), (runs.group, "runs")):
    app.add_typer(_group, name=_name)


def run_words(words: Sequence[str]) -> int:
    """Run one command line; return its exit code.

    Raises:
        IncidentlabError: what went wrong, for the caller to show.
    """
    try:
        app(args=list(words), prog_name="incidentlab")
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None  # Typer would call it a failure that `| head` has read enough
        return end.code if isinstance(end.code, int) else 1
    return 0
