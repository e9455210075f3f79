"""Writes a new scenario's folder: whole or not at all, and never over one that is there."""

import shutil
from pathlib import Path

from incidentlab import catalogue, schemas
from incidentlab.catalogue import template
from incidentlab.errors import RefusedError
from incidentlab.lab.active import cannot_write

_MODEL = "missing-migrations"  # whose Dockerfiles a new scenario begins with


def write_new(where: Path, id_: str, title: str, cause: str, base: Path | None = None) -> Path:
    """Make ``where/id_`` and its files.

    Args:
        where: the folder that holds it.
        id_: its name.
        title: what happened.
        cause: what a diagnosis has to find.
        base: the folder of a scenario whose files it begins with; the plainest one where none is named.

    Returns:
        the folder, as ``where`` was given.

    Raises:
        RefusedError: something of that name is there.
        StorageError: it could not be written; nothing of it remains.
    """
    folder = where / id_
    made = False
    try:
        where.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        made = True
        for name, text in _texts(folder, id_, title, cause, base).items():
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


def _texts(folder: Path, id_: str, title: str, cause: str, base: Path | None) -> dict[str, str]:
    """Return file name → text; what else the base has is copied into ``folder`` first."""
    schema = schemas.path("scenario")
    if base is not None:
        shutil.copytree(base, folder, dirs_exist_ok=True, symlinks=True)
        given = (base / catalogue.FILE_NAME).read_text(encoding="utf-8")
        return template.based_on(given, id_, title, cause, schema)
    model = catalogue.folders()[_MODEL]
    dockerfiles = {
        variant: (model / f"Dockerfile.{variant}").read_text(encoding="utf-8") for variant in ("broken", "fixed")
    }
    return template.files(id_, title, cause, schema, dockerfiles)
