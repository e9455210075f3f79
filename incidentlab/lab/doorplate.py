"""Where it is written which lab stands, so that ``status`` and ``down`` find it from another process."""

from pathlib import Path
from typing import TYPE_CHECKING

from incidentlab import places
from incidentlab.lab import clean
from incidentlab.lab.writing import write_atomically
from incidentlab.model.standing import Standing

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def path() -> Path:
    """Return the file; it is not there where no lab stands."""
    return places.state() / "lab.json"


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


def take_down(standing: Standing) -> int:
    """Remove all of it; return how many things there were.

    Raises:
        LeftBehindError: something could not be removed, and what; the lab then stays written down.
    """
    found = clean.find(standing.run)
    clean.remove(found)
    path().unlink(missing_ok=True)
    return len(found)


def _adapter() -> "TypeAdapter[Standing]":
    from pydantic import TypeAdapter

    return TypeAdapter(Standing)
