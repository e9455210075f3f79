"""The build context of a variant, put together in one folder: what Docker is sent and what the local engine copies."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from incidentlab.engines._dockerignore import Ignore
from incidentlab.errors import BuildFailedError
from incidentlab.model.scenario import ContextEntry, StackSpec

# Never shipped, whatever .dockerignore says: bytecode of another interpreter, and what may hold real secrets.
_NEVER = frozenset({"__pycache__", ".env", ".git"})
_ALWAYS = frozenset({"Dockerfile", ".dockerignore"})


def assemble(spec: StackSpec, into: Path) -> None:
    """Copy the context of a variant into the folder ``into`` and lay its Dockerfile there as ``Dockerfile``.

    Later entries lie over earlier ones. What ``.dockerignore`` keeps out is not copied; ``Dockerfile`` and
    ``.dockerignore`` themselves always are, as an engine needs them.

    Raises:
        BuildFailedError: a source is missing, unreadable, or leads out of its folder; a disk is full.
    """
    with _told(spec, into):
        lay_out(spec, into)
        _sift(into)


def lay_out(spec: StackSpec, into: Path) -> None:
    """Copy the same, with what ``.dockerignore`` keeps out of the image: the files as somebody works on them.

    Raises:
        BuildFailedError: as :func:`assemble`.
    """
    with _told(spec, into):
        into.mkdir(parents=True, exist_ok=True)
        for entry in spec.context:
            _lay(entry, into)
        shutil.copyfile(spec.dockerfile, into / "Dockerfile")


@contextmanager
def _told(spec: StackSpec, into: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BuildFailedError(
            f"The build context of {spec.scenario}/{spec.variant} could not be put together.",
            why=f"{error.strerror or error}: {error.filename or into}",
            mend=("Check that the file named above exists and can be read, and that the disk has space: df -h",),
        ) from error


def _lay(entry: ContextEntry, into: Path) -> None:
    place = PurePosixPath(entry.place)
    if place.is_absolute() or ".." in place.parts:
        raise _refused(entry.place, "its place lies outside the build context")
    target = into / place
    if entry.source.is_dir():
        for path, relative in _files(entry.source):
            _copy(path, target / relative)
    else:
        _copy(entry.source, target if place.parts else into / entry.source.name)


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    """Give the files and links below a folder, and empty folders, without following links to folders."""
    real = root.resolve()
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in _NEVER)
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        for name in (*links, *sorted(files)):
            path = Path(folder) / name
            if name in _NEVER or name.endswith(".pyc"):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(real):
                raise _refused(str(path), "it is a link that leads out of the folder that is shipped")
            yield path, path.relative_to(root).as_posix()
        if not names and not files:
            yield Path(folder), Path(folder).relative_to(root).as_posix()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() or target.is_file():
        target.unlink()
    shutil.copy2(source, target, follow_symlinks=False)
    if not target.is_symlink():
        # Readable for the app's own user whatever our umask or a read-only installation say; exec bits stay.
        target.chmod((target.stat().st_mode & 0o755) | 0o644)


def _sift(context: Path) -> None:
    """Take out what ``.dockerignore`` keeps out, and the folders that become empty by it."""
    ignore = Ignore.beside(context)
    if not ignore.patterns:
        return
    for folder, names, files in os.walk(context, topdown=False):
        here = Path(folder)
        kept = [name for name in (*files, *names) if not _sifted(here / name, context, ignore)]
        if not kept and here != context and ignore.keeps_out(here.relative_to(context).as_posix()):
            here.rmdir()


def _sifted(path: Path, context: Path, ignore: Ignore) -> bool:
    """Remove a file that is kept out; say whether the path is gone."""
    relative = path.relative_to(context).as_posix()
    if path.is_dir() and not path.is_symlink():
        return False
    if relative not in _ALWAYS and ignore.keeps_out(relative):
        path.unlink(missing_ok=True)
    return not path.is_symlink() and not path.exists()


def _refused(what: str, why: str) -> BuildFailedError:
    return BuildFailedError(
        f"{what} cannot be part of a build context.",
        why=why[0].upper() + why[1:] + ".",
        mend=("Copy the file itself to where the link stands, or leave it out of `context`.",),
    )
