"""A look at a user's own engine: it is only ever asked (GET), and nothing of it is started, changed or removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from incidentlab.engines._docker.client import Connection, connect
from incidentlab.errors import EngineLostError, EngineUnavailableError

_WITHOUT = "Or give what it wrote as a file: --logs FILE"


@contextmanager
def visiting() -> Iterator[Connection]:
    """Give a connection to the engine that ``docker`` on the command line would use, and close it afterwards.

    Raises:
        EngineUnavailableError: none answers, or it keeps us out, with what to do about it.
    """
    try:
        connection = connect()
    except EngineUnavailableError as error:
        # The mends are those of a run, which may go to the local engine; what a user's engine holds is only there.
        kept = [step for step in error.mend if "--engine local" not in step]
        raise EngineUnavailableError(error.what, why=error.why, mend=(*kept, _WITHOUT)) from error
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def reading(connection: Connection, what: str) -> Iterator[None]:
    """Turn a failing connection or a failing engine into :class:`EngineLostError`.

    An answer that a caller understands (404: there is no such container) it has to catch inside.
    """
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except APIError as error:
        raise _lost(connection, what, f"The engine answered: {error.explanation or error}") from error
    except (RequestException, HTTPError, DockerException, OSError, ValueError) as error:
        raise _lost(connection, what, str(error) or type(error).__name__) from error


def _lost(connection: Connection, what: str, why: str) -> EngineLostError:
    return EngineLostError(
        f"The Docker engine at {connection.endpoint} failed while {what} was read.",
        why=why,
        mend=("See whether it still answers: docker info", _WITHOUT),
    )
