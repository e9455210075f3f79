"""Long answers of the engine (a build, a pull): bounded in time, and cut from another thread when called off."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from incidentlab.engines._docker.client import Connection
from incidentlab.engines._docker.jobs import Cancel

if TYPE_CHECKING:
    from requests import Response

CONNECT_SECONDS = 2.5
SILENCE_SECONDS = 20.0  # a registry that says nothing for so long is taken for unreachable


class CutShortError(Exception):
    """The answer did not come to its end; says why."""


class LongAnswer:
    """A client of its own for one answer that comes piece by piece.

    The SDK's time-outs bound single reads and are switched off for builds. So we keep the response, and end it
    through its socket: a read that blocks in another thread then returns at once, and the engine, seeing the
    connection close, stops the work and removes its intermediate containers.
    """

    def __init__(self, connection: Connection, cancel: Cancel, timeout: float) -> None:
        self.api = connection.another()
        self.api.hooks["response"].append(self._opened)
        self._cancel = cancel
        self._response: Response | None = None
        self._reason = ""
        self._timer = Timer(timeout, self._cut, (f"it took longer than {timeout:g} s",))
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        self._cancel.wakes(lambda: self._cut("it was called off"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._response is not None:
            self._response.close()
        self.api.close()

    def items(self, url: str, *, params: dict[str, str], headers: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Post to ``url`` and give the objects of the answer as they come; see :meth:`watched`."""
        answer = self.api.post(
            url, params=params, headers=headers, stream=True, timeout=(CONNECT_SECONDS, SILENCE_SECONDS)
        )
        if not answer.ok:
            yield {"error": _message(answer)}
            return
        yield from self.watched(json.loads(line) for line in answer.iter_lines() if line)

    def watched(self, items: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Give the items of a running answer.

        Raises:
            CancelledError: the run was called off.
            CutShortError: it took too long or fell silent.
        """
        from docker.errors import APIError
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        try:
            yield from items
        except APIError:  # an answer, and a complete one: no
            raise
        except (RequestException, HTTPError, OSError, ValueError, AttributeError) as error:
            # urllib3 and http.client trip over a socket that is shut under them in more than one way.
            self._cancel.check()
            raise CutShortError(self._reason or f"the connection broke ({error})") from error
        self._cancel.check()
        if self._reason:
            raise CutShortError(self._reason)

    def _opened(self, response: Response, *_: Any, **__: Any) -> Response:
        self._response = response
        if self._reason:
            shut(response)
        return response

    def _cut(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._response is not None:
            shut(self._response)


def shut(response: Response) -> None:
    """End an answer through its socket, from whichever thread; a read that blocks on it returns."""
    connection = getattr(response.raw, "_connection", None)
    sock = getattr(connection, "sock", None)
    if sock is None:  # http.client lets go of it when the answer ends with the connection
        sock = getattr(getattr(getattr(response.raw, "_fp", None), "fp", None), "raw", None)
        sock = getattr(sock, "_sock", None)
    if sock is not None:
        with suppress(OSError):  # closed already
            sock.shutdown(socket.SHUT_RDWR)


def _message(answer: Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
