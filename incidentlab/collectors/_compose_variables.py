"""Variables in a compose file's values: ``$VAR``, ``${VAR}``, ``:-``, ``-``, ``:?``, ``?``, ``:+``, ``+`` and ``$$``.

As docs.docker.com/reference/compose-file/interpolation has it; operands may hold variables again.
"""

import re
from collections.abc import Mapping

from incidentlab.collectors._compose_yaml import Items, Map, Value

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")
_DEEPEST = 24  # levels of variables within operands


class Variables:
    """Values by name, and what became of those who asked for one.

    ``unset`` are names that were asked for without a default and that nothing sets, ``used`` what was put in, with
    the secrets in it, ``problems`` what compose refuses, a sentence each.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.unset: list[str] = []
        self.used: dict[str, str] = {}
        self.problems: list[str] = []

    def get(self, name: str) -> str | None:
        """Return a variable's value, ``None`` where nothing sets it."""
        value = self.values.get(name)
        if value is not None:
            self.used[name] = value
        return value

    def note_unset(self, name: str) -> None:
        """Note a name that is used and that nothing sets."""
        if name not in self.unset:
            self.unset.append(name)

    def put_into(self, value: Value) -> Value:
        """Return a value with the variables put into all texts of it; keys stay as they are."""
        if isinstance(value, str):
            return self.expand(value)
        if isinstance(value, Map):
            result = Map({name: self.put_into(inner) for name, inner in value.items()})
            result.lines, result.overrides = value.lines, value.overrides
            return result
        if isinstance(value, Items):
            items = Items(self.put_into(inner) for inner in value)
            items.overrides = value.overrides
            return items
        return value

    def expand(self, text: str, depth: int = 0) -> str:
        """Return a text with its variables put in; what is no variable stays as it is written."""
        out: list[str] = []
        at = 0
        while (dollar := text.find("$", at)) >= 0:
            out.append(text[at:dollar])
            piece, at = self._one(text, dollar, depth)
            out.append(piece)
        return "".join(out) + text[at:]

    def _one(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        """Return what stands for the dollar sign at ``dollar``, and where the text goes on."""
        after = dollar + 1
        if text.startswith("$", after):
            return "$", after + 1
        if text.startswith("{", after):
            return self._braced(text, after + 1, depth)
        name = _NAME.match(text, after)
        return (self._plain(name[0]), name.end()) if name else ("$", after)

    def _braced(self, text: str, start: int, depth: int) -> tuple[str, int]:
        end = _closing(text, start)
        name = _NAME.match(text, start)
        if end < 0 or not name:
            self._problem(f"{text[start - 2 : start + 38]!r} is no variable that compose understands.")
            # Without its end nothing after it is certain; it stays as it is written.
            return (text[start - 2 :], len(text)) if end < 0 else (text[start - 2 : end + 1], end + 1)
        operator = _OPERATOR.match(text, name.end())
        if name.end() == end:
            return self._plain(name[0]), end + 1
        if not operator or operator.end() > end or depth >= _DEEPEST:
            self._problem(f"{text[start - 2 : min(end + 1, start + 38)]!r} is no variable that compose understands.")
            return text[start - 2 : end + 1], end + 1
        return self._with_operand(name[0], operator[0], text[operator.end() : end], depth), end + 1

    def _plain(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            self.note_unset(name)
        return value or ""

    def _with_operand(self, name: str, operator: str, operand: str, depth: int) -> str:
        value = self.get(name)
        is_there = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("+"):
            return self.expand(operand, depth + 1) if is_there else ""
        if is_there:
            return value or ""
        if operator.endswith("-"):
            return self.expand(operand, depth + 1)
        self.note_unset(name)
        said = f": {self.expand(operand, depth + 1)}" if operand else ""
        self._problem(f"{name} is required and nothing sets it{said}.".replace("..", "."))
        return ""

    def _problem(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)


def _closing(text: str, start: int) -> int:
    """Return where the brace closes that was opened before ``start``; -1 where it does not."""
    depth, at = 1, start
    while at < len(text):
        if text.startswith("${", at):
            depth += 1
            at += 2
            continue
        if text[at] == "}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1
