"""Why an engine cannot be used, each case in its own words and with its own mend."""

from collections.abc import Iterator

from incidentlab.errors import EngineUnavailableError

_LOCAL_INSTEAD = "Or do without Docker: --engine local"


def no_way_in(endpoint: str, error: BaseException, waited: float) -> EngineUnavailableError:
    """Return the refusal that explains why nothing could be reached at ``endpoint``."""
    causes = tuple(_chain(error))
    text = " ".join(str(cause) for cause in causes)
    if _any(causes, PermissionError):
        return _no_permission(endpoint)
    if _any(causes, FileNotFoundError):
        return _nobody(endpoint, "There is no such socket.")
    if _any(causes, ConnectionRefusedError):
        return _nobody(endpoint, "Nobody listens there.")
    if any(
        type(cause).__name__ in {"ReadTimeout", "ReadTimeoutError", "ConnectTimeout", "TimeoutError"}
        for cause in causes
    ):
        return _silent(endpoint, waited)
    if endpoint.startswith("ssh://"):
        return far_away(endpoint)
    return _nobody(endpoint, text.strip()[:400])


def far_away(endpoint: str) -> EngineUnavailableError:
    """Return the refusal of an engine on another machine, whose loopback is not ours."""
    return EngineUnavailableError(
        f"The Docker engine at {endpoint} is on another machine.",
        why="The lab publishes its ports on 127.0.0.1 only, which is then that machine's and out of reach from here.",
        mend=("Use an engine on this machine: unset DOCKER_HOST; docker context use default", _LOCAL_INSTEAD),
    )


def unknown_context(name: str) -> EngineUnavailableError:
    """Return the refusal of a Docker context that does not exist."""
    return EngineUnavailableError(
        f"There is no Docker context named {name!r}.",
        why="DOCKER_CONTEXT names it.",
        mend=("See which there are: docker context ls", "Or take the default: unset DOCKER_CONTEXT", _LOCAL_INSTEAD),
    )


def too_old(title: str) -> EngineUnavailableError:
    """Return the refusal of an engine older than 20.10."""
    return EngineUnavailableError(
        f"{title} is too old.",
        why="Docker 20.10 (API 1.41) or newer is needed.",
        mend=("Upgrade the engine: https://docs.docker.com/engine/install/", _LOCAL_INSTEAD),
    )


def windows_containers(title: str) -> EngineUnavailableError:
    """Return the refusal of an engine that runs Windows containers."""
    return EngineUnavailableError(
        f"{title} runs Windows containers.",
        why="The lab's images are Linux images.",
        mend=("Switch Docker Desktop to Linux containers", _LOCAL_INSTEAD),
    )


def _no_permission(endpoint: str) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"No permission to use the Docker engine at {endpoint}.",
        why="Its socket is closed to this user.",
        mend=(
            "Join its group, then log in again: sudo usermod -aG docker $USER",
            "Or run Docker without root: dockerd-rootless-setuptool.sh install",
            "Or run this one command with sudo",
            _LOCAL_INSTEAD,
        ),
    )


def _nobody(endpoint: str, why: str) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"No Docker engine answers at {endpoint}.",
        why=why,
        mend=(
            "Start it: sudo systemctl start docker (or open Docker Desktop)",
            "Look where Docker is expected: docker context ls; echo $DOCKER_HOST",
            _LOCAL_INSTEAD,
        ),
    )


def _silent(endpoint: str, waited: float) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"The Docker engine at {endpoint} does not answer.",
        why=f"Something accepts the connection there and stays silent; waited {waited:g} s.",
        mend=("Restart it: sudo systemctl restart docker (or restart Docker Desktop)", _LOCAL_INSTEAD),
    )


def _any(causes: tuple[BaseException, ...], kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in causes)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and all that it was made from: the SDK hides the system's error several layers deep."""
    todo, seen = [error], set()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        nested = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        todo.extend(part for part in nested if isinstance(part, BaseException))
