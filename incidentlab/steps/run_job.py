"""Run a command in the app's image to its end, as a one-shot service that the app waits for."""

from incidentlab.model.step import RunJob
from incidentlab.steps._base import Scene, Step, failed

_LAST = 12  # lines of its output that explain a failure


def _do(options: RunJob, scene: Scene) -> None:
    done = scene.stack.run_once(options.command, login=options.login, over=scene.over)
    if done.exit_code:
        raise failed(
            f"The job `{' '.join(options.command)}` failed with exit code {done.exit_code}.",
            "\n".join(done.output[-_LAST:]),
        )


STEP = Step(RunJob, "run-job", lambda options: f"Job: {' '.join(options.command)}", _do)
