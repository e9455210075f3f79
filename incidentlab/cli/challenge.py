"""``incidentlab challenge``: an incident without its name, to be found and mended."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from incidentlab.cli.settings import complete_engines, complete_scenarios, output_of

if TYPE_CHECKING:
    from incidentlab.console.output import Output
    from incidentlab.lab.reproduce import Reproduction
    from incidentlab.model.challenge import Challenge

_WORDS = ("hint", "reveal")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("challenge", short_help="Find and mend an incident that does not tell its name.")(_command)


def _complete(incomplete: str) -> list[str]:
    return [word for word in (*_WORDS, *complete_scenarios("")) if word.startswith(incomplete)]


def _command(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID|hint|reveal]", help="A scenario, where it shall be a certain one.", autocompletion=_complete
        ),
    ] = None,
    where: Annotated[str, typer.Option("--in", metavar="DIR", help="Where your copy of the files is made.")] = ".",
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="DIR", help="Which challenge; the one you are in, or the latest.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", "-e", help="auto, docker or local.", autocompletion=complete_engines)
    ] = "auto",
    listed: Annotated[bool, typer.Option("--list", help="Show how far you have come.")] = False,
    given_up: Annotated[bool, typer.Option("--give-up", help="Tell the cause, and a remedy as a diff.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Meet an incident without its name: find the cause, mend a copy of the files, have it judged by check-fix."""
    from incidentlab.errors import UsageError

    output = output_of(context)
    if listed + given_up + (what is not None) > 1:
        raise UsageError(
            "Say one thing at a time.", mend=["incidentlab challenge --list", "incidentlab challenge hint"]
        )
    place = Path(folder) if folder else None
    if listed:
        _list(output, json=json)
    elif given_up or what == "reveal":
        _reveal(output, place, json=json)
    elif what == "hint":
        _hint(output, place, json=json)
    else:
        _begin(output, what, engine, Path(where), json=json)


def _begin(output: "Output", scenario_id: str | None, engine: str, where: Path, *, json: bool) -> None:
    from rich.text import Text

    from incidentlab.console.challenge_view import begun
    from incidentlab.console.progress import Progress
    from incidentlab.errors import InterruptedRunError
    from incidentlab.lab.challenge import choosing, tries
    from incidentlab.lab.interruption import Interruption

    scenario, choice = choosing.named(scenario_id, engine) if scenario_id else choosing.by_chance(engine)
    try:
        with Interruption().installed() as interruption:
            output.say(Text(f"An incident, on {choice.engine.title}: {choice.detail}", "title"), Text())
            with Progress(output) as progress:
                challenge, done = tries.begin(scenario, choice, where, progress.tell, interruption)
    except KeyboardInterrupt:
        raise InterruptedRunError("The challenge was interrupted; everything it had started is removed.") from None
    if json:
        output.json(_begun(challenge, done))
    else:
        output.show(begun(challenge, done.run, str(where / challenge.name), output.out))


def _begun(challenge: "Challenge", done: "Reproduction") -> dict[str, Any]:
    from incidentlab.console.challenge_view import answers

    return {
        "schema": "incidentlab/challenge/1",
        "challenge": challenge.name,
        "folder": str(challenge.folder),
        "engine": challenge.engine,
        "outcome": done.run.outcome,
        "exit_code": done.run.exit_code,
        "symptoms": list(done.run.symptoms),
        "answers": answers(done.run.samples),
    }


def _hint(output: "Output", folder: Path | None, *, json: bool) -> None:
    from dataclasses import replace

    from incidentlab import catalogue
    from incidentlab.console.challenge_view import hint
    from incidentlab.errors import UsageError
    from incidentlab.lab.challenge import hints, ledger

    challenge = ledger.chosen(folder, only_open=True)
    known = hints.of(catalogue.find(challenge.scenario))
    if challenge.state != "open":
        raise UsageError(
            f"{challenge.name} is over: {challenge.state}.", mend=["What it was: incidentlab challenge reveal"]
        )
    number = min(challenge.hints + 1, len(known))
    if number > challenge.hints:
        ledger.save(replace(challenge, hints=number))
    if json:
        document = {"schema": "incidentlab/challenge-hint/1", "challenge": challenge.name}
        output.json({**document, "number": number, "of": len(known), "hint": known[number - 1]})
    else:
        output.show(hint(known[number - 1], number, len(known)))


def _reveal(output: "Output", folder: Path | None, *, json: bool) -> None:
    from rich.text import Text

    from incidentlab import catalogue, causes
    from incidentlab.console.challenge_view import answer
    from incidentlab.lab.challenge import ledger, revealing
    from incidentlab.lab.challenge.offered import remedy_of

    challenge = ledger.end(ledger.chosen(folder), solved=False)
    scenario = catalogue.find(challenge.scenario)
    remedy = remedy_of(scenario)
    changes = revealing.diff(scenario, remedy) if remedy else ""
    if json:
        output.json({**document(challenge), "schema": "incidentlab/challenge-answer/1",
                     "cause": scenario.cause, "remedy": changes})  # fmt: skip
        return
    if remedy:
        styles = {"+": "added", "-": "removed"}
        lines = (Text(line, styles.get(line[:1], "default"), no_wrap=True, overflow="ignore")
                 for line in changes.splitlines())  # fmt: skip
        output.show(*lines)
        output.show(Text(), Text(f"  {remedy.summary}"))
    output.show(answer(challenge, causes.get(scenario.cause)))


def _list(output: "Output", *, json: bool) -> None:
    from incidentlab.console.challenge_view import progress
    from incidentlab.lab.challenge import choosing, ledger
    from incidentlab.lab.challenge.offered import reference, why_not

    every = ledger.every()
    met = {each.scenario for each in every}
    untried = sum(reference(each) not in met for each in choosing.offered())
    kept_out = {each.id: why for each in choosing.known() if (why := why_not(each))}
    if json:
        rows = [document(each) for each in every]
        more = {"untried": untried, "no_challenges": kept_out}
        output.json({"schema": "incidentlab/challenges/1", "challenges": rows, **more})
    else:
        output.show(progress(every, untried, kept_out))


def document(challenge: "Challenge") -> dict[str, Any]:
    """Return a challenge as JSON has it; what it is about is in it once it is over."""
    return {
        "challenge": challenge.name,
        "state": challenge.state,
        "scenario": None if challenge.state == "open" else challenge.scenario,
        "folder": str(challenge.folder),
        "engine": challenge.engine,
        "started_at": challenge.started_at.isoformat(),
        "seconds": challenge.seconds,
        "hints": challenge.hints,
        "tries": challenge.tries,
    }
