"""Dockerfiles as data: what is written, on which line, and how the image starts.

Only text is read; nothing is run and no file is opened. Syntax is that of the Dockerfile reference
(docs.docker.com/reference/dockerfile): continuations, comments, the ``escape`` directive, heredocs, stages.
"""

import re

from incidentlab.model._dockerfile import lines
from incidentlab.model._dockerfile.config import Healthcheck, LaunchConfig
from incidentlab.model._dockerfile.instruction import (
    KEYWORDS,
    Dockerfile,
    DockerfileError,
    Flag,
    Heredoc,
    Instruction,
    Stage,
)
from incidentlab.model._dockerfile.launch import advance, launch_config, outer_arguments, word_of, words_of
from incidentlab.model._dockerfile.words import expand, split

__all__ = [
    "Dockerfile",
    "DockerfileError",
    "Flag",
    "Healthcheck",
    "Heredoc",
    "Instruction",
    "LaunchConfig",
    "Stage",
    "advance",
    "expand",
    "launch_config",
    "outer_arguments",
    "parse",
    "split",
    "word_of",
    "words_of",
]

_FROM = re.compile(r"(?P<base>\S+)(?:\s+[Aa][Ss]\s+(?P<name>\S+))?")


def parse(text: str, name: str = "Dockerfile") -> Dockerfile:
    """Read a Dockerfile.

    Args:
        text: the whole text.
        name: the file's name as people know it, for messages.

    Raises:
        DockerfileError: it cannot be understood; with name and line.
    """
    source = lines.Source.of(text, name)
    found = tuple(lines.instructions(source))
    before = next((i for i, each in enumerate(found) if each.keyword == "FROM"), None)
    if before is None:
        raise DockerfileError(name, found[0].first_line if found else 1, "there is no FROM")
    for instruction in found:
        _check(name, instruction)
    for instruction in found[:before]:
        if instruction.keyword != "ARG":
            raise DockerfileError(
                name, instruction.first_line, f"{instruction.keyword} stands before the first FROM; only ARG may"
            )
    return Dockerfile(name, text, found, found[:before], _stages(name, found[before:]), source.escape)


def _check(name: str, instruction: Instruction) -> None:
    line = instruction.first_line
    if instruction.keyword == "SHELL" and not instruction.words:
        raise DockerfileError(name, line, 'SHELL needs the JSON form, as ["/bin/bash", "-c"]')
    if instruction.keyword == "ONBUILD":
        inner = instruction.arguments.split(None, 1)[0].upper()
        if inner not in KEYWORDS - {"ONBUILD", "FROM", "MAINTAINER"}:
            raise DockerfileError(name, line, f"ONBUILD cannot hold {inner[:40]!r}")


def _stages(name: str, found: tuple[Instruction, ...]) -> tuple[Stage, ...]:
    starts = [index for index, each in enumerate(found) if each.keyword == "FROM"]
    stages = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(found)], strict=True)):
        head = _FROM.fullmatch(found[start].arguments)
        if head is None:
            raise DockerfileError(name, found[start].first_line, "FROM takes an image and, after AS, a name")
        stages.append(Stage(number, head["base"], (head["name"] or "").lower(), found[start:end]))
    return tuple(stages)
