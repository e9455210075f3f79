"""How the state of this machine looks."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from incidentlab.console.output import points
from incidentlab.console.theme import Signs
from incidentlab.model.examined import Examined


def view(findings: Sequence[Examined], signs: Signs) -> Group:
    """Return one line a thing, each with its mend where it has one."""
    parts: list[RenderableType] = []
    for each in findings:
        sign = (f"{signs.met} ", "good") if each.ok else (f"{signs.unmet} ", "bad")
        row = Table.grid(padding=(0, 2))
        row.add_column(width=20)
        row.add_column(overflow="fold")
        row.add_row(Text.assemble(sign, each.name), Text(each.detail))
        parts.append(row)
        parts += [points(each.mend, signs, "warn", indent=22)] if each.mend else []
    return Group(*parts)
