"""What is kept of challenges, apart from the learner's files: which incident each is, its hints, tries and time."""

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from incidentlab import places
from incidentlab.errors import StorageError, UsageError
from incidentlab.lab.challenge.copying import MARKER
from incidentlab.lab.writing import write_atomically
from incidentlab.model.challenge import Challenge
from incidentlab.model.events import now

_BEGIN = "Begin one: incidentlab challenge"


def new(scenario: str, engine: str, where: Path) -> Challenge:
    """Return a challenge that is not written anywhere yet; its name tells nothing."""
    taken = {each.name for each in every()}
    while True:
        name = f"challenge-{secrets.token_hex(2)}"
        if name not in taken and not (where / name).exists():
            return Challenge(name, scenario, (where / name).absolute(), engine, now())


def save(challenge: Challenge) -> None:
    """Write it.

    Raises:
        StorageError: it could not be written.
    """
    document = {**asdict(challenge), "folder": str(challenge.folder)}
    text = json.dumps(document, indent=1, default=lambda value: value.isoformat()) + "\n"
    path = _folder() / f"{challenge.name}.json"
    write_atomically(path, text, elsewhere="INCIDENTLAB_HOME=/some/folder incidentlab …")


def end(challenge: Challenge, *, solved: bool) -> Challenge:
    """Return it solved or given up, and write it; what has ended once stays as it ended."""
    if challenge.ended_at is not None:
        return challenge
    ended = replace(challenge, ended_at=now(), solved=solved)
    save(ended)
    return ended


def every() -> tuple[Challenge, ...]:
    """Return all challenges, oldest first; a note that cannot be read is no challenge."""
    found = []
    for path in _folder().glob("challenge-*.json"):
        try:
            found.append(_read(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return tuple(sorted(found, key=lambda each: each.started_at))


def chosen(folder: Path | None, *, only_open: bool = False) -> Challenge:
    """Return the challenge of a folder; without one that of where the user is, else the latest open one.

    Raises:
        UsageError: there is none.
    """
    found = every()
    if folder is not None:
        return _marked(folder, found)
    with suppress(FileNotFoundError):  # the folder was removed under the user
        for each in (Path.cwd(), *Path.cwd().parents):
            if (each / MARKER).is_file():
                return _marked(each, found)
    wanted = [each for each in found if (each.state == "open" or not only_open) and each.folder.is_dir()]
    if not wanted:
        raise UsageError("There is no open challenge.", mend=[_BEGIN])
    return max(wanted, key=lambda each: (each.state == "open", each.started_at))


def _marked(folder: Path, known: tuple[Challenge, ...]) -> Challenge:
    """Return the challenge whose marker lies in a folder; it may have been moved."""
    try:
        name = (folder / MARKER).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{folder} is no challenge.", why=f"It has no {MARKER} file.", mend=[_BEGIN]) from None
    for each in known:
        if each.name == name:
            return replace(each, folder=folder.absolute())
    raise StorageError(
        f"Nothing is known of {name}.",
        why="What it is about is kept by the user who began it, on the machine where that was.",
        mend=["Try it there, with the same INCIDENTLAB_HOME.", "Or begin another: incidentlab challenge"],
    )


def _read(document: dict[str, Any]) -> Challenge:
    ended = document["ended_at"]
    return Challenge(
        **{
            **document,
            "folder": Path(document["folder"]),
            "started_at": datetime.fromisoformat(document["started_at"]),
            "ended_at": datetime.fromisoformat(ended) if ended else None,
        }
    )


def _folder() -> Path:
    return places.state() / "challenges"
