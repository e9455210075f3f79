"""Migrate the database with the Alembic of the app's image, before the app is started or under its feet."""

from incidentlab.model.step import Upgrade
from incidentlab.steps._base import Scene, Step, failed

_LAST = 12  # lines of its output that explain a failure


def _do(options: Upgrade, scene: Scene) -> None:
    argv = ("alembic", "upgrade", options.to)
    done = scene.stack.run_once(argv, files=options.files, login=options.login)
    if done.exit_code:
        what = f"alembic upgrade {options.to} failed with exit code {done.exit_code}."
        raise failed(what, "\n".join(done.output[-_LAST:]))


def _tell(options: Upgrade) -> str:
    return f"alembic upgrade {options.to}" + (f", with the files of {options.files.name}/" if options.files else "")


STEP = Step(Upgrade, "upgrade", _tell, _do)
