"""Writes a report: composed from accounts, in one format, into a file that is complete or not there."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from incidentlab import causes, reports
from incidentlab.errors import UsageError
from incidentlab.lab.active import cannot_write
from incidentlab.model.events import now
from incidentlab.model.report import Account, Report


def compose(accounts: Sequence[Account]) -> Report:
    """Return the report on some runs, with what the catalogue knows about preventing their causes."""
    catalogue = causes.catalogue()
    found = [finding.cause for account in accounts for finding in account.diagnosis.findings]
    prevent = [step for cause in dict.fromkeys(found) for step in catalogue[cause].prevent]
    return reports.compose(accounts, written_at=now(), prevent=prevent)


def format_of(path: Path | None, known: Mapping[str, reports.Format]) -> str:
    """Return the format that a file's ending asks for; Markdown where there is no file.

    Raises:
        UsageError: no format has that ending.
    """
    if path is None or str(path) == "-":
        return "markdown"
    for name, each in known.items():
        if path.suffix == each.suffix:
            return name
    raise UsageError(
        f"No format is known by the ending of {path.name!r}.", mend=[f"Name one: --format {'|'.join(known)}"]
    )


def write_atomically(path: Path, text: str, *, elsewhere: str = "incidentlab report -o /some/file") -> None:
    """Write a file by way of a neighbour that takes its name at the end.

    Args:
        path: the file.
        text: all that it will hold.
        elsewhere: the command that writes another one, for the mend.

    Raises:
        StorageError: it could not be written; an older file of that name is unharmed.
    """
    partial = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        partial = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        partial.chmod(0o666 & ~umask)
        partial.replace(path)
    except OSError as error:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()
        raise cannot_write(path, error, elsewhere=elsewhere) from None
