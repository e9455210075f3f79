"""The commands of a RUN line, where they are simple ones joined by ``&&`` or ``;``."""

import shlex
from collections.abc import Mapping

from incidentlab.model.dockerfile import Instruction, expand

_JOINTS = frozenset({"&&", ";"})


def commands(run: Instruction, variables: Mapping[str, str]) -> list[list[str]] | None:
    """Return the words of each command of a RUN; ``None`` where it needs a real shell.

    Pipes, redirections, substitutions, conditions, groups and heredocs need one.
    """
    if run.heredocs:
        return None
    if run.words is not None:
        return [list(run.words)]
    text = run.arguments
    if "`" in text or "$(" in text:
        return None
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|<>()")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
        return _grouped(words, variables)
    except ValueError:
        return None


def _grouped(words: list[str], variables: Mapping[str, str]) -> list[list[str]] | None:
    found: list[list[str]] = [[]]
    for word in words:
        if word in _JOINTS:
            found.append([])
        elif set(word) <= set(";&|<>()"):
            return None
        else:
            found[-1].append(expand(word, variables) if "$" in word else word)
    return [command for command in found if command]
