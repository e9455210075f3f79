"""What a person may have meant: refuses, with the mend, what cannot be asked for together or is no run."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from incidentlab.errors import StorageError, UsageError
from incidentlab.lab.investigate import Sources

_MOST = 65_536  # characters of a file that holds a URL


def database_of(given: str | None) -> tuple[str, str]:
    """Return the URL that ``--database-url`` means, and the environment variable that holds it where it was named so.

    A URL on the command line can be read by everybody on the machine, in ``ps``; hence the two other ways.

    Args:
        given: a URL, ``env:NAME`` or ``file:PATH``.

    Raises:
        UsageError: there is no such variable or file, or nothing in it.
        StorageError: the file cannot be read.
    """
    if given is None:
        return "", ""
    kind, _, place = given.partition(":")
    if kind == "env":
        url = os.environ.get(place, "").strip()
        if not url:
            raise UsageError(
                f"The environment variable {place} is not set.", mend=[f"Set it: export {place}=postgresql://…"]
            )
        return url, place
    if kind == "file" and not place.startswith("//"):
        return _from_file(Path(place)), ""
    if not given.strip():
        raise UsageError(
            "--database-url is empty.",
            why="Perhaps a variable of the shell is not set.",
            mend=["Let it be found: --database-url env:DATABASE_URL"],
        )
    return given, ""


def check(run: str | None, sources: Sources) -> None:
    """Refuse what cannot be meant.

    Raises:
        UsageError: a run together with sources, a consent without a container, a file in the place of a run, or
            nothing at all where nothing has been run yet.
    """
    if sources.ask_database and not (sources.containers or sources.compose or sources.compose_project):
        raise UsageError(
            "--ask-database needs a container to name the database.",
            mend=["Name it: --container NAME --ask-database", "Or give the database itself: --database-url env:NAME"],
        )
    if run is not None and (meant := _meant(run)):
        raise UsageError(f"{run} is no run but {meant[0]}.", mend=[f"Name it as what it is: {meant[1]} {run}"])
    if run is not None and sources.any:
        raise UsageError(
            f"The run {run} and other sources cannot be diagnosed together.",
            why="A run's record holds all the evidence that there is of it.",
            mend=[f"The run alone: incidentlab diagnose {run}", "Or the sources alone: leave the run out."],
        )
    if run is None and not sources.any:
        _something_was_run()


def _meant(run: str) -> tuple[str, str] | None:
    """Return what a word is that stands in the place of a run, and the option for it."""
    if "://" in run:
        return "a URL", "--database-url"
    if run == "-":
        return "stdin", "--logs"
    from incidentlab.lab.archive import ids

    path = Path(run)
    if run == "last" or any(each.startswith(run) for each in ids()):
        return None
    with suppress(OSError, ValueError):
        if path.is_dir():
            return "a folder", "--project"
        if path.is_file():
            compose = path.suffix in (".yml", ".yaml")
            return "a file", "--compose" if compose else "--logs"
    return None


def _something_was_run() -> None:
    from incidentlab.lab.archive import ids

    if ids():
        return
    piped = ["Read what comes through the pipe: incidentlab diagnose --logs -"] if _is_piped() else []
    raise UsageError(
        "There is no recorded run yet, and no source was named.",
        mend=[
            *piped,
            "Name what you have: incidentlab diagnose --logs app.log",
            "Others: --container NAME, --compose FILE, --database-url env:DATABASE_URL, --project DIR",
            "Or reproduce an incident first: incidentlab run broken",
        ],
    )


def _is_piped() -> bool:
    with suppress(OSError, ValueError):
        return stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)
    return False


def _from_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            url = file.read(_MOST).strip().partition("\n")[0].strip()
    except UnicodeDecodeError:
        raise UsageError(f"{path} holds no URL.", mend=["Name a text file with the URL in its first line."]) from None
    except FileNotFoundError:
        raise UsageError(
            f"There is no file {path}.", mend=["Name the file that holds the URL: --database-url file:PATH"]
        ) from None
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read.", why=f"{error.strerror}.", mend=["Read it as a user who may."]
        ) from None
    if not url:
        raise UsageError(f"{path} is empty.", mend=["Write the URL into its first line."])
    return url
