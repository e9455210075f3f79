"""``incidentlab scenarios``: what can be reproduced."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from incidentlab.cli.settings import complete_scenarios, output_of

if TYPE_CHECKING:
    from incidentlab.model.scenario import Scenario

LIST_SCHEMA = "incidentlab/scenarios/1"

group = typer.Typer(help="List, show and validate the known incidents.", no_args_is_help=True)


@group.command("list", short_help="List the scenarios, bundled ones and your own.")
def list_command(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """List the scenarios: the bundled ones, your own, and those of installed packages."""
    from rich.text import Text

    from incidentlab import catalogue
    from incidentlab.console.catalogue_view import listing
    from incidentlab.errors import ScenarioError

    output = output_of(context)
    places = catalogue.places()
    found, broken = [], {}
    for name in places:
        try:
            found.append(catalogue.find(name))
        except ScenarioError as error:  # one that cannot be used hides no other
            broken[name] = list(error.problems)
    clashes = [f"{each.folder}: {each.id} is {places[each.id].origin}'s already" for each in catalogue.clashes()]
    if json:
        rows = [{**_document(each), "origin": places[each.id].origin} for each in found]
        output.json({"schema": LIST_SCHEMA, "scenarios": rows, "broken": broken, "clashes": clashes})
        return
    output.show(listing(found, {name: each.origin for name, each in places.items()}))
    for name, problems in broken.items():
        output.say(Text(f"{name} cannot be used: incidentlab scenarios validate {name}", "bad"))
        output.say(*(Text(f"    {problem}", "quiet") for problem in problems[:1]))
    for clash in clashes:
        output.say(Text(f"not listed: {clash}", "quiet"))


@group.command("show", short_help="Show a scenario: its story, and what each variant has to show.")
def show_command(
    context: typer.Context,
    scenario: Annotated[str, typer.Argument(help="A scenario's id.", autocompletion=complete_scenarios)],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Show a scenario: its story, its variants and what each has to show."""
    from incidentlab import catalogue
    from incidentlab.console.catalogue_view import page

    output = output_of(context)
    found = catalogue.find(scenario)
    if json:
        output.json({"schema": "incidentlab/scenario-page/1", **_document(found)})
    else:
        output.show(page(found, output.signs))


@group.command("validate", short_help="Check scenario files; problems come with line and column.")
def validate_command(
    context: typer.Context,
    scenarios: Annotated[list[str] | None, typer.Argument(help="Ids or folders; all bundled ones by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Check scenario files; each problem is named with file, line and column."""
    from rich.text import Text

    from incidentlab import catalogue
    from incidentlab.errors import ScenarioError

    output = output_of(context)
    wanted = scenarios or list(catalogue.names())
    problems: dict[str, list[str]] = {}
    for each in wanted:
        try:
            catalogue.find(each)
            problems[each] = []
        except ScenarioError as error:
            problems[each] = list(error.problems)
    if json:
        output.json({"schema": "incidentlab/validation/1", "problems": problems})
    else:
        for name, found in problems.items():
            sign, style = (output.signs.unmet, "bad") if found else (output.signs.met, "good")
            output.show(Text.assemble((f"{sign} ", style), name))
            for problem in found:
                output.data(f"    {problem}")
    if any(problems.values()):
        raise typer.Exit(2)


@group.command("schema")
def schema_command(
    context: typer.Context,
    path: Annotated[bool, typer.Option("--path", help="Print where its file lies instead.")] = False,
) -> None:
    """Print the JSON Schema of scenario.yaml, for editors."""
    from incidentlab import schemas

    file = schemas.path("scenario")
    output_of(context).data(str(file) if path else file.read_text(encoding="utf-8"))


def _document(scenario: "Scenario") -> dict[str, Any]:
    return {
        "id": scenario.id,
        "title": scenario.title,
        "summary": scenario.summary,
        "cause": scenario.cause,
        "engines": list(scenario.engines),
        "variants": [
            {"name": each.name, "summary": each.summary, "outcome": each.expect.outcome}
            for each in scenario.variants.values()
        ],
        "folder": str(scenario.directory),
    }
