"""A YAML file as plain values, with the place of each of them.

PyYAML's own loader guesses types by YAML 1.1 (``no`` becomes False, ``22:22`` a number) and lets a second key
silently replace the first. Scenario files are short and written by hand, so this reader composes nodes and
converts them itself: plain scalars are text, except for what JSON calls a number, ``true``, ``false`` and ``null``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from shlex import quote
from typing import Any

import yaml

from incidentlab.errors import ScenarioError

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml: slower, otherwise the same
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Path = tuple[str | int, ...]

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?")
_DEEPEST = 64  # levels of mappings and lists
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file, counted from 1 as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a file and where each of them stands."""

    name: str
    value: Any
    places: dict[Path, Place]

    def at(self, path: Sequence[str | int]) -> str:
        """Return ``file:line:column`` of a value; of its nearest parent where the value itself is absent."""
        trail = tuple(path)
        while trail not in self.places:
            trail = trail[:-1]
        place = self.places[trail]
        return f"{self.name}:{place.line}:{place.column}"


def read(text: str, name: str) -> Document:
    """Read one YAML document.

    Args:
        text: the file's content.
        name: how the file is called in messages.

    Raises:
        ScenarioError: not YAML, an anchor that refers to itself, or a key that stands twice.
    """
    try:
        _check_depth(text, name)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ScenarioError(f"{name} is not valid YAML.", [f"{where}: {error.problem}"], mend=mend(name)) from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{name} is not valid YAML.", [f"{name}: {error}"], mend=mend(name)) from None
    places: dict[Path, Place] = {(): Place(1, 1)}
    if node is None:
        return Document(name, None, places)
    return Document(name, _value(node, (), places, name, ()), places)


def mend(name: str) -> tuple[str, ...]:
    """Return what to do about a file that cannot be used; a scenario is checked by its own folder."""
    path = PurePath(name)
    if path.name != "scenario.yaml":
        return ("Correct what is named above, then try again.",)
    return (f"Correct what is named above, then check with: incidentlab scenarios validate {quote(str(path.parent))}",)


def _check_depth(text: str, name: str) -> None:
    """Refuse what is nested without end: libyaml's composer recurses without a limit and would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                line = event.start_mark.line + 1 if event.start_mark else "?"
                where = f"{name}:{line}: more than {_DEEPEST} levels"
                raise ScenarioError(f"{name} cannot be used.", [where], mend=mend(name))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: yaml.Node, path: Path, places: dict[Path, Place], name: str, parents: tuple[int, ...]) -> Any:
    place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
    places.setdefault(path, place)
    if id(node) in parents:
        raise ScenarioError(
            f"{name} refers to itself.",
            [f"{name}:{place.line}:{place.column}: an alias inside its own anchor"],
            mend=mend(name),
        )
    inner = (*parents, id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, places, name, inner)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), places, name, inner) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101 — YAML has no fourth kind of node
    return _scalar(node)


def _mapping(
    node: yaml.MappingNode, path: Path, places: dict[Path, Place], name: str, parents: tuple[int, ...]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        where = f"{name}:{key_node.start_mark.line + 1}:{key_node.start_mark.column + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise ScenarioError(f"{name} cannot be used.", [f"{where}: a key has to be a word"], mend=mend(name))
        key = key_node.value
        if key in result:
            raise ScenarioError(
                f"{name} cannot be used.", [f"{where}: the key {key!r} stands here twice"], mend=mend(name)
            )
        places[(*path, key)] = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        result[key] = _value(value_node, (*path, key), places, name, parents)
    return result


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text: str = node.value
    if node.style in {"'", '"', "|", ">"}:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
