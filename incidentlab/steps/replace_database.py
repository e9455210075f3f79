"""The server is made again from another image on the same data: an upgrade, or a tag that has moved by itself."""

from incidentlab.model.step import ReplaceDatabase
from incidentlab.steps._base import Scene, Step


def _do(options: ReplaceDatabase, scene: Scene) -> None:
    if scene.stack.replace_database(options.image):
        scene.tell(f"The server of {options.image} answers")
    else:
        scene.tell(f"The server of {options.image} does not come up")


STEP = Step(
    ReplaceDatabase,
    "replace-database",
    lambda options: f"The database is made again from {options.image}, on the same data",
    _do,
)
