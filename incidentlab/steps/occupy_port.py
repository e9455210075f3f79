"""Somebody else listens on the port that the app is going to ask for."""

from incidentlab.model.step import OccupyPort
from incidentlab.steps._base import Scene, Step


def _do(_options: OccupyPort, scene: Scene) -> None:
    scene.stack.occupy_port()


STEP = Step(OccupyPort, "occupy-port", lambda _: "Another program listens on the app's port", _do)
