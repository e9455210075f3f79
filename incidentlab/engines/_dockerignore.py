"""Which files of a build context a ``.dockerignore`` keeps out, by moby's rules.

Patterns are anchored at the context's root, ``*`` stays within one folder, ``**`` crosses them, ``!`` takes files
back in, the last pattern that matches decides, and a pattern that matches a folder matches all below it
(docs.docker.com/build/concepts/context/#dockerignore-files).
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what it matches, and whether it lets files back in."""

    expression: re.Pattern[str]
    back_in: bool


@dataclass(frozen=True, slots=True)
class Ignore:
    """The patterns of a ``.dockerignore``, in their order."""

    patterns: tuple[Pattern, ...] = ()

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Ignore":
        """Read the lines of a ``.dockerignore``; comments, empty lines and ``.`` say nothing."""
        return cls(tuple(_patterns(lines)))

    @classmethod
    def beside(cls, context: Path) -> "Ignore":
        """Read the ``.dockerignore`` of a context; without one nothing is kept out."""
        try:
            text = (context / ".dockerignore").read_text("utf-8-sig", errors="replace")
        except FileNotFoundError:
            return cls()
        return cls.of(text.splitlines())

    def keeps_out(self, path: str) -> bool:
        """Say whether a path (relative, with ``/``) stays out of the image."""
        parts = path.split("/")
        ways = [path, *("/".join(parts[:count]) for count in range(1, len(parts)))]
        out = False
        for pattern in self.patterns:
            if pattern.back_in == out and any(pattern.expression.fullmatch(way) for way in ways):
                out = not pattern.back_in
        return out


def _patterns(lines: Iterable[str]) -> Iterator[Pattern]:
    for raw in lines:
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        back_in = line.startswith("!")
        path = posixpath.normpath(line[back_in:].strip() or ".").lstrip("/")
        if path not in ("", "."):
            yield Pattern(re.compile(_expression(path), re.DOTALL), back_in)


def _expression(pattern: str) -> str:
    out, index = "", 0
    while index < len(pattern):
        piece, index = _piece(pattern, index)
        out += piece
    try:
        re.compile(out)
    except re.error:  # an unclosed "[": Docker refuses it; we take it as the plain text it looks like
        return re.escape(pattern)
    return out


def _piece(pattern: str, index: int) -> tuple[str, int]:
    char = pattern[index]
    if pattern.startswith("**", index):
        after = index + 2
        while pattern.startswith("*", after):
            after += 1
        if pattern.startswith("/", after):
            return "(?:.*/)?", after + 1
        return ".*", after
    if char == "\\":
        return re.escape(pattern[index + 1 : index + 2]), index + 2
    if char == "[" and (end := pattern.find("]", index + 2)) > 0:
        return "[" + pattern[index + 1 : end].replace("[", "\\[") + "]", end + 1
    return {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)), index + 1
