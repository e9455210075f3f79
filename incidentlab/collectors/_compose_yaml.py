"""A compose file's text → plain values with their lines: mappings, lists, and scalars as they are written.

YAML 1.1 would make a number of ``22:22``, a truth of ``on`` and an octal of ``0600``, and PyYAML lets a second key
silently replace the first; compose v2 reads all of these as text. So nodes are composed and converted here.
``!reset`` and ``!override`` are compose's own tags (docs.docker.com/reference/compose-file/merge).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

import yaml

from incidentlab.errors import UsageError

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml: slower, otherwise the same
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MOST_CHARACTERS = 4 * 1024 * 1024
_DEEPEST = 64  # levels; libyaml's composer recurses without a limit of its own
_MOST_VALUES = 200_000  # after aliases are put in: a few lines of them can stand for billions
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


class Map(dict[str, "Value"]):
    """A mapping; ``lines`` has the line of each key, ``overrides`` whether it replaces what earlier files say."""

    def __init__(self, values: "dict[str, Value] | None" = None) -> None:
        super().__init__(values or {})
        self.lines: dict[str, int] = {}
        self.overrides = False


class Items(list["Value"]):
    """A list; ``overrides`` is whether it replaces what earlier files say."""

    overrides = False


class Reset:
    """What ``!reset`` leaves: the key is as if nobody had written it."""


Value = Union[str, None, Map, Items, Reset]  # noqa: UP007 - the classes' own names are not known yet at this point


@dataclass(slots=True)
class _Reading:
    name: str
    remarks: list[str] = field(default_factory=list)
    active: set[int] = field(default_factory=set)  # nodes that are being converted
    count: int = 0


def read(text: str, name: str) -> tuple[list[Map], list[str]]:
    """Read a compose file.

    Args:
        text: its content.
        name: what people call it, for messages.

    Returns:
        Its documents, and what is odd about it, a sentence each.

    Raises:
        UsageError: it is no YAML, or no mapping; with line, column and what to do.
    """
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"{name} is too large for a compose file.", why=f"It has {len(text):,} characters.")
    reading = _Reading(name)
    try:
        _check_depth(text, name)
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise _broken(name, place, _problem(error), _line(text, mark.line) if mark else "") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        raise _broken(name, f"{name}:{line}:{column}", "a character that YAML does not allow") from None
    except yaml.YAMLError as error:
        raise _broken(name, name, str(error).partition("\n")[0]) from None
    found = [_value(node, reading) for node in nodes]
    documents = [one for one in found if isinstance(one, Map)]
    if len(documents) < len(found):
        raise UsageError(
            f"{name} is not a compose file.",
            why="It is YAML, but not a mapping with a key services.",
            mend=("Name the project's compose file, for example: --compose compose.yaml",),
        )
    return documents, reading.remarks


def _check_depth(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > _DEEPEST:
                line = event.start_mark.line + 1 if event.start_mark else "?"
                raise _broken(name, f"{name}:{line}", f"more than {_DEEPEST} levels")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _broken(name: str, place: str, problem: str, line: str = "") -> UsageError:
    mend = [
        "Correct that line; the mistake may stand in the one before it.",
        f"Then check: docker compose -f {name} config",
    ]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        mend.insert(0, "Indent with blanks: YAML allows no tabs there.")
    return UsageError(f"{name} is not valid YAML.", why=f"{place}: {problem}.", mend=mend)


def _line(text: str, index: int) -> str:
    return "".join(text.split("\n", index + 1)[index : index + 1])


def _problem(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.problem, error.context) if part]
    return ", ".join(parts) or "it cannot be read"


def _value(node: yaml.Node, reading: _Reading) -> Value:
    if node.tag == "!reset":
        return Reset()
    line = node.start_mark.line + 1
    reading.count += 1
    if reading.count > _MOST_VALUES:
        raise UsageError(
            f"{reading.name} is too large for a compose file.",
            why=f"With its aliases put in it has more than {_MOST_VALUES:,} values.",
        )
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == _NULL else str(node.value)
    if id(node) in reading.active:
        reading.remarks.append(f"{reading.name}, line {line}: an alias stands inside its own anchor; it was left out.")
        return None
    reading.active.add(id(node))
    try:
        value = _mapping(node, reading) if isinstance(node, yaml.MappingNode) else _items(node, reading)
    finally:
        reading.active.discard(id(node))
    value.overrides = node.tag == "!override"
    return value


def _items(node: yaml.Node, reading: _Reading) -> Items:
    return Items(_value(item, reading) for item in node.value)


def _mapping(node: yaml.MappingNode, reading: _Reading) -> Map:
    own = Map()
    inherited: list[Map] = []
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag == _MERGE:
            inherited += _sources(value, reading)
        elif not isinstance(key, yaml.ScalarNode):
            reading.remarks.append(f"{reading.name}, line {line}: a key that is no word; it was left out.")
        else:
            name = str(key.value)
            if name in own:
                reading.remarks.append(
                    f"{reading.name}, line {line}: {name!r} stands here a second time, after line {own.lines[name]}. "
                    "The later one was read; docker compose v2 refuses the file."
                )
            own[name] = _value(value, reading)
            own.lines[name] = line
    # Of several sources the first counts most; what the mapping says itself counts more than any.
    for source in inherited:
        for name, inner in source.items():
            if name not in own:
                own[name] = inner
                own.lines[name] = source.lines.get(name, 0)
    return own


def _sources(node: yaml.Node, reading: _Reading) -> Iterator[Map]:
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for each in nodes:
        value = _value(each, reading)
        if isinstance(value, Map):
            yield value
