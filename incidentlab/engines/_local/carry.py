"""A Dockerfile carried out without Docker: its files laid out, its instructions added up, the rest refused by line."""

import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from incidentlab.engines._local import copying, files, running
from incidentlab.engines._local.workshop import Workshop, unsupported
from incidentlab.errors import BuildFailedError
from incidentlab.model.dockerfile import (
    Dockerfile,
    DockerfileError,
    LaunchConfig,
    Stage,
    advance,
    outer_arguments,
    parse,
    words_of,
)

_PYTHON_IMAGE = re.compile(r"(?:.*/)?python(?::(?P<tag>[\w.\-]+))?(?:@sha256:[0-9a-f]+)?")


@dataclass(frozen=True, slots=True)
class Image:
    """What stands for an image here: its files below ``root``, how it starts, and what was done differently."""

    root: Path
    config: LaunchConfig
    notes: tuple[str, ...]


def carry_out(file: Path, context: Path, into: Path, progress: Callable[[str], None]) -> Image:
    """Carry out the Dockerfile of a build context.

    Args:
        file: the Dockerfile as people know it; messages use its name.
        context: the build context, with that file as ``Dockerfile``.
        into: a folder for the files of the stages.
        progress: told each step as it begins.

    Raises:
        UnsupportedInstructionError: a line that only Docker can carry out.
        BuildFailedError: the Dockerfile is wrong, or lacks something.
    """
    try:
        dockerfile = parse((context / "Dockerfile").read_text("utf-8", errors="replace"), file.name)
        return _stages(dockerfile, file.name, context, into, progress)
    except DockerfileError as error:
        raise BuildFailedError(
            f"{error.name}:{error.line} cannot be understood.",
            why=f"{error.problem[0].upper()}{error.problem[1:]}.",
            mend=(f"Correct line {error.line} of {file}.",),
        ) from error
    except OSError as error:
        raise BuildFailedError(
            "The image's files could not be laid out.",
            why=f"{error.strerror or error}: {error.filename or into}",
            mend=files.space_mend(into),
        ) from error


def _stages(dockerfile: Dockerfile, name: str, context: Path, into: Path, progress: Callable[[str], None]) -> Image:
    made: dict[int, Workshop] = {}
    wanted = _needed(dockerfile)
    total = sum(len(stage.instructions) for stage in wanted)
    steps = iter(range(1, total + 1))

    def step(text: str) -> None:
        progress(f"Step {next(steps)}/{total}: {text}")

    for stage in wanted:
        final = stage is dockerfile.final_stage
        root = into / ("rootfs" if final else f"stage-{stage.index}")
        made[stage.index] = _stage(Workshop(name, dockerfile, stage, context, root, LaunchConfig(), step), made)
    last = made[dockerfile.final_stage.index]
    notes = [note for shop in made.values() for note in shop.notes]
    return Image(last.root, last.config, tuple(dict.fromkeys(notes)))


def _needed(dockerfile: Dockerfile) -> list[Stage]:
    """Return the final stage and those it is made from, in their order; others are not built, as with BuildKit."""
    needed: set[int] = set()
    queue = [dockerfile.final_stage]
    while queue:
        stage = queue.pop()
        needed.add(stage.index)
        queue += [other for other in _origins(dockerfile, stage) if other.index not in needed]
    return [stage for stage in dockerfile.stages if stage.index in needed]


def _origins(dockerfile: Dockerfile, stage: Stage) -> Iterator[Stage]:
    base = words_of(dockerfile, stage.instructions[0], stage.base, outer_arguments(dockerfile))[0]
    references = [base, *(each.flag("from") or "" for each in stage.instructions[1:])]
    for reference in filter(None, references):
        if other := dockerfile.stage_named(reference, stage.index):
            yield other


def _stage(shop: Workshop, made: dict[int, Workshop]) -> Workshop:
    outer = outer_arguments(shop.dockerfile)
    shop.progress(f"FROM {shop.stage.base}")
    _from(shop, made, words_of(shop.dockerfile, shop.stage.instructions[0], shop.stage.base, outer)[0])
    for instruction in shop.stage.instructions[1:]:
        shop.progress(f"{instruction.keyword} {' '.join(instruction.arguments.split())}"[:160])
        shop.config = advance(shop.dockerfile, shop.stage, shop.config, instruction, outer)
        match instruction.keyword:
            case "COPY" | "ADD":
                copying.copy(shop, instruction, made)
            case "RUN":
                running.run(shop, instruction)
            case "WORKDIR":
                shop.target(instruction, ".").mkdir(parents=True, exist_ok=True)
            case "VOLUME":
                for path in instruction.words or instruction.arguments.split():
                    shop.target(instruction, path).mkdir(parents=True, exist_ok=True)
    return shop


def _from(shop: Workshop, made: dict[int, Workshop], base: str) -> None:
    instruction = shop.stage.instructions[0]
    if parent := shop.dockerfile.stage_named(base, shop.stage.index):
        files.copy_tree(made[parent.index].root, shop.root)
        config = made[parent.index].config
        shop.config = replace(config, variables=dict(config.env))
        return
    found = _PYTHON_IMAGE.fullmatch(base)
    if found is None:
        raise unsupported(shop, instruction, f"only Python images have a stand-in here, and {base!r} is none")
    shop.root.mkdir(mode=0o755)
    shop.config = LaunchConfig(base=base)
    shop.note(
        f"{shop.where(instruction)}: Python {platform.python_version()} of this environment stands in for {base}."
    )
