"""The folders of a project, walked once, and how their files are called."""

import os
from collections.abc import Iterator
from pathlib import Path

Folder = tuple[Path, list[str]]  # a folder and the names of the files in it

# Folders in which nobody keeps migrations of his own, and which are large.
_PASSED_OVER = frozenset(
    {"node_modules", "site-packages", "__pycache__", "venv", "env", "dist", "build", "target", "vendor"}
)
_DEEPEST = 4
_MOST_FOLDERS = 5_000


def folders(root: Path) -> Iterator[Folder]:
    """Give each folder below ``root`` with the names of its files, shallow ones first, links not followed."""
    level, seen = [root], 0
    for _ in range(_DEEPEST + 1):
        following: list[Path] = []
        for folder in level:
            seen += 1
            if seen > _MOST_FOLDERS:
                return
            files, below = entries(folder)
            yield folder, files
            following += [folder / name for name in below if name not in _PASSED_OVER and not name.startswith(".")]
        level = following


def entries(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of a folder's files and of the folders in it; none where there is no right to look."""
    files: list[str] = []
    below: list[str] = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.name)
                elif _is_file(entry):
                    files.append(entry.name)
    except OSError:
        return [], []  # what cannot be seen holds nothing for us
    return sorted(files), sorted(below)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False  # a link that leads in a circle


def shown(root: Path, path: Path) -> str:
    """Return a file's name for people: relative to the project where it is inside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
