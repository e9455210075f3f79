"""What a Dockerfile consists of, as data."""

from dataclasses import dataclass

KEYWORDS = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)


class DockerfileError(ValueError):
    """A Dockerfile cannot be understood; ``name`` and ``line`` say where."""

    def __init__(self, name: str, line: int, problem: str) -> None:
        super().__init__(f"{name}:{line}: {problem}")
        self.name = name
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Flag:
    """An option such as ``--from=builder``; ``value`` is empty where it has none."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Heredoc:
    """The text between ``<<NAME`` and ``NAME``; ``expand`` says whether variables in it are substituted."""

    name: str
    body: str
    expand: bool = True


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; lines count from 1 and include comments and heredocs that stand inside it.

    ``arguments`` is the text after keyword and flags with continuations joined; ``words`` the words of the JSON
    form (``["a", "b"]``), or ``None`` where it has the shell form.
    """

    keyword: str
    arguments: str
    first_line: int
    last_line: int
    flags: tuple[Flag, ...] = ()
    words: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()

    def flag(self, name: str) -> str | None:
        """Return the value of a flag, or ``None`` where it is not given; the last one counts."""
        return next((flag.value for flag in reversed(self.flags) if flag.name == name), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """A FROM and what follows it; ``name`` is its AS name in lower case, or empty."""

    index: int
    base: str  # as written: variables are not yet substituted
    name: str
    instructions: tuple[Instruction, ...]  # the first is the FROM itself


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole Dockerfile; ``arguments`` are the ARG instructions before the first FROM."""

    name: str
    text: str
    instructions: tuple[Instruction, ...]
    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    escape: str = "\\"

    @property
    def final_stage(self) -> Stage:
        """The stage that becomes the image."""
        return self.stages[-1]

    def stage_named(self, reference: str, before: int) -> Stage | None:
        """Return the stage above number ``before`` that ``reference`` means: an AS name or an index."""
        for stage in reversed(self.stages[:before]):
            if reference.lower() in {stage.name, str(stage.index)} - {""}:
                return stage
        return None
