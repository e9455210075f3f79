"""A failed build as an error that names the step, its line and what it said."""

from incidentlab.engines._docker import recipe
from incidentlab.engines._docker.buildlog import BuildLog, Failure
from incidentlab.errors import BuildFailedError
from incidentlab.model.scenario import StackSpec
from incidentlab.redact import Redactor

_BUILDKIT_WORDS = ("requires buildkit", "unknown instruction", "unknown flag")


def step_failed(failure: Failure, spec: StackSpec, dockerfile: str) -> BuildFailedError:
    """Return the error for a step that ended badly."""
    needs = recipe.needs_buildkit(dockerfile)
    if needs and any(word in failure.message.lower() for word in _BUILDKIT_WORDS):
        return needs_buildkit(spec, *needs)
    planned = recipe.instructions(dockerfile)
    line = f", line {planned[failure.number - 1].line}" if 0 < failure.number <= len(planned) else ""
    code = f"It ended with exit code {failure.code}." if failure.code is not None else failure.message
    where = f"step {failure.step} ({failure.text})" if failure.step else "the Dockerfile"
    return BuildFailedError(
        f"Building {spec.scenario}/{spec.variant} failed at {where}, {spec.dockerfile.name}{line}.",
        why=Redactor().text("\n".join((code, *failure.output))),
        mend=(f"Mend {spec.dockerfile}{line}, then run it again; steps before it come from the cache.",),
    )


def refused(message: str, spec: StackSpec, dockerfile: str) -> BuildFailedError:
    """Return the error for a Dockerfile that the builder would not even begin with."""
    needs = recipe.needs_buildkit(dockerfile)
    if needs and any(word in message.lower() for word in _BUILDKIT_WORDS):
        return needs_buildkit(spec, *needs)
    return BuildFailedError(
        f"The engine refuses to build {spec.scenario}/{spec.variant}.",
        why=Redactor().text(message),
        mend=(f"Mend {spec.dockerfile}, then run it again.",),
    )


def needs_buildkit(spec: StackSpec, step: recipe.Instruction, what: str) -> BuildFailedError:
    """Return the error for what only BuildKit understands, which the engine's API does not offer."""
    return BuildFailedError(
        f"{spec.dockerfile.name}, line {step.line}: {what} needs BuildKit.",
        why="The lab builds through the engine's API, whose classic builder does not know it.",
        mend=(f"Say the same without it in {spec.dockerfile}: a plain RUN or COPY.",),
    )


def build_cut_short(why: str, log: BuildLog, spec: StackSpec, timeout: float) -> BuildFailedError:
    """Return the error for a build that did not come to its end."""
    at = log.position
    return BuildFailedError(
        f"Building {spec.scenario}/{spec.variant} did not come to its end{f', at step {at}' if at else ''}.",
        why=f"{why[:1].upper()}{why[1:]}.",
        mend=(
            f"Give it more time: --timeout {max(2 * timeout, 300):.0f}",
            "See whether the engine is well: docker info",
        ),
    )
