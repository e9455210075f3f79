"""``incidentlab scenarios prove``: each scenario breaks, heals by its remedy alone, and is diagnosed as what it is."""

from typing import TYPE_CHECKING, Annotated

import typer

from incidentlab.cli.settings import complete_engines, complete_scenarios, output_of

if TYPE_CHECKING:
    from pathlib import Path

    from incidentlab.console.output import Output
    from incidentlab.engines._base import Engine
    from incidentlab.lab.interruption import Interruption
    from incidentlab.lab.proving import Task
    from incidentlab.model.proof import Proof, Proofs


def register(group: typer.Typer) -> None:
    """Add the command to ``incidentlab scenarios``."""
    group.command("prove", short_help="Prove that scenarios break, heal and are diagnosed.")(_command)


def _command(
    context: typer.Context,
    scenarios: Annotated[
        list[str] | None, typer.Argument(help="Ids or folders.", autocompletion=complete_scenarios)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every scenario there is.")] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            "--engine",
            "-e",
            help="docker or local; may be repeated. All that can be used, by default.",
            autocompletion=complete_engines,
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=32, help="How many proofs side by side.")] = 1,
    folder: Annotated[
        str, typer.Option("--output", "-o", help="Folder for the dated JSON and JUnit files.", show_default=False)
    ] = "",
    files: Annotated[bool, typer.Option("--files/--no-files", help="Write those files.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Prove scenarios from four sides: they break, heal, differ by their remedy alone, and are diagnosed."""
    from rich.text import Text

    from incidentlab.console.proof_view import view
    from incidentlab.reports._proof import document

    output = output_of(context)
    tasks = _tasks(output, scenarios or [], engine or [], everything=everything)
    proofs = _proven(output, tasks, jobs, silent=json and len(tasks) == 1)
    if json:
        output.json(document(proofs))
    else:
        output.show(view(proofs, output.signs))
    if files:
        for path in _written(proofs, folder):
            output.say(Text(f"written: {path}", "quiet"))
    if not proofs.hold:
        raise typer.Exit(3)


def _tasks(output: "Output", scenarios: list[str], engines: list[str], *, everything: bool) -> "list[Task]":
    from incidentlab import catalogue
    from incidentlab.errors import UsageError
    from incidentlab.lab.proving import Task

    if bool(scenarios) == everything:
        raise UsageError(
            "Name the scenarios to prove, or say --all." if not everything else "Either names or --all, not both.",
            mend=["One: incidentlab scenarios prove missing-migrations", "All: incidentlab scenarios prove --all -j 2"],
        )
    found = [(place, catalogue.find(place)) for place in (catalogue.names() if everything else scenarios)]
    usable = usable_engines(output, engines)
    return [Task(scenario, each, place) for each in usable for place, scenario in found]


def usable_engines(output: "Output", wanted: list[str]) -> "list[Engine]":
    """Return the engines to prove on; one that was named has to be usable, others are left out with a word."""
    from rich.text import Text

    from incidentlab.errors import EngineUnavailableError, UnknownNameError
    from incidentlab.lab.choose import engines

    known = engines()
    usable = []
    for name in dict.fromkeys(wanted or known):
        if name not in known:
            raise UnknownNameError("engine", name, tuple(known))
        state = known[name].usable()
        if state.usable:
            usable.append(known[name])
        elif name in wanted:
            raise EngineUnavailableError(f"The {name} engine cannot be used.", why=state.why, mend=state.mend)
        else:
            output.say(Text(f"not on {name}: {state.why}", "quiet"))
    if not usable:
        raise EngineUnavailableError("No engine can serve here.", mend=["See what is missing: incidentlab doctor"])
    return usable


def _proven(output: "Output", tasks: "list[Task]", jobs: int, *, silent: bool) -> "Proofs":
    from time import perf_counter

    from incidentlab import __version__
    from incidentlab.console.proof_view import line
    from incidentlab.errors import InterruptedRunError
    from incidentlab.lab.interruption import Interruption
    from incidentlab.lab.proving import prove_all
    from incidentlab.model.events import now
    from incidentlab.model.proof import Proofs

    def tell(proof: "Proof") -> None:
        if not silent:
            output.say(line(proof, output.signs))

    at, began = now(), perf_counter()
    try:
        with Interruption().installed() as interruption:
            if len(tasks) == 1:
                done = [_here(tasks[0], interruption)]
                tell(done[0])
            else:
                done = prove_all(tasks, jobs, tell)
    except KeyboardInterrupt:
        raise InterruptedRunError("The proof was interrupted; everything it had started is removed.") from None
    return Proofs(at, perf_counter() - began, jobs, tuple(done), __version__)


def _here(task: "Task", interruption: "Interruption") -> "Proof":
    """Prove a single one in this process; whatever keeps it from being tried is this command's error."""
    from incidentlab.lab.choose import choose
    from incidentlab.lab.prove import prove
    from incidentlab.model.proof import Proof

    if task.unfit:
        return Proof(task.scenario.id, task.engine.name, unfit=task.unfit)
    choice = choose(task.engine.name, task.scenario, task.scenario.stack(next(iter(task.scenario.variants.values()))))
    return prove(task.scenario, choice.engine, choice.detail, lambda _: None, interruption)


def _written(proofs: "Proofs", folder: str) -> "list[Path]":
    """Write the JSON and JUnit files, named by the time of the proof."""
    import json
    from pathlib import Path

    from incidentlab import places
    from incidentlab.lab.writing import write_atomically
    from incidentlab.reports._proof import document, junit

    where = Path(folder) if folder else places.state() / "proofs"
    stem = f"proofs-{proofs.at:%Y%m%dT%H%M%SZ}"
    texts = {".json": json.dumps(document(proofs), indent=2, default=str) + "\n", ".xml": junit(proofs)}
    paths = []
    for suffix, text in texts.items():
        paths.append(where / f"{stem}{suffix}")
        write_atomically(paths[-1], text, elsewhere="incidentlab scenarios prove … -o /some/folder")
    return paths
