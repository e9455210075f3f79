"""A session that has locked a table and then does nothing: somebody's report, somebody's open terminal."""

from incidentlab.model.step import HoldLock
from incidentlab.steps._base import Scene, Step
from incidentlab.steps._session import connect, speaking, url_of


def _do(options: HoldLock, scene: Scene) -> None:
    from psycopg import sql

    if not scene.pause(options.after) and options.after:
        return
    with speaking(scene, f"The lock on {options.table}"):
        session = connect(url_of(scene.stack, options.login), name=options.name, autocommit=False)
        scene.undo(session.close)
        table = sql.Identifier(*options.table.split("."))
        session.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(table, sql.SQL(options.mode.upper())))
    if options.seconds is not None:
        seconds = options.seconds

        def release() -> None:
            if scene.pause(seconds):
                session.close()
                scene.tell(f"The lock on {options.table} is released")

        scene.aside("hold_lock", release)


def _tell(options: HoldLock) -> str:
    until = f" for {options.seconds:g} s" if options.seconds else ""
    return f"Session {options.name!r} locks {options.table} in mode {options.mode.upper()}{until}"


STEP = Step(HoldLock, "hold-lock", _tell, _do)
