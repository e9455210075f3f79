"""The server is stopped under the app, as a restart or a failover does."""

from incidentlab.model.step import StopDatabase
from incidentlab.steps._base import Scene, Step


def _do(options: StopDatabase, scene: Scene) -> None:
    if not scene.pause(options.after) and options.after:
        return
    scene.stack.stop_database()
    if options.seconds is not None:
        seconds = options.seconds

        def start() -> None:
            if scene.pause(seconds):
                scene.stack.start_database()
                scene.tell("The database answers again")

        scene.aside("stop_database", start)


def _tell(options: StopDatabase) -> str:
    return "The database is stopped" + (f" for {options.seconds:g} s" if options.seconds else "")


STEP = Step(StopDatabase, "stop-database", _tell, _do)
