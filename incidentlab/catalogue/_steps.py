"""Steps as the file has them → steps as the model has them; their files cannot lie outside of the scenario's folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from incidentlab.catalogue._problems import Problems
from incidentlab.model.step import KINDS, Step, name_of

_LARGEST_SQL = 256 * 1024  # bytes
_Where = tuple[str | int, ...]


class Given(Protocol):
    """A step of a valid file: its name, and its options."""

    def given(self) -> tuple[str, Any]:
        """Return both."""


def inside(root: Path, relative: str) -> Path | None:
    """Return the path below ``root``, or ``None`` where it would leave it (by ``..``, from ``/`` or by a link)."""
    path = (root / relative).resolve()
    return path if path.is_relative_to(root.resolve()) and not Path(relative).is_absolute() else None


def steps(given: Sequence[Given], where: _Where, folder: Path, problems: Problems) -> tuple[Step, ...]:
    """Return the steps of one list.

    Args:
        given: the list, valid by its format.
        where: its place in the file.
        folder: the scenario's own.
        problems: told of what the format cannot know.
    """
    return tuple(_step(each, (*where, index), folder, problems) for index, each in enumerate(given))


def _step(given: Given, where: _Where, folder: Path, problems: Problems) -> Step:
    name, options = given.given()
    make: Callable[..., Step] = next(each for each in KINDS if name_of(each) == name)
    values: dict[str, Any] = {key: value for key, value in dict(options).items() if value is not None}
    place = (*where, name)
    if name == "sql" and (file := values.pop("file", None)) is not None:
        values["text"] = _text(file, place, folder, problems)
    if name == "upgrade" and (files := values.pop("files", None)) is not None:
        values["files"] = _folder(files, place, folder, problems)
    return make(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def _text(file: str, place: _Where, folder: Path, problems: Problems) -> str:
    path = inside(folder, file)
    if path is None:
        problems.add((*place, "file"), f"{file!r} leads outside of the scenario's folder")
    elif not path.is_file():
        problems.add((*place, "file"), f"{file!r} does not exist in the scenario's folder")
    elif path.stat().st_size > _LARGEST_SQL:
        problems.add((*place, "file"), f"{file!r} has over {_LARGEST_SQL} bytes")
    else:
        return path.read_text("utf-8", errors="replace")
    return ""


def _folder(name: str, place: _Where, folder: Path, problems: Problems) -> Path:
    path = inside(folder, name)
    if path is None:
        problems.add((*place, "files"), f"{name!r} leads outside of the scenario's folder")
    elif not path.is_dir():
        problems.add((*place, "files"), f"{name!r} is no folder of the scenario's folder")
    return path or folder
