"""What runs have left behind, and its removal."""

from collections.abc import Iterator
from pathlib import Path

from incidentlab.engines._base import Leftover
from incidentlab.engines._local import files, ledger, processes
from incidentlab.errors import LeftBehindError


def leftovers(alive: frozenset[str]) -> Iterator[Leftover]:
    """List what is still there of runs that are over, were kept, or whose owner is gone."""
    for record in ledger.records():
        if record.run in alive or record.in_use():
            continue
        folders = record.own_folders()
        found = [Leftover("local", "process", str(pid), record.run) for pid in _processes(record)]
        found += [Leftover("local", "folder", str(folder), record.run) for folder in folders]
        if not found:
            ledger.drop(record.run)  # a run whose every trace is gone but for the record itself
        yield from found


def remove(leftover: Leftover) -> None:
    """Remove one leftover; one that is gone already is fine.

    Raises:
        LeftBehindError: it could not be removed.
    """
    record = next((each for each in ledger.records() if each.run == leftover.run), None)
    if record is None:
        return
    if leftover.kind == "process":
        _end(record, leftover)
    elif leftover.kind == "folder" and Path(leftover.name) in record.own_folders():
        _end(record, leftover)
        try:
            files.remove_tree(Path(leftover.name))
        except OSError as error:
            raise _stuck(leftover, error.strerror or str(error)) from error
    if not _processes(record) and not record.own_folders():
        ledger.drop(record.run)


def _processes(record: ledger.Record) -> list[int]:
    """The run's processes: those in its folders, and those written down that are still the same."""
    found = set(processes.below(record.own_folders()))
    found |= {pid for _, pid, when in record.processes if processes.is_same(pid, when)}
    return sorted(pid for pid in found if processes.created(pid) is not None)


def _end(record: ledger.Record, leftover: Leftover) -> None:
    stubborn = processes.end(lambda: _processes(record), grace=2.0)
    if stubborn:
        raise _stuck(leftover, f"it does not end: {', '.join(map(str, stubborn))}")


def _stuck(leftover: Leftover, why: str) -> LeftBehindError:
    return LeftBehindError(
        f"The {leftover.kind} {leftover.name} of run {leftover.run} could not be removed.",
        why=why,
        mend=("Try again with the rights of the user who started the run: incidentlab clean",),
    )
