"""Finds and removes what runs have left: after a kill -9, or of stacks that were kept on purpose."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from incidentlab import places
from incidentlab.engines._base import Engine, Leftover
from incidentlab.errors import IncidentlabError, LeftBehindError
from incidentlab.lab import active, archive
from incidentlab.lab.choose import engines


def find(run: str | None = None, *, caches: bool = False) -> list[Leftover]:
    """List what is still there of runs whose process is gone.

    Args:
        run: only what belongs to this run.
        caches: list too what is kept to make runs fast: images, initialised data directories.
    """
    alive = active.alive()
    found = [each for engine in engines().values() for each in engine.leftovers(alive)]
    found += _folders()
    if places.cache().is_dir() and not alive:  # a run in progress works with it
        found.append(Leftover("", "folder", str(places.cache()), ""))
    wanted = [each for each in found if (each.run or caches) and (run is None or each.run == run)]
    return sorted(wanted, key=lambda each: (each.run, _ORDER.index(each.kind), not each.engine, each.name))


def remove(leftovers: Iterable[Leftover]) -> None:
    """Remove them; go on after one that resists, and name all of those at the end.

    Raises:
        LeftBehindError: with each thing that could not be removed.
    """
    known = engines()
    removed = 0
    failed: list[str] = []
    for each in leftovers:
        try:
            _remove_one(each, known)
            removed += 1
        except (IncidentlabError, OSError) as error:
            failed.append(f"{each.kind} {each.name}: {error}")
    for note, scratch in active.dead_scratches().values():
        if scratch is None:
            note.unlink(missing_ok=True)
    for beginning in active.dead_beginnings():
        beginning.unlink(missing_ok=True)
    if failed:
        raise LeftBehindError(
            f"{len(failed)} of {len(failed) + removed} things could not be removed.",
            why="\n".join(failed),
            mend=["Once the reason is gone, run it again: incidentlab clean"],
        )


# Containers hold networks and volumes, so they go first.
_ORDER = ("process", "container", "network", "volume", "image", "folder")


def _folders() -> list[Leftover]:
    scratches = [
        Leftover("", "folder", str(scratch), run_id)
        for run_id, (_, scratch) in active.dead_scratches().items()
        if scratch is not None
    ]
    half = [Leftover("", "folder", str(path), path.name.removesuffix(".partial")) for path in archive.half_written()]
    alive = active.alive()
    return scratches + [each for each in half if each.run not in alive]


def _remove_one(leftover: Leftover, known: dict[str, Engine]) -> None:
    if leftover.engine:
        known[leftover.engine].remove(leftover)
    else:
        with suppress(FileNotFoundError):  # gone already is fine
            shutil.rmtree(Path(leftover.name))
