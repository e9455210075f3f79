"""Alembic's revision files, read as text and never imported."""

import os

from incidentlab.collectors._revision_text import identity
from incidentlab.collectors._upgrade_text import made
from incidentlab.model.evidence import RevisionFile

_LARGEST = 1_000_000  # bytes; a migration that is larger carries data, and its head says all that is asked
_USUAL = 65_536  # bytes; what is read at once
# A pipe that bears the name of a revision must not be waited for.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def read_revision(path: str, shown: str, unread: list[str]) -> RevisionFile | None:
    """Return what a migration script says of itself, or ``None`` where it is no migration.

    Args:
        path: the file.
        shown: its name for people.
        unread: takes a sentence where the script computes what the graph needs.

    Raises:
        OSError: it cannot be read.
        SyntaxError, ValueError, RecursionError: it is no Python.
    """
    data = read_start(path)
    if b"revision" not in data:
        return None
    source = data.decode("utf-8-sig", "replace")
    found = identity(source)
    if found is None:
        return None
    if found.computed:
        unread.append(f"{shown} computes its {' and '.join(found.computed)}; only running it would tell.")
        if not found.revision:
            return None
    tables, columns = made(source)
    return RevisionFile(
        found.revision,
        found.parents,
        shown,
        found.message,
        tables,
        columns,
        found.depends_on,
        found.branch_labels,
    )


def read_start(path: str) -> bytes:
    """Return the first megabyte of a file; a few calls of the system, for there may be thousands of files.

    Raises:
        OSError: it cannot be read.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        data = os.read(descriptor, _USUAL)
        if len(data) < _USUAL:
            return data
        parts = [data]
        while data and sum(map(len, parts)) < _LARGEST:
            data = os.read(descriptor, _LARGEST)
            parts.append(data)
        return b"".join(parts)[:_LARGEST]
    finally:
        os.close(descriptor)
