"""The records of runs on disk: one folder each, complete or not there at all.

::

    <runs>/20261123-201530-broken-4f1a/
        run.json        outcome, checks, timings, timeline, samples
        evidence.json   the facts that a diagnosis reads
        app.log         every line the app wrote: time, stream, text; app-2.log for its second replica
        database.log    the same of the database
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incidentlab import places
from incidentlab.errors import StorageError, UnknownNameError, UsageError
from incidentlab.lab.active import RUN_ID, cannot_write
from incidentlab.model.events import LogLine
from incidentlab.model.evidence import Evidence
from incidentlab.model.run import Run

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Record:
    """A run as it is kept."""

    run: Run
    evidence: Evidence
    folder: Path


def warm_up() -> None:
    """Make ready what :func:`save` needs; worth doing while there is something to wait for."""
    for kind in (Run, Evidence):
        _adapter(kind)


def save(run: Run, evidence: Evidence, logs: Mapping[str, tuple[LogLine, ...]]) -> Path:
    """Write a record; it appears under its name only when all of it is on the disk.

    Returns:
        the record's folder.

    Raises:
        StorageError: it could not be written; nothing of it remains.
    """
    folder = places.runs() / run.id
    partial = folder.with_name(folder.name + _PARTIAL)
    try:
        partial.mkdir(parents=True)
        _write(partial / "run.json", _adapter(Run).dump_json(run, indent=1))
        _write(partial / "evidence.json", _adapter(Evidence).dump_json(evidence, indent=1))
        for source, lines in logs.items():
            _write(partial / f"{source}.log", "".join(map(_log_line, lines)).encode())
        partial.rename(folder)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            raise cannot_write(folder, error) from None
        raise
    return folder


def ids() -> tuple[str, ...]:
    """Return the ids of the complete records, oldest first."""
    found = (path.parent.name for path in places.runs().glob("*/run.json"))
    return tuple(sorted(name for name in found if RUN_ID.fullmatch(name)))


def half_written() -> tuple[Path, ...]:
    """Return folders of records that were never finished: their run was killed or the disk was full."""
    folder = places.runs()
    partial = list(folder.glob(f"*{_PARTIAL}"))
    bare = [path for path in folder.glob("*") if RUN_ID.fullmatch(path.name) and not (path / "run.json").exists()]
    return tuple(sorted(partial + bare))


def load(run_id: str) -> Record:
    """Read one record.

    Args:
        run_id: an id, a beginning of one which is unique, or ``last``.

    Raises:
        UnknownNameError: there is no such record.
        StorageError: it is there and cannot be read.
    """
    folder = places.runs() / resolve(run_id)
    run = _read(folder / "run.json", Run)
    return Record(run, _read(folder / "evidence.json", Evidence), folder)


def resolve(run_id: str) -> str:
    """Return the full id for what a person typed.

    Raises:
        UsageError: nothing has been run yet, or the beginning fits several runs.
        UnknownNameError: there is no such record.
    """
    known = ids()
    if not known:
        raise UsageError("There is no recorded run yet.", mend=["Make one: incidentlab run broken"])
    if run_id == "last":
        return known[-1]
    fitting = [each for each in known if each.startswith(run_id)]
    if run_id in known:
        return run_id
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{run_id!r} fits {len(fitting)} runs.", mend=[f"Name one: {' or '.join(fitting[-3:])}"])
    raise UnknownNameError("run", run_id, known, listing="incidentlab runs list")


def resolve_for_removal(run_id: str) -> str:
    """Return the full id of a record that is to be removed; one that was never finished may be named in full.

    Raises:
        UsageError, UnknownNameError: as :func:`resolve`.
    """
    unfinished = {path.name for path in half_written()}
    return run_id if run_id in unfinished else resolve(run_id)


def log_names(run_id: str) -> tuple[str, ...]:
    """Return whose logs a run has: ``app``, ``database``, and one for each further replica."""
    found = {path.stem for path in (places.runs() / resolve(run_id)).glob("*.log")}
    return ("app", "database", *sorted(found - {"app", "database"}))


def log_path(run_id: str, source: str) -> Path:
    """Return the file with a run's log.

    Raises:
        StorageError: the record has no such file.
    """
    path = places.runs() / resolve(run_id) / f"{source}.log"
    if not path.is_file():
        raise StorageError(
            f"The record of {path.parent.name} has no {source} log.", mend=["See the others: incidentlab runs list"]
        )
    return path


def remove(run_id: str) -> None:
    """Remove one record for good.

    Raises:
        StorageError: it could not be removed.
    """
    remove_folder(places.runs() / run_id)


def remove_folder(folder: Path) -> None:
    """Remove a record's folder, complete or not.

    Raises:
        StorageError: it could not be removed.
    """
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StorageError(
            f"{folder} could not be removed.",
            why=f"{error.strerror}: {error.filename or folder}.",
            mend=["Remove it with the rights of the user who owns it."],
        ) from None


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _read(path: Path, kind: Any) -> Any:
    try:
        return _adapter(kind).validate_json(path.read_bytes())
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read.",
            why=f"{error.strerror}.",
            mend=[f"If it is lost, remove the record: incidentlab runs rm {path.parent.name}"],
        ) from None
    except ValueError as error:
        raise StorageError(
            f"{path} is damaged or was written by another version.",
            why=_said(error),
            mend=[f"Remove the record: incidentlab runs rm {path.parent.name}"],
        ) from None


def _said(error: ValueError) -> str:
    """Say the first thing that is wrong and where it stands; a count of mistakes helps nobody."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}." if place else f"{first['msg']}."


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _log_line(line: LogLine) -> str:
    return f"{line.at:%Y-%m-%dT%H:%M:%S.%fZ} {line.stream} {line.text}\n"
