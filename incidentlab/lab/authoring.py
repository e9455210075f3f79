"""Writes a new scenario's folder: whole or not at all, and never over one that is there."""

import shutil
from pathlib import Path

from incidentlab import catalogue, schemas
from incidentlab.catalogue import template
from incidentlab.errors import RefusedError
from incidentlab.lab.active import cannot_write

_MODEL = "missing-migrations"  # whose Dockerfiles a new scenario begins with


def write_new(where: Path, id_: str, title: str, cause: str) -> Path:
    """Make ``where/id_`` and its files.

    Returns:
        the folder, as ``where`` was given.

    Raises:
        RefusedError: something of that name is there.
        StorageError: it could not be written; nothing of it remains.
    """
    folder = where / id_
    model = catalogue.folders()[_MODEL]
    dockerfiles = {
        variant: (model / f"Dockerfile.{variant}").read_text(encoding="utf-8") for variant in ("broken", "fixed")
    }
    made = False
    try:
        where.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        made = True
        for name, text in template.files(id_, title, cause, schemas.path("scenario"), dockerfiles).items():
            (folder / name).write_text(text, encoding="utf-8")
    except FileExistsError:
        raise RefusedError(
            f"{folder} is there already.",
            why="A scenario is never written over another.",
            mend=["Give it another id, or another folder: --in DIR"],
        ) from None
    except OSError as error:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        raise cannot_write(folder, error, elsewhere="incidentlab scenarios new ID --in /some/folder") from None
    return folder
