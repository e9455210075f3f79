"""How good practices look: met or not, the fact, and what to do where one is not met."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console.theme import Signs
from incidentlab.model.practice import Practice

_NARROW = 60  # columns
_WORDS = {True: ("met", "good"), False: ("not met", "bad"), None: ("not known", "warn")}


def view(practices: Sequence[Practice], signs: Signs, width: int = 80) -> Group:
    """Return each practice with its verdict in words, its fact, and the advice where it is not met.

    The fact stands beneath its practice where there are not enough columns beside it.
    """
    parts: list[RenderableType] = []
    for each in practices:
        words, style = _WORDS[each.met]
        sign = {True: signs.met, False: signs.unmet, None: "?"}[each.met]
        row = Table.grid(padding=(0, 2))
        row.add_column(width=27, no_wrap=True)
        row.add_column(width=9, no_wrap=True)
        row.add_column(overflow="fold")
        head = Text.assemble((f"  {sign} ", style), each.title), Text(words, style)
        said = [Text(each.fact), *([] if each.met else [Text(f"In production: {each.advice}", "quiet")])]
        if width < _NARROW:
            row.add_row(*head, "")
            parts.append(Group(row, *(Padding(text, (0, 0, 0, 4)) for text in said)))
            continue
        row.add_row(*head, said[0])
        for text in said[1:]:
            row.add_row("", "", text)
        parts.append(row)
    count = sum(each.met is True for each in practices)
    return Group(*parts, Text(), Text(f"  {count} of {len(practices)} met", "strong"))
