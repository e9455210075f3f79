"""Whole folders: copied fast, removed surely."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder with owners and modes; blocks are shared where the file system can.

    Raises:
        OSError: it could not be copied; ``ENOSPC`` where the disk is full.
    """
    if sys.platform != "linux":
        shutil.copytree(source, target, symlinks=True)
        return
    _cp(["-a", "--reflink=auto"], source, target)


def link_tree(source: Path, target: Path) -> None:
    """Copy a folder whose files nobody writes to: hard links where both lie on one disk, else a real copy.

    Raises:
        OSError: as with :func:`copy_tree`.
    """
    if sys.platform == "linux" and source.stat().st_dev == target.parent.stat().st_dev:
        _cp(["-al"], source, target)
    else:
        copy_tree(source, target)


def lay_over(source: Path, target: Path) -> None:
    """Copy the files of a folder over those of another; readable for everybody, links and bytecode left out."""
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_symlink() or "__pycache__" in path.parts:
            continue
        if path.is_dir():
            place.mkdir(mode=0o755, parents=True, exist_ok=True)
        else:
            place.unlink(missing_ok=True)
            shutil.copyfile(path, place)
            place.chmod(0o644)


def _cp(options: list[str], source: Path, target: Path) -> None:
    env = {"PATH": os.defpath, "LC_ALL": "C"}
    done = subprocess.run(["cp", *options, str(source), str(target)], capture_output=True, text=True, env=env)
    if done.returncode:
        problem = done.stderr.strip().splitlines()[-1:] or ["cp failed"]
        full = "No space left" in done.stderr or "quota" in done.stderr.lower()
        raise OSError(errno.ENOSPC if full else errno.EIO, problem[0], str(target))


def remove_tree(folder: Path) -> None:
    """Remove a folder and all in it; one that is gone is fine.

    Raises:
        OSError: something in it could not be removed.
    """
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        if folder.exists():
            shutil.rmtree(folder)
    except PermissionError:
        _open_up(folder)
        shutil.rmtree(folder)


def _open_up(folder: Path) -> None:
    """An app may have taken our own right to write from a folder of its own; give it back below ``folder``."""
    for place, names, _ in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in names)):
            if not path.is_symlink():
                path.chmod(0o700)


def space_mend(folder: Path) -> tuple[str, ...]:
    """Return what to do about a full disk."""
    return (
        f"See how full the disk is: df -h {folder}",
        "Free some space, or set TMPDIR or INCIDENTLAB_HOME to another disk.",
    )
