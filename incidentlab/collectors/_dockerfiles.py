"""A project's Dockerfiles, and what its ``.dockerignore`` keeps out of their images."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from incidentlab.collectors._tree import Folder, entries, shown
from incidentlab.engines._dockerignore import Ignore
from incidentlab.model import dockerfile as dockerfiles
from incidentlab.model.evidence import DockerfileFacts

_MOST = 32
# Folders that hold build output in some projects and Dockerfiles in others; hidden ones that hold them.
_ALSO = ("build", "build/package", ".docker", ".deploy")
# What is built for other purposes comes after what is shipped.
_ASIDE = frozenset(
    {"dev", "devel", "development", "test", "tests", "testing", "local", "debug", "ci", "docs", "examples"}
)

Text = Callable[[Path], str | None]


def read(root: Path, tree: Sequence[Folder], given: Path | str | None, text_of: Text) -> tuple[DockerfileFacts, ...]:
    """Return all Dockerfiles, the one that counts first.

    Args:
        root: the project's folder.
        tree: its folders.
        given: the one that counts, or the name by which people know the project's ``Dockerfile``.
        text_of: gives a file's text without secrets, or ``None`` where it cannot be read.
    """
    usual = root / "Dockerfile"
    named = root / given if given else usual
    first = named if named.is_file() else usual
    found = sorted(_paths(root, tree), key=lambda path: _rank(root, path))
    if first.is_file():
        found = [first, *(path for path in found if path != first)]
    facts: list[DockerfileFacts] = []
    for path in found[:_MOST]:
        text = text_of(path)
        if text is not None:
            facts.append(DockerfileFacts(shown(root, named if path == first else path), text, start_line(text)))
    return tuple(facts)


def _paths(root: Path, tree: Sequence[Folder]) -> list[Path]:
    walked = list(tree) + [(root / name, entries(root / name)[0]) for name in _ALSO]
    return [folder / name for folder, files in walked for name in files if is_dockerfile(name)]


def is_dockerfile(name: str) -> bool:
    """Whether a file of that name is one: ``Dockerfile``, ``Dockerfile.prod``, ``web.Dockerfile`` and so on."""
    lower = name.lower()
    if lower.endswith((".dockerignore", ".md", ".j2", ".tmpl", ".template", "~", ".bak", ".orig")):
        return False
    return (
        lower in ("dockerfile", "containerfile")
        or lower.startswith(("dockerfile.", "dockerfile-", "dockerfile_", "containerfile."))
        or lower.endswith((".dockerfile", "-dockerfile", ".containerfile"))
    )


def _rank(root: Path, path: Path) -> tuple[bool, int, bool, str]:
    parts = path.relative_to(root).as_posix()
    aside = not _ASIDE.isdisjoint(re.split(r"[/._-]", parts.lower()))
    return aside, len(path.parts), path.name not in ("Dockerfile", "Containerfile"), parts


def start_line(text: str) -> int | None:
    """Return the line of the last CMD or ENTRYPOINT of the final stage, or ``None`` where it has none."""
    try:
        stage = dockerfiles.parse(text).final_stage
    except dockerfiles.DockerfileError:
        return None
    starts = [one.first_line for one in stage.instructions if one.keyword in ("CMD", "ENTRYPOINT")]
    return starts[-1] if starts else None


def left_out(root: Path, counts: DockerfileFacts | None, paths: Iterable[str], unread: list[str]) -> tuple[str, ...]:
    """Return those of ``paths`` that stay out of the image, the project's folder being the build's context.

    BuildKit takes ``NAME.dockerignore`` beside the Dockerfile where there is one (docs.docker.com, build context).
    """
    own = root / f"{counts.path}.dockerignore" if counts else root / ".dockerignore"
    path = own if own.is_file() else root / ".dockerignore"
    if not path.is_file():
        return ()
    try:
        ignore = Ignore.of(path.read_text("utf-8-sig", "replace").splitlines())
    except OSError as error:
        unread.append(f"{shown(root, path)} could not be read: {error.strerror}.")
        return ()
    return tuple(_kept_out(ignore, paths))


def _kept_out(ignore: Ignore, paths: Iterable[str]) -> Iterable[str]:
    """As ``Ignore.keeps_out``, for thousands of files of few folders: what a folder says is asked once."""
    of_folder: dict[str, tuple[bool, ...]] = {}
    for path in paths:
        folder = path.rpartition("/")[0]
        if folder not in of_folder:
            parts = folder.split("/")
            ways = ["/".join(parts[: count + 1]) for count in range(len(parts))] if folder else []
            of_folder[folder] = tuple(any(one.expression.fullmatch(way) for way in ways) for one in ignore.patterns)
        out = False
        for pattern, holds in zip(ignore.patterns, of_folder[folder], strict=True):
            if pattern.back_in == out and (holds or pattern.expression.fullmatch(path)):
                out = not pattern.back_in
        if out:
            yield path
