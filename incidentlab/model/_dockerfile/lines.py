"""From text to instructions: continuations, comments, directives and heredocs.

The rules are those of the Dockerfile reference (docs.docker.com/reference/dockerfile).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from incidentlab.model._dockerfile.instruction import KEYWORDS, DockerfileError, Flag, Heredoc, Instruction

_DIRECTIVE = re.compile(r"^\s*#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$")
_FLAG = re.compile(r"--([A-Za-z][A-Za-z0-9-]*)(?:=(\S*))?(?=\s|$)")
_HEREDOC = re.compile(r"""(?<!\S)\d*<<(-?)(["']?)([A-Za-z_][A-Za-z0-9_]*)\2(?=\s|$|[>|;&])""")
_WITH_FLAGS = frozenset({"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"})
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_WITH_JSON = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})


@dataclass(frozen=True, slots=True)
class Source:
    """The text by lines, with what is needed to speak about them."""

    name: str
    lines: tuple[str, ...]
    escape: str

    @classmethod
    def of(cls, text: str, name: str) -> "Source":
        """Cut a text into lines; only line feeds end a line, as for Docker."""
        lines = tuple(line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n"))
        return cls(name, lines, _escape(name, lines))


def _escape(name: str, lines: tuple[str, ...]) -> str:
    """Directives stand before everything else; the first other line ends them."""
    for number, line in enumerate(lines, start=1):
        found = _DIRECTIVE.match(line)
        if found is None:
            break
        if found[1].lower() == "escape":
            if found[2] not in ("\\", "`"):
                raise DockerfileError(name, number, f"the escape character has to be \\ or `, not {found[2]!r}")
            return found[2]
    return "\\"


def instructions(source: Source) -> Iterator[Instruction]:
    """Give the instructions one after another.

    Raises:
        DockerfileError: a line that is no instruction.
    """
    index = 0
    while index < len(source.lines):
        line = source.lines[index].strip()
        if not line or line.startswith("#"):
            index += 1
            continue
        text, end = _joined(source, index)
        if not text.strip():  # nothing but continuations
            index = end
            continue
        keyword, *rest = text.split(None, 1)
        instruction, index = _instruction(source, keyword, "".join(rest).strip(), index, end)
        yield instruction


def _joined(source: Source, index: int) -> tuple[str, int]:
    """Join a line with its continuations; return the text and the index after the last line."""
    continued = re.compile(rf"(?:^|(?<=[^{re.escape(source.escape)}])){re.escape(source.escape)}[ \t]*$")
    parts: list[str] = []
    while index < len(source.lines):
        line = source.lines[index]
        index += 1
        if parts and (not line.strip() or line.lstrip().startswith("#")):
            continue
        cut = continued.sub("", line)
        parts.append(cut)
        if cut == line:
            break
    return "".join(parts), index


def _instruction(source: Source, keyword: str, rest: str, start: int, end: int) -> tuple[Instruction, int]:
    name = keyword.upper()
    if name not in KEYWORDS:
        raise DockerfileError(source.name, start + 1, f"there is no instruction {keyword[:40]!r}")
    if not rest:
        raise DockerfileError(source.name, start + 1, f"{name} needs arguments")
    effective = rest.split(None, 1)[0].upper() if name == "ONBUILD" else name
    heredocs, end = _heredocs(source, rest, start, end) if effective in _WITH_HEREDOCS else ((), end)
    flags, arguments = _flags(rest) if name in _WITH_FLAGS else ((), rest)
    words = json_words(arguments) if name in _WITH_JSON else None
    return Instruction(name, arguments, start + 1, end, flags, words, heredocs), end


def _flags(text: str) -> tuple[tuple[Flag, ...], str]:
    flags: list[Flag] = []
    while found := _FLAG.match(text):
        flags.append(Flag(found[1], found[2] or ""))
        text = text[found.end() :].lstrip()
    return tuple(flags), text


def json_words(arguments: str) -> tuple[str, ...] | None:
    """Return the words of the JSON form; anything else is the shell form, as Docker has it."""
    if not arguments.startswith("["):
        return None
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return None
    return tuple(value)


def _heredocs(source: Source, rest: str, start: int, end: int) -> tuple[tuple[Heredoc, ...], int]:
    found = []
    for dash, quote, name in _HEREDOC.findall(rest):
        body: list[str] = []
        while True:
            if end >= len(source.lines):
                raise DockerfileError(source.name, start + 1, f"the heredoc <<{name} is never closed")
            line = source.lines[end].lstrip("\t") if dash else source.lines[end]
            end += 1
            if line == name:
                break
            body.append(line + "\n")
        found.append(Heredoc(name, "".join(body), expand=not quote))
    return tuple(found), end
