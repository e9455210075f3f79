"""Migrate the database with the Alembic of the app's image: before the app is started, under its feet, or beside it."""

from incidentlab.model.step import Upgrade
from incidentlab.steps._base import Scene, Step, failed

_LAST = 12  # lines of its output that explain a failure


def _do(options: Upgrade, scene: Scene) -> None:
    if not options.beside:
        _upgrade(options, scene)
        return

    def upgrade() -> None:
        _upgrade(options, scene)
        scene.tell(f"alembic upgrade {options.to} has come to its end")

    scene.beside("upgrade", upgrade)


def _upgrade(options: Upgrade, scene: Scene) -> None:
    argv = ("alembic", "upgrade", options.to)
    done = scene.stack.run_once(argv, files=options.files, login=options.login, over=scene.over)
    if done.exit_code:
        what = f"alembic upgrade {options.to} failed with exit code {done.exit_code}."
        raise failed(what, "\n".join(done.output[-_LAST:]))


def _tell(options: Upgrade) -> str:
    told = f"alembic upgrade {options.to}" + (f", with the files of {options.files.name}/" if options.files else "")
    return f"{told}, beside the app" if options.beside else told


STEP = Step(Upgrade, "upgrade", _tell, _do)
