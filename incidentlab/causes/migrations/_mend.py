"""The mend of a Dockerfile that starts its server without migrations, as a diff that can be applied."""

import json
import re
import shlex
from collections.abc import Sequence
from difflib import unified_diff

from incidentlab.causes.migrations._start import wraps
from incidentlab.model.dockerfile import DockerfileError, Instruction, parse
from incidentlab.model.evidence import DockerfileFacts

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash"})
# exec takes one program: not a list of commands, not a shell word, not an assignment.
_NO_EXEC = re.compile(r"[;&|<>()`\n]|^\s*(?:exec|cd|set|export|if|for|while|until|case|source|\.|\{)\s|^\s*\w+=")
_FALLS_THROUGH = re.compile(r";|\|\||(?<![&>])&(?![&>])|\n")


def dockerfile_diff(facts: DockerfileFacts, migrate: str) -> str | None:
    """Return a unified diff that makes the image run ``migrate`` before its server.

    The paths begin with ``a/`` and ``b/``, as ``git apply`` and ``patch -p1`` expect them. ``None`` where the
    Dockerfile says nothing about the start, or cannot be understood.
    """
    instruction = _instruction(facts)
    if instruction is None:
        return None
    lines = re.findall(r"[^\n]*\n|[^\n]+", facts.text)
    first, last = instruction.first_line - 1, instruction.last_line
    written = lines[last - 1]
    end = "\r\n" if written.endswith("\r\n") else "\n" if written.endswith("\n") else ""
    mended = [*lines[:first], _rewritten(instruction, migrate) + end, *lines[last:]]
    return _diff(facts.path, lines, mended)


def start_of(facts: DockerfileFacts) -> tuple[str, ...]:
    """Return the words of ENTRYPOINT and CMD together, empty where the Dockerfile cannot be understood."""
    try:
        found = parse(facts.text, facts.path).final_stage.instructions
    except DockerfileError:
        return ()
    last = {one.keyword: one for one in found if one.keyword in ("ENTRYPOINT", "CMD")}
    return tuple(
        word
        for keyword in ("ENTRYPOINT", "CMD")
        if keyword in last
        for word in (last[keyword].words or (last[keyword].arguments,))
    )


def _instruction(facts: DockerfileFacts) -> Instruction | None:
    """Return the instruction to rewrite: what really names the server."""
    try:
        found = parse(facts.text, facts.path).final_stage.instructions
    except DockerfileError:
        return None
    command = next((one for one in reversed(found) if one.keyword == "CMD"), None)
    entrypoint = next((one for one in reversed(found) if one.keyword == "ENTRYPOINT"), None)
    if entrypoint is None or (command is not None and wraps(entrypoint.words or ())):
        return command
    return entrypoint


def _rewritten(instruction: Instruction, migrate: str) -> str:
    words = instruction.words
    if words is None:
        argv = ["sh", "-c", _before(migrate, instruction.arguments)]
    elif len(words) == 3 and words[0] in _SHELLS and words[1] == "-c":
        argv = [*words[:2], _before(migrate, words[2])]
    elif instruction.keyword == "ENTRYPOINT":
        # CMD's words come after it: "$@" takes them all, and "sh" is what the shell calls itself.
        argv = ["sh", "-c", f'{migrate} && exec "$@"', "sh", *words]
    else:
        argv = ["sh", "-c", f"{migrate} && exec {shlex.join(words)}"]
    return f"{instruction.keyword} {json.dumps(argv, ensure_ascii=False)}"


def _before(migrate: str, command: str) -> str:
    command = command.strip()
    if _FALLS_THROUGH.search(command):
        return f"{migrate} && {{ {command.rstrip('; ')}; }}"
    return f"{migrate} && {command}" if _NO_EXEC.search(command) else f"{migrate} && exec {command}"


def _diff(path: str, before: Sequence[str], after: Sequence[str]) -> str:
    parts = []
    for line in unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm="\n"):
        parts.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(parts)
