"""Where it is written which lab stands, so that ``status`` and ``down`` find it from another process."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from incidentlab import places
from incidentlab.errors import EngineUnavailableError, RefusedError
from incidentlab.lab import clean
from incidentlab.lab.active import cannot_write
from incidentlab.lab.choose import engines
from incidentlab.lab.writing import write_atomically
from incidentlab.model.standing import Standing

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def path() -> Path:
    """Return the file; it is not there where no lab stands."""
    return places.state() / "lab.json"


@contextmanager
def being_written() -> Iterator[None]:
    """Keep every other ``up`` out until the context is left: of two that start together one would be forgotten.

    The kernel lets go of it with the process, so that one that was killed keeps nobody out.

    Raises:
        RefusedError: another one is at work.
        StorageError: there is no place for it.
    """
    lock = path().with_suffix(".lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a")
    except OSError as error:
        raise cannot_write(lock, error, elsewhere="INCIDENTLAB_HOME=/some/folder incidentlab up") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(
                "A lab is being brought up by another command.",
                why="One at a time keeps its ports.",
                mend=("Wait for that one, then look at it: incidentlab status",),
            ) from None
        yield


def write(standing: Standing) -> None:
    """Write down that this lab stands.

    Raises:
        StorageError: it could not be written.
    """
    text = _adapter().dump_json(standing, indent=1).decode()
    write_atomically(path(), text + "\n", elsewhere="INCIDENTLAB_HOME=/some/folder incidentlab up")


def read() -> Standing | None:
    """Return the lab that was brought up; ``None`` where there is none, or its file is of no use."""
    try:
        return _adapter().validate_json(path().read_bytes())
    except (OSError, ValueError):
        return None


def is_there(standing: Standing) -> bool:
    """Say whether anything of it is still there."""
    return bool(clean.find(standing.run))


def unseen(standing: Standing) -> str:
    """Return why nobody can see whether it is still there; empty where one can.

    An engine that does not answer shows nothing, which does not mean that there is nothing.
    """
    engine = engines().get(standing.engine)
    if engine is None or any(each.engine == engine.name for each in clean.find(standing.run)):
        return ""
    usability = engine.usable()
    return "" if usability.usable else usability.why or f"The {engine.name} engine cannot be used."


def absence(standing: Standing) -> str:
    """Say why no part of it answers, and what to do."""
    if why := unseen(standing):
        return f"The {standing.engine} engine, on which it stands, cannot be asked. {why}"
    if not is_there(standing):
        return "Nothing of it is there any more, as after a restart of this machine. To forget it: incidentlab down"
    return "Nothing of it runs any more, as after a restart of this machine. To remove what is left: incidentlab down"


def take_down(standing: Standing) -> int:
    """Remove all of it; return how many things there were.

    Raises:
        EngineUnavailableError: its engine does not answer; the lab then stays written down.
        LeftBehindError: something could not be removed, and what; the lab then stays written down.
    """
    if why := unseen(standing):
        raise EngineUnavailableError(
            f"Nothing was removed: the {standing.engine} engine, on which the lab stands, cannot be asked.",
            why=why,
            mend=("Start that engine, then: incidentlab down", f"If it is gone for good: rm {path()}"),
        )
    found = clean.find(standing.run)
    clean.remove(found)
    path().unlink(missing_ok=True)
    return len(found)


def _adapter() -> "TypeAdapter[Standing]":
    from pydantic import TypeAdapter

    return TypeAdapter(Standing)
