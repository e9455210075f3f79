"""How a Dockerfile looks: with its lines numbered and one of them marked, or as the difference of two.

Lines of code are whole lines of text, never cut or folded, so that what is copied from here is a Dockerfile; the
terminal itself breaks what is too long for it.
"""

from collections.abc import Iterator
from difflib import unified_diff

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from incidentlab.console.diagnosis_view import diff
from incidentlab.console.theme import Signs
from incidentlab.model.dockerfile import DockerfileError, launch_config, parse

_DECISIVE = {"FROM", "ENTRYPOINT", "CMD"}  # what the container is made from, and what it starts


def start_line(text: str) -> int | None:
    """Return the number of the line that says how the container starts; ``None`` where that cannot be told."""
    try:
        return launch_config(parse(text)).start_line
    except DockerfileError:
        return None


def numbered(text: str, marked: int | None, signs: Signs, *, whole: bool = True) -> Text:
    """Return the text with line numbers, one of them marked; the lines that decide where not the ``whole`` is wanted.

    What is left out is said in its place.
    """
    lines = text.splitlines()
    chosen = set(range(1, len(lines) + 1)) if whole or marked is None else {marked, *_decisive(text)}
    result = Text(no_wrap=True, overflow="ignore")
    for first, last in _runs(len(lines), chosen):
        if first not in chosen:
            result.append(f"         ... lines {first} to {last} are not shown\n", "quiet")
            continue
        is_marked = first == marked
        result.append(f"{signs.arrow if is_marked else '':>4} ", "bad")
        result.append(f"{first:>2} ", "quiet")
        result.append(f"{lines[first - 1]}\n", "bad" if is_marked else "code")
    result.rstrip()
    return result


def difference(broken: tuple[str, str], fixed: tuple[str, str]) -> Text:
    """Return the unified diff of two Dockerfiles, each given as (name, text)."""
    lines = unified_diff(broken[1].splitlines(), fixed[1].splitlines(), broken[0], fixed[0], n=1, lineterm="")
    return diff("\n".join(lines), indent=4)


def reasons(whys: tuple[tuple[str, str], ...]) -> Group:
    """Return each word of the correction with the reason for it."""
    parts: list[RenderableType] = []
    for word, why in whys:
        row = Table.grid(padding=(0, 2))
        row.add_column(width=22, no_wrap=True)
        row.add_column()
        row.add_row(Text(f"  {word}", "command"), Text(why))
        parts.append(row)
    return Group(*parts)


def _decisive(text: str) -> set[int]:
    """Return the numbers of the lines of those instructions that decide what is started."""
    found = [each for each in parse(text).instructions if each.keyword in _DECISIVE]
    return {number for each in found for number in range(each.first_line, each.last_line + 1)}


def _runs(count: int, chosen: set[int]) -> Iterator[tuple[int, int]]:
    """Give each chosen line by itself, and those between them together."""
    first = 1
    for number in range(1, count + 1):
        if number in chosen:
            if first < number:
                yield first, number - 1
            yield number, number
            first = number + 1
    if first <= count:
        yield first, count
