"""The database answers only some time after the app has started: what a start order without health checks does."""

from incidentlab.model.step import DelayDatabase
from incidentlab.steps._base import Scene, Step


def _do(options: DelayDatabase, scene: Scene) -> None:
    scene.stack.stop_database()

    def start() -> None:
        while not scene.started.wait(0.05):
            if scene.over.is_set():
                return
        if scene.pause(options.seconds):
            scene.tell("The database is started")
            scene.stack.start_database()
            scene.tell("The database answers")

    scene.aside("delay_database", start)


def _tell(options: DelayDatabase) -> str:
    return f"The database is held back until {options.seconds:g} s after the app's start"


STEP = Step(DelayDatabase, "delay-database", _tell, _do)
