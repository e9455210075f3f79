"""``incidentlab check-fix``: whether a learner's copy of an incident's files is mended."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from incidentlab.cli.challenge import document
from incidentlab.cli.settings import complete_engines, output_of

if TYPE_CHECKING:
    from incidentlab.console.output import Output
    from incidentlab.lab.interruption import Interruption
    from incidentlab.model.challenge import Challenge


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("check-fix", short_help="Judge the mend of a challenge by what it does.")(_command)


def _command(
    context: typer.Context,
    folder: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="The challenge; the one you are in, or the latest.")
    ] = None,
    watching: Annotated[bool, typer.Option("--watch", help="Try again whenever you save, until it is fixed.")] = False,
    engine: Annotated[
        str | None,
        typer.Option("--engine", "-e", help="docker or local; the challenge's own by default.",
                     autocompletion=complete_engines),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:  # fmt: skip
    """Build your copy of the files, run it, and judge by state whether the incident is mended."""
    from incidentlab.errors import InterruptedRunError, UsageError
    from incidentlab.lab.challenge import ledger
    from incidentlab.lab.interruption import Interruption

    output = output_of(context)
    if watching and json:
        raise UsageError("--watch and --json do not go together.", mend=["Leave one of them out."])
    challenge = ledger.chosen(Path(folder) if folder else None)
    try:
        with Interruption().installed() as interruption:
            fixed = (_watch if watching else _once)(output, challenge, engine or challenge.engine, interruption, json)
    except KeyboardInterrupt:
        raise InterruptedRunError("The check was interrupted; everything it had started is removed.") from None
    if not fixed:
        raise typer.Exit(3)


def _once(output: "Output", challenge: "Challenge", engine: str, interruption: "Interruption", json: bool) -> bool:
    from dataclasses import asdict

    from rich.text import Text

    from incidentlab import catalogue, causes
    from incidentlab.console.challenge_view import answer, judged
    from incidentlab.console.progress import Progress
    from incidentlab.lab.challenge import choosing, tries

    scenario = catalogue.find(challenge.scenario)
    choice = choosing.choice(scenario, engine)
    output.say(Text(f"{challenge.name}, on {choice.engine.title}: {choice.detail}", "title"), Text())
    with Progress(output) as progress:
        challenge, judgement = tries.judge(scenario, challenge, choice, progress.tell, interruption)
    if json:
        checks = [dict(zip(("name", "met", "expected", "observed"), each, strict=True)) for each in judgement.checks]
        output.json({"schema": "incidentlab/check-fix/1", **document(challenge), **asdict(judgement),
                     "checks": checks, "run_seconds": judgement.seconds, "seconds": challenge.seconds})  # fmt: skip
        return judgement.fixed
    output.show(judged(challenge, judgement, output.signs, output.out))
    if judgement.fixed:
        output.show(answer(challenge, causes.get(scenario.cause)))
    return judgement.fixed


def _watch(output: "Output", challenge: "Challenge", engine: str, interruption: "Interruption", json: bool) -> bool:
    """Try until it is fixed; what cannot be built is said, and the next change is waited for."""
    from rich.text import Text

    from incidentlab.errors import BuildFailedError, NotAsExpectedError, ScenarioError, UnsupportedInstructionError
    from incidentlab.lab.challenge import ledger, watching

    while True:
        seen = watching.fingerprint(challenge.folder)
        try:
            if _once(output, challenge, engine, interruption, json):
                return True
        except (BuildFailedError, NotAsExpectedError, ScenarioError, UnsupportedInstructionError) as error:
            output.error(error)
        output.say(Text(), Text(f"Waiting for a change in {challenge.folder}; Ctrl-C ends it.", "quiet"))
        watching.wait(challenge.folder, seen)
        challenge = ledger.chosen(challenge.folder)
