"""How scenarios look: a list, and a page for each."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console.output import command
from incidentlab.console.theme import Signs
from incidentlab.model.scenario import Expectation, ExpectedRows, Scenario

_TITLE = 34  # columns that a title needs, to take two lines at most


class Listing:
    """Scenarios as a table with as many columns as the width allows; no id in it is ever shortened.

    Ids and titles are always there, beneath each other where they do not fit beside. The other columns go in the order
    cause, variants, origin.
    """

    def __init__(self, scenarios: Sequence[Scenario], origins: Mapping[str, str]) -> None:
        came = [origins.get(each.id, "bundled") for each in scenarios]
        self._ids = [Text(each.id, "command") for each in scenarios]
        self._titles = [Text(each.title) for each in scenarios]
        self._more = [
            *([("From", [Text(each, "quiet") for each in came])] if set(came) - {"bundled"} else []),
            ("Variants", [Text(_variants(each), "quiet") for each in scenarios]),
            ("Cause", [Text(each.cause) for each in scenarios]),
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw what there is room for."""
        room = options.max_width - _wide("Scenario", self._ids) - _TITLE
        if room < 0:
            for word, title in zip(self._ids, self._titles, strict=True):
                yield word
                yield Padding(title, (0, 0, 0, 2))
            return
        columns = []
        for name, cells in self._more:
            room -= _wide(name, cells)
            if room < 0:
                break
            columns.append((name, cells))
        table = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
        table.add_column("Scenario", no_wrap=True)
        for name, _ in reversed(columns):
            table.add_column(name, no_wrap=True)
        table.add_column("What happens", overflow="fold")
        for row in zip(self._ids, *(cells for _, cells in reversed(columns)), self._titles, strict=True):
            table.add_row(*row)
        yield table


def listing(scenarios: Sequence[Scenario], origins: Mapping[str, str] = MappingProxyType({})) -> Listing:
    """Return a table of scenarios; where some are not bundled, with where each comes from."""
    return Listing(scenarios, origins)


def _wide(name: str, cells: Sequence[Text]) -> int:
    return max(cell_len(name), *(each.cell_len for each in cells), 0) + 2


def _variants(scenario: Scenario) -> str:
    """Name the variants shortly: of many, how many there are."""
    return ", ".join(scenario.variants) if len(scenario.variants) < 3 else f"{len(scenario.variants)} variants"


def page(scenario: Scenario, signs: Signs) -> Group:
    """Return a scenario's page: story, variants with what each has to show, and how to run them."""
    parts: list[RenderableType] = [Text(scenario.title, "title"), Text(scenario.summary), Text()]
    parts.append(_facts(scenario))
    for variant in scenario.variants.values():
        parts += [Text(), Text.assemble((variant.name, "title"), f"  {variant.summary}")]
        parts += [Text(f"  {signs.point} {line}") for line in _expected(variant.expect)]
        option = "" if scenario.id == "missing-migrations" else f" --scenario {scenario.id}"
        parts.append(Padding(command(f"incidentlab run {variant.name}{option}"), (0, 0, 0, 2)))
    return Group(*parts)


def _facts(scenario: Scenario) -> Table:
    table = Table.grid(padding=(0, 2))
    rows = (
        ("id", scenario.id),
        ("cause", f"{scenario.cause}  (incidentlab explain {scenario.cause})"),
        ("engines", ", ".join(scenario.engines)),
        *((f"not {name}", why) for name, why in scenario.unfit.items()),
        ("database", scenario.database.image),
        ("folder", str(scenario.directory)),
    )
    for name, value in rows:
        table.add_row(Text(name, "quiet"), Text(value, overflow="fold"))
    return table


def _expected(expect: Expectation) -> list[str]:
    lines = [f"{expect.outcome} within {expect.within:g} s"]
    if expect.sustained and expect.outcome == "healthy":
        lines.append(f"still healthy after {expect.sustained:g} s of use, with no data lost")
    lines += [f"the {each.source} log contains: {each.contains}" for each in expect.logs]
    lines += [f"{each.method} {each.path} is answered {each.status or 'not at all'}" for each in expect.http]
    if expect.database is not None:
        if expect.database.revision:
            lines.append(f"the database's revision is: {expect.database.revision}")
        lines += [f"table {name} is absent" for name in expect.database.missing_tables]
        lines += [f"table {name} is present" for name in expect.database.tables]
    lines += [f"{each.sql} gives {_number(each)}" for each in expect.rows]
    return lines


def _number(expect: ExpectedRows) -> str:
    return str(expect.count) if expect.count is not None else f"at least {expect.at_least}"
