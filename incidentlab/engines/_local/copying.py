"""COPY and ADD of files of the build context, or of an earlier stage."""

import fnmatch
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from incidentlab.engines._dockerignore import Ignore
from incidentlab.engines._local.workshop import Workshop, unsupported
from incidentlab.errors import BuildFailedError
from incidentlab.model.dockerfile import Instruction, word_of, words_of

_REMOTE = re.compile(r"^(?:https?://|git@|git://|ssh://)")
_ARCHIVE = re.compile(r"\.(?:tar|tar\.gz|tgz|tar\.bz2|tbz2?|tar\.xz|txz)$")
_OPTIONS = frozenset({"from", "chown", "chmod", "link"})
_OWN_FILES = ("Dockerfile", ".dockerignore")  # always in the context; an image gets them only if they are not ignored


def copy(shop: Workshop, instruction: Instruction, stages: Mapping[int, Workshop]) -> None:
    """Carry out a COPY or an ADD.

    Raises:
        UnsupportedInstructionError: it takes something else than files of the context or of a stage.
        BuildFailedError: a source is not there.
    """
    words = _words(shop, instruction)
    *sources, destination = words
    origin, ignore = _origin(shop, instruction, stages)
    found = [path for source in sources for path in _found(shop, instruction, origin, source, ignore)]
    target = shop.target(instruction, destination)
    into = destination.endswith(("/", "/.")) or destination == "." or len(found) > 1 or target.is_dir()
    skip = {origin / name for name in _OWN_FILES if ignore.keeps_out(name)}
    for path in found:
        _one(shop, instruction, path, target, into=into, skip=skip)
    if (owner := instruction.flag("chown")) is not None:
        shop.note(f"{shop.where(instruction)}: --chown={owner} was not carried out; the files stay the run's own.")


def _words(shop: Workshop, instruction: Instruction) -> list[str]:
    if instruction.heredocs:
        raise unsupported(shop, instruction, "a heredoc as a file is not carried out here")
    if unknown := [flag.name for flag in instruction.flags if flag.name not in _OPTIONS]:
        raise unsupported(shop, instruction, f"--{unknown[0]} is not carried out here")
    if instruction.words is not None:
        words = [word_of(shop.dockerfile, instruction, word, shop.config.variables) for word in instruction.words]
    else:
        words = words_of(shop.dockerfile, instruction, instruction.arguments, shop.config.variables)
    if len(words) < 2 or not words[-1]:
        raise BuildFailedError(
            f"{shop.where(instruction)}: {instruction.keyword} needs a source and a destination.",
            mend=("Name both, for example: COPY . .",),
        )
    return words


def _origin(shop: Workshop, instruction: Instruction, stages: Mapping[int, Workshop]) -> tuple[Path, Ignore]:
    reference = instruction.flag("from")
    if reference is None:
        return shop.context, Ignore.beside(shop.context)
    stage = shop.dockerfile.stage_named(reference, shop.stage.index)
    if stage is None:
        raise unsupported(shop, instruction, f"{reference} is no earlier stage of this Dockerfile")
    return stages[stage.index].root, Ignore()


def _found(shop: Workshop, instruction: Instruction, origin: Path, source: str, ignore: Ignore) -> Iterator[Path]:
    if instruction.keyword == "ADD" and (_REMOTE.match(source) or _ARCHIVE.search(source)):
        raise unsupported(shop, instruction, f"{source} would have to be fetched or unpacked")
    relative = os.path.normpath("/" + source).lstrip("/")
    matches = sorted(_matching(origin, relative)) if re.search(r"[*?\[]", relative) else [origin / relative]
    hidden = {origin / name for name in _OWN_FILES if ignore.keeps_out(name)}
    there = [path for path in matches if os.path.lexists(path) and path not in hidden]
    if not there:
        raise BuildFailedError(
            f"{shop.where(instruction)}: there is nothing named {source!r} to copy.",
            why="It is not in the build context, or .dockerignore keeps it out."
            if origin == shop.context
            else "The earlier stage did not make it.",
            mend=("Check the name, .dockerignore, and `context` in scenario.yaml.",),
        )
    yield from there


def _matching(origin: Path, pattern: str) -> list[Path]:
    """Match part by part, as Go's ``filepath.Match`` does: ``*`` takes hidden files too and stays in one folder."""
    places = [origin]
    for part in pattern.split("/"):
        places = [
            place / name
            for place in places
            if place.is_dir()
            for name in os.listdir(place)  # noqa: PTH208 - names are matched, not paths
            if fnmatch.fnmatchcase(name, part)
        ]
    return places


def _one(shop: Workshop, instruction: Instruction, source: Path, target: Path, *, into: bool, skip: set[Path]) -> None:
    if source.is_dir():
        shutil.copytree(
            source,
            target,
            symlinks=True,
            dirs_exist_ok=True,
            ignore=lambda folder, names: [name for name in names if Path(folder, name) in skip],
        )
        written = target
    else:
        written = target / source.name if into else target
        written.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, written)
    mode = instruction.flag("chmod")
    if mode is None:
        return
    if not re.fullmatch(r"0?[0-7]{3}", mode):
        raise unsupported(shop, instruction, f"--chmod={mode} is not understood here")
    for path in (written, *written.rglob("*")):
        if not path.is_symlink():
            path.chmod(int(mode, 8) | (0o111 if path.is_dir() else 0))
