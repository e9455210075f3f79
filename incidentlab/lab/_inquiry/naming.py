"""What sources are called: a log by its file, a database by its name and nothing else of its URL."""

import os
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote, urlsplit

from incidentlab.errors import StorageError, UsageError
from incidentlab.lab._inquiry.sources import STDIN


def log_names(paths: tuple[str, ...]) -> dict[str, str]:
    """Return path → what facts call the log: its file's name, or the whole path where two have the same."""
    bare = {path: "stdin" if path == STDIN else Path(path).name or path for path in paths}
    return {path: path if list(bare.values()).count(name) > 1 else name for path, name in bare.items()}


def database_name(url: str) -> str:
    """Return the name of the database in a URL, and nothing else of it."""
    try:
        name = unquote(urlsplit(url.strip()).path.strip("/"))
    except ValueError:
        name = ""
    return name if name.isprintable() and 0 < len(name) < 64 and not set(name) & set("@:/ ") else "database"


def passwords(url: str) -> tuple[str, ...]:
    """Return the password in a URL, as written and as meant, unless it is a word that stands elsewhere in it too."""
    try:
        parts = urlsplit(url.strip())
        written = parts.password or ""
        public = {parts.username, parts.hostname, parts.path.strip("/"), "postgres", "password"}
    except ValueError:
        return ()
    return tuple(each for each in dict.fromkeys((written, unquote(written))) if each and each not in public)


def counted(number: int, thing: str) -> str:
    """Return a number and its noun: ``1 line``, ``3,000 lines``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def shown_file(path: str | Path) -> str:
    """Return a file's path relative to the working folder where it lies in it, else from the root."""
    whole = os.path.abspath(path)  # noqa: PTH100 - a link is shown as the person wrote it
    relative = os.path.relpath(whole)
    return whole if relative == os.pardir or relative.startswith(f"{os.pardir}/") else relative


def check_log(path: str) -> None:
    """Refuse what is no file before a collector opens it.

    Raises:
        UsageError: there is nothing of that name, or it is a folder.
    """
    file = Path(path)
    if file.is_dir():
        raise UsageError(
            f"{path} is a folder, not a log.",
            mend=("Name the files in it: --logs FILE, once for each.", f"If it holds the code: --project {path}"),
        )
    if not file.exists():
        try:
            beside = sorted(each.name for each in file.parent.iterdir())
        except OSError:
            beside = []
        near = get_close_matches(file.name, beside, n=3, cutoff=0.5)
        mend = [f"Did you mean {' or '.join(str(file.parent / each) for each in near)}?"] if near else []
        raise UsageError(
            f"There is no file {path}.",
            mend=[*mend, "To read a program's output: … 2>&1 | incidentlab diagnose --logs -"],
        )
    if not os.access(path, os.R_OK):
        raise StorageError(
            f"{path} cannot be read.",
            why="Permission denied.",
            mend=(f"Let one who may read it pass it on: sudo cat {path} | incidentlab diagnose --logs -",),
        )
