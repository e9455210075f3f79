"""How the lab that stands looks: its parts with their addresses, what each answers, and what to do next."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console.theme import Signs
from incidentlab.model.standing import Condition, Standing

# The ports that people know from the original's compose stack.
EXPECTED = {"app": 8000, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000}


def raised(standing: Standing, database_url: str, password: str, seconds: float) -> Group:
    """Return what is said of a lab that has just been brought up; the passwords are said here and nowhere else."""
    words, style = ("UP", "verdict.good") if standing.as_expected else ("UP, BUT NOT AS EXPECTED", "verdict.bad")
    head = Text.assemble(
        (f"  {words}", style),
        f"  in {seconds:.1f} s   the app: {standing.outcome}   ",
        (f"run {standing.run}", "quiet"),
    )
    parts: list[RenderableType] = [Text(), head, Text()]
    for each in standing.places:
        url = database_url if each.part == "database" else each.url
        parts.append(Text(f"  {each.part:<13} {url}", no_wrap=True, overflow="ignore"))
    if password:
        parts.append(Text(f"  {'':<13} log in as admin, password {password}", no_wrap=True, overflow="ignore"))
    said = [*_elsewhere(standing), *standing.notes]
    parts += [Text(), *(Padding(Text(each, "quiet"), (0, 0, 0, 2)) for each in said)] if said else []
    commands = (
        "incidentlab status   how each part is",
        "incidentlab open     show it",
        "incidentlab down     remove all",
    )
    return Group(*parts, Text(), Text("  Next", "title"), *(Text(f"  {each}", "command") for each in commands))


def status(standing: Standing, found: Sequence[Condition], signs: Signs, absence: str = "") -> Group:
    """Return how each part is now, and why none of them answers where that is known."""
    head = Text.assemble(
        (f"{standing.scenario} {signs.dot} {standing.variant} on {standing.engine}", "title"),
        (f"   since {standing.since:%Y-%m-%d %H:%M:%S} UTC, run {standing.run}", "quiet"),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in found:
        sign = Text(f"  {signs.met}", "good") if each.well else Text(f"  {signs.unmet}", "bad")
        said = Text(each.said, "quiet" if each.well else "bad")
        table.add_row(sign, Text(each.part), Group(Text(each.url, overflow="fold"), said))
    return Group(head, Text(), table, *([Text(), Text(absence, "bad")] if absence else []))


def _elsewhere(standing: Standing) -> list[str]:
    """Say which parts are not where people look for them."""
    found = []
    for each in standing.places:
        expected, port = EXPECTED.get(each.part), urlsplit(each.url).port
        if expected and expected != port:
            found.append(f"Port {expected} is taken or not this engine's to give: {each.part} is on {port}.")
    return found
