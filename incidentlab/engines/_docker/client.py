"""The way to the engine: which one it is, whether it answers, and what its failures mean for a run."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from incidentlab.engines._docker.refusals import no_way_in, unknown_context
from incidentlab.errors import EngineLostError

if TYPE_CHECKING:
    from docker import APIClient

ANSWER_SECONDS = 2.5  # for an engine to say its version; a healthy one needs a few milliseconds
CALL_SECONDS = 60.0  # for any single call later on; a loaded engine may take its time to start a container
DEFAULT_ENDPOINT = "unix:///var/run/docker.sock"
_SPOKEN = "1.41"  # the API of Docker 20.10; newer engines understand it too, or name the oldest they do
_POOL = 32  # connections kept: followed logs and waits hold one each


@dataclass(frozen=True, slots=True)
class Connection:
    """An engine that has answered."""

    api: APIClient
    endpoint: str
    version: dict[str, Any]  # as the engine's /version has it
    target: dict[str, Any]  # what a further client needs to get there

    @property
    def podman(self) -> bool:
        """Whether Podman answers in Docker's place."""
        return any(part.get("Name") == "Podman Engine" for part in self.version.get("Components") or ())

    @property
    def title(self) -> str:
        """Name the engine, its version, its API's and where it was reached."""
        name = "Podman (best effort)" if self.podman else "Docker"
        return (
            f"{name} {self.version.get('Version', '?')}, API {self.version.get('ApiVersion', '?')}, at {self.endpoint}"
        )

    def another(self) -> APIClient:
        """Return a further client of the same engine; close it."""
        from docker import APIClient

        return APIClient(version=self.api.api_version, timeout=int(CALL_SECONDS), **self.target)

    def close(self) -> None:
        """Give the connections back."""
        self.api.close()


@contextmanager
def connected() -> Iterator[Connection]:
    """Give a connection to the engine and close it afterwards; see :func:`connect`."""
    connection = connect()
    try:
        yield connection
    finally:
        connection.close()


def connect() -> Connection:
    """Reach the engine that ``DOCKER_HOST`` or the current Docker context names, within a few seconds.

    Raises:
        EngineUnavailableError: none answers, or it keeps us out; each case in its own words.
    """
    from docker import APIClient
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    endpoint = DEFAULT_ENDPOINT
    try:
        target = _target()
        endpoint = target.get("base_url") or DEFAULT_ENDPOINT
        _knock(endpoint)
        # With its version given, the client asks nothing while it is made, and can be closed when asking fails.
        api = APIClient(version=_SPOKEN, timeout=cast(int, ANSWER_SECONDS), max_pool_size=_POOL, **target)
        try:
            version: dict[str, Any] = api.version(api_version=False)
        except BaseException:
            api.close()
            raise
        oldest = str(version.get("MinAPIVersion") or _SPOKEN)
        if as_numbers(oldest) > as_numbers(_SPOKEN):
            api.close()
            api = APIClient(version=oldest, max_pool_size=_POOL, **target)
    except (DockerException, RequestException, OSError, ValueError) as error:
        raise no_way_in(endpoint, error, ANSWER_SECONDS) from error
    api.timeout = int(CALL_SECONDS)
    return Connection(api, endpoint, version, target)


def as_numbers(version: str) -> tuple[int, ...]:
    """Return an API's version so that it can be compared: 1.9 comes before 1.41."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def is_near(endpoint: str) -> bool:
    """Whether ports that the engine publishes on its 127.0.0.1 are ports of this machine's 127.0.0.1."""
    parts = urlsplit(endpoint if "://" in endpoint else f"tcp://{endpoint}")
    return parts.scheme in {"unix", "http+unix", "npipe"} or parts.hostname in {"127.0.0.1", "localhost", "::1"}


@contextmanager
def asking(connection: Connection, doing: str) -> Iterator[None]:
    """Turn a failing connection or a failing engine into :class:`EngineLostError`, in this one place.

    What a caller understands better (an image that is missing, a port that is taken) it has to catch inside.
    """
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except APIError as error:
        raise lost(connection, doing, f"The engine answered: {error.explanation or error}") from error
    except (RequestException, HTTPError, DockerException, OSError) as error:
        raise lost(connection, doing, str(error) or type(error).__name__) from error


def lost(connection: Connection, doing: str, why: str) -> EngineLostError:
    """Return the error for an engine that has stopped serving while we were ``doing`` something."""
    return EngineLostError(
        f"The Docker engine at {connection.endpoint} failed us while {doing}.",
        why=why,
        mend=("See whether it still answers: docker info", "Then remove what the run may have left: incidentlab clean"),
    )


def _knock(endpoint: str) -> None:
    """Connect to a Unix socket once ourselves: the SDK leaves its socket open where it is refused.

    Raises:
        OSError: there is no such socket, nobody listens, or it is closed to us.
    """
    kind, _, path = endpoint.partition("://")
    if kind not in {"unix", "http+unix"}:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(ANSWER_SECONDS)
        door.connect("/" + path.lstrip("/"))


def _target() -> dict[str, Any]:
    """Return where the engine is, as Docker's own command line decides it."""
    from docker.context import ContextAPI
    from docker.utils import kwargs_from_env

    target: dict[str, Any] = {**kwargs_from_env()}
    if "base_url" not in target:
        # The SDK takes the default for a context that does not exist; Docker's command line refuses, as it should.
        name = os.environ.get("DOCKER_CONTEXT")
        if name and ContextAPI.get_context(name) is None:
            raise unknown_context(name)
        for name, value in ContextAPI.kwargs_from_context().items():
            target.setdefault(name, value)
    return target
