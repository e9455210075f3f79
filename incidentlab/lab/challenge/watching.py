"""Notices that a learner has saved something."""

import os
from pathlib import Path
from time import sleep

from incidentlab.catalogue import deployment
from incidentlab.lab.challenge.copying import IMAGE

Fingerprint = frozenset[tuple[str, int, int]]
_EVERY = 0.3  # seconds


def fingerprint(folder: Path) -> Fingerprint:
    """Return what the learner's files look like from outside: names, sizes, times; not the logs, which we write."""
    paths = [folder / deployment.FILE_NAME]
    for parent, _, files in os.walk(folder / IMAGE):
        paths += [Path(parent) / name for name in files]
    found = set()
    for path in paths:
        try:
            state = path.stat()
        except OSError:  # an editor that replaces the file in this moment
            continue
        found.add((str(path), state.st_size, state.st_mtime_ns))
    return frozenset(found)


def wait(folder: Path, seen: Fingerprint) -> None:
    """Return when something is different from ``seen`` and has been left alone for a moment."""
    latest = fingerprint(folder)
    while latest == seen:
        sleep(_EVERY)
        latest = fingerprint(folder)
    while True:
        sleep(_EVERY)
        if (again := fingerprint(folder)) == latest:
            return
        latest = again
