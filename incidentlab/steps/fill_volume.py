"""The app's tables lie on a small volume, and something else has filled it."""

from typing import Any

from incidentlab.model.step import FillVolume
from incidentlab.steps._base import Scene, Step
from incidentlab.steps._session import connect, speaking

_SPACE = "small"
_FILLER = "incidentlab_filler"
_TABLES = """
SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT LIKE 'pg\\_%%' AND schemaname <> 'information_schema' AND tableowner = ANY(%s)"""
_INDEXES = """
SELECT format('%%I.%%I', schemaname, indexname) FROM pg_indexes
WHERE schemaname NOT LIKE 'pg\\_%%' AND schemaname <> 'information_schema'
  AND (schemaname, tablename) IN (SELECT schemaname, tablename FROM pg_tables WHERE tableowner = ANY(%s))"""
# Rows that fill a page each; the server's own page is 8 KiB.
_FILL = f"INSERT INTO {_FILLER} SELECT repeat('x', 7900) FROM generate_series(1, %s)"  # noqa: S608 - our own name


def _do(_options: FillVolume, scene: Scene) -> None:
    with speaking(scene, "Filling the volume"), connect(scene.stack.admin_url) as session:
        _move(session, scene)
        _fill(session)


def _move(session: Any, scene: Scene) -> None:
    """Put the tables of the app's roles, and those that will be made, on the small volume."""
    database = scene.stack.spec.database
    folder = f"{scene.stack.volume}/{_SPACE}"
    # The folder has to belong to the server's own user, so the server makes it.
    session.execute(f"COPY (SELECT 1) TO PROGRAM 'mkdir -m 700 {folder}'")
    session.execute(f"CREATE TABLESPACE {_SPACE} LOCATION '{folder}'")
    session.execute(f"GRANT CREATE ON TABLESPACE {_SPACE} TO PUBLIC")
    owners = [database.user, database.owner]
    for kind, listing in (("TABLE", _TABLES), ("INDEX", _INDEXES)):
        for (name,) in session.execute(listing, (owners,)).fetchall():
            session.execute(f"ALTER {kind} {name} SET TABLESPACE {_SPACE}")
    session.execute(f'ALTER DATABASE "{database.name}" SET default_tablespace = {_SPACE}')


def _fill(session: Any) -> None:
    """Fill in ever smaller portions until not one page more fits."""
    from psycopg.errors import DiskFull

    session.execute(f"CREATE UNLOGGED TABLE {_FILLER} (x text) TABLESPACE {_SPACE}")
    session.execute(f"ALTER TABLE {_FILLER} ALTER x SET STORAGE PLAIN")
    pages = 2048
    while pages:
        try:
            session.execute(_FILL, (pages,))
        except DiskFull:
            pages //= 2


STEP = Step(FillVolume, "fill-volume", lambda _: "The volume of the app's tables is filled to the brim", _do)
