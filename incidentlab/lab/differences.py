"""In what two variants of a scenario differ, as the words that ``remedy:`` in a ``scenario.yaml`` uses.

========================  ==============================================================================
``Dockerfile CMD``        an instruction of that keyword stands in one and not in the other
``file alembic/env.py``   a file of the overlays, by its place in the build context
``env DATABASE_URL``      a variable of the environment
``before sql``            a step before the app's start; ``during …`` one while it runs
``replicas``, ``limits``  how many there are, what each may use
========================  ==============================================================================
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from incidentlab.model import dockerfile
from incidentlab.model.scenario import ContextEntry, Variant
from incidentlab.model.step import Step, name_of


def between(one: Variant, other: Variant) -> tuple[str, ...]:
    """Return all that differs, sorted; what is expected of the two is no difference between them."""
    found = {*_instructions(one, other), *_files(one, other), *_env(one, other)}
    found |= {f"before {name}" for name in _steps(one.before, other.before)}
    found |= {f"during {name}" for name in _steps(one.during, other.during)}
    if one.replicas != other.replicas:
        found.add("replicas")
    if one.memory != other.memory:
        found.add("limits")
    return tuple(sorted(found))


def _instructions(one: Variant, other: Variant) -> set[str]:
    """Compare instructions, not text: a comment or a broken line changes no image."""
    first, second = (_said(each.dockerfile) for each in (one, other))
    unequal = [each for each in first if each not in second] + [each for each in second if each not in first]
    if not unequal and first != second:
        unequal = [pair[0] for pair in zip(first, second, strict=False) if pair[0] != pair[1]] or first
    return {f"Dockerfile {keyword}" for keyword, _ in unequal}


def _said(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    parsed = dockerfile.parse(path.read_text(encoding="utf-8"), path.name)
    return [(each.keyword, tuple(each.arguments.split())) for each in parsed.instructions]


def _files(one: Variant, other: Variant) -> set[str]:
    first, second = (_overlaid(each.overlays) for each in (one, other))
    places = first.keys() | second.keys()
    return {f"file {place}" for place in places if first.get(place) != second.get(place)}


def _overlaid(overlays: Sequence[ContextEntry]) -> dict[str, bytes]:
    """Return place → content of what lies over the shared context; later overlays win."""
    return {
        path.relative_to(entry.source).as_posix(): path.read_bytes()
        for entry in overlays
        for path in sorted(entry.source.rglob("*"))
        if path.is_file()
    }


def _env(one: Variant, other: Variant) -> Iterator[str]:
    for name in one.env.keys() | other.env.keys():
        if (name in one.env, one.env.get(name)) != (name in other.env, other.env.get(name)):
            yield f"env {name}"


def _steps(one: tuple[Step, ...], other: tuple[Step, ...]) -> set[str]:
    unequal = [each for each in one if each not in other] + [each for each in other if each not in one]
    if not unequal and one != other:
        unequal = [*one]
    return {name_of(type(each)) for each in unequal}
