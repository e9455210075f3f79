"""What the instructions of a stage add up to: how a container of that image starts."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from incidentlab.model._dockerfile.config import DEFAULT_SHELL, LaunchConfig
from incidentlab.model._dockerfile.health import healthcheck
from incidentlab.model._dockerfile.instruction import Dockerfile, DockerfileError, Instruction, Stage
from incidentlab.model._dockerfile.words import expand, split

_PAIR = re.compile(r"([^\s=]+)=(.*)", re.DOTALL)


def launch_config(dockerfile: Dockerfile, stage: Stage | None = None) -> LaunchConfig:
    """Return how a container of ``stage`` (the final one, if not named) starts, with what it inherits.

    Raises:
        DockerfileError: a value cannot be understood; with its line.
    """
    stage = stage or dockerfile.final_stage
    outer = outer_arguments(dockerfile)
    base = words_of(dockerfile, stage.instructions[0], stage.base, outer)[0]
    if not base:
        raise DockerfileError(dockerfile.name, stage.instructions[0].first_line, "FROM names no image")
    parent = dockerfile.stage_named(base, stage.index)
    config = launch_config(dockerfile, parent) if parent else LaunchConfig(base=base)
    config = replace(config, variables=dict(config.env))
    for instruction in stage.instructions[1:]:
        config = advance(dockerfile, stage, config, instruction, outer)
    return config


def advance(
    dockerfile: Dockerfile, stage: Stage, config: LaunchConfig, instruction: Instruction, outer: Mapping[str, str]
) -> LaunchConfig:
    """Return what ``config`` has become after one more instruction."""
    handle = _HANDLERS.get(instruction.keyword)
    return handle(_Step(dockerfile, stage, config, instruction, outer)) if handle else config


def words_of(dockerfile: Dockerfile, instruction: Instruction, text: str, variables: Mapping[str, str]) -> list[str]:
    """Return the words of a text, expanded; at least one (maybe empty)."""
    return [word_of(dockerfile, instruction, word, variables) for word in split(text, dockerfile.escape)] or [""]


def word_of(dockerfile: Dockerfile, instruction: Instruction, word: str, variables: Mapping[str, str]) -> str:
    """Return one word, expanded."""
    try:
        return expand(word, variables, dockerfile.escape)
    except (ValueError, RecursionError) as error:  # braces can be nested deeper than we follow
        raise DockerfileError(dockerfile.name, instruction.first_line, str(error)) from None


def outer_arguments(dockerfile: Dockerfile) -> dict[str, str]:
    """Return the ARGs before the first FROM and their defaults; FROM lines and bare ARGs see them."""
    known: dict[str, str] = {}
    for instruction in dockerfile.arguments:
        for word in words_of(dockerfile, instruction, instruction.arguments, known):
            name, _, default = word.partition("=")
            known[name] = default
    return known


@dataclass(frozen=True, slots=True)
class _Step:
    """One instruction and all that it may look at."""

    dockerfile: Dockerfile
    stage: Stage
    config: LaunchConfig
    instruction: Instruction
    outer: Mapping[str, str]

    def words(self, variables: Mapping[str, str] | None = None) -> list[str]:
        known = self.config.variables if variables is None else variables
        return words_of(self.dockerfile, self.instruction, self.instruction.arguments, known)

    def word(self, text: str) -> str:
        return word_of(self.dockerfile, self.instruction, text, self.config.variables)

    def error(self, problem: str) -> DockerfileError:
        return DockerfileError(self.dockerfile.name, self.instruction.first_line, problem)

    def argv(self) -> tuple[str, ...]:
        """The exec form as it is; the shell form handed to the shell."""
        words = self.instruction.words
        return words if words is not None else (*self.config.shell, self.instruction.arguments)


def _env(step: _Step) -> LaunchConfig:
    text, escape = step.instruction.arguments, step.dockerfile.escape
    raw = split(text, escape)
    if not raw or "=" not in raw[0]:
        name, value = [*text.split(None, 1), "", ""][:2]
        if not value:
            raise step.error("ENV needs NAME=value, or a name and a value")
        pairs = [(name, value)]
    else:
        pairs = [_pair(step, word) for word in raw]
    new = {step.word(name): step.word(value) for name, value in pairs}
    return replace(step.config, env={**step.config.env, **new}, variables={**step.config.variables, **new})


def _pair(step: _Step, word: str) -> tuple[str, str]:
    found = _PAIR.fullmatch(word)
    if found is None:
        raise step.error(f"{step.instruction.keyword} needs NAME=value; {word[:40]!r} has no =")
    return found[1], found[2]


def _arg(step: _Step) -> LaunchConfig:
    variables = dict(step.config.variables)
    for word in step.words():
        name, given, default = word.partition("=")
        value = default if given else step.outer.get(name)
        if value is not None and name not in step.config.env:
            variables[name] = value
    return replace(step.config, variables=variables)


def _workdir(step: _Step) -> LaunchConfig:
    path = step.word(step.instruction.arguments)
    joined = posixpath.normpath(posixpath.join(step.config.workdir, path))
    return replace(step.config, workdir=joined.replace("//", "/"))


def _user(step: _Step) -> LaunchConfig:
    return replace(step.config, user=step.words()[0])


def _stop_signal(step: _Step) -> LaunchConfig:
    return replace(step.config, stop_signal=step.words()[0])


def _expose(step: _Step) -> LaunchConfig:
    ports = [port if "/" in port else f"{port}/tcp" for port in step.words() if port]
    return replace(step.config, exposed=tuple(dict.fromkeys((*step.config.exposed, *ports))))


def _shell(step: _Step) -> LaunchConfig:
    return replace(step.config, shell=step.instruction.words or DEFAULT_SHELL)


def _cmd(step: _Step) -> LaunchConfig:
    line = step.instruction.first_line
    return replace(step.config, cmd=step.argv(), start_line=line, cmd_stage=step.stage.index)


def _entrypoint(step: _Step) -> LaunchConfig:
    kept = step.config.cmd if step.config.cmd_stage == step.stage.index else ()
    line = step.instruction.first_line
    return replace(step.config, entrypoint=step.argv(), cmd=kept, start_line=line)


def _healthcheck(step: _Step) -> LaunchConfig:
    try:
        return replace(step.config, healthcheck=healthcheck(step.instruction))
    except ValueError as error:
        raise step.error(str(error)) from None


_HANDLERS = {
    "ARG": _arg,
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "SHELL": _shell,
    "STOPSIGNAL": _stop_signal,
    "USER": _user,
    "WORKDIR": _workdir,
}
