"""Other programs hold the server's connections: sessions that are open and idle, until so many are left."""

from contextlib import suppress
from typing import Any

from incidentlab.model.step import LimitConnections
from incidentlab.steps._base import Scene, Step, failed
from incidentlab.steps._session import connect, speaking

_MOST = 300  # sessions of ours; a scenario that needs more sets max_connections lower
_FREE = """
SELECT current_setting('max_connections')::int
     - CASE WHEN %s THEN 0 ELSE current_setting('superuser_reserved_connections')::int
            + coalesce(current_setting('reserved_connections', true)::int, 0) END
     - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int
     + 1"""  # the session that asks is closed again


def _do(options: LimitConnections, scene: Scene) -> None:
    if not scene.pause(options.after) and options.after:
        return
    stack = scene.stack
    superuser = stack.spec.database.rights == "superuser"
    held: list[Any] = []
    scene.undo(lambda: _close(held))
    with speaking(scene, "Holding connections open"):
        # A session that has just ended is counted for a moment more; where there is room to ask again, we do.
        for _ in range(2 if options.left else 1):
            with connect(stack.admin_url) as session:
                row = session.execute(_FREE, (superuser,)).fetchone()
            wanted = (row[0] if row else 0) - options.left
            if wanted > _MOST:
                raise failed(f"{wanted} sessions would be needed, more than {_MOST}.", "Set max_connections lower.")
            for _ in range(wanted):
                if scene.over.is_set():
                    return
                held.append(connect(stack.owner_url, name=options.name))
    scene.tell(f"{len(held)} sessions are held open, {options.left} are left")
    if options.seconds is not None:
        seconds = options.seconds

        def let_go() -> None:
            if scene.pause(seconds):
                _close(held)
                scene.tell("The sessions are closed")

        scene.aside("limit_connections", let_go)


def _close(held: list[Any]) -> None:
    with suppress(IndexError):  # the end of the run may come in the middle of it
        while held:
            held.pop().close()


def _tell(options: LimitConnections) -> str:
    return f"Other programs open sessions until {options.left} are left"


STEP = Step(LimitConnections, "limit-connections", _tell, _do)
