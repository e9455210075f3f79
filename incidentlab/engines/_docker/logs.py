"""A container's log, followed while it is written: lines put together, told apart, timed by the engine."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from incidentlab.engines._docker.client import Connection
from incidentlab.engines._docker.facts import moment
from incidentlab.engines._docker.streams import shut
from incidentlab.engines._docker.voice import Voice
from incidentlab.logtext import LineBuffer, bound_line, clean_line
from incidentlab.model.events import LogLine, LogSource, log_name, now
from incidentlab.redact import Redactor

if TYPE_CHECKING:
    from requests import Response

KEPT = 200_000  # lines of one container that are kept; a program that floods its log must not fill our memory
_HEADER = struct.Struct(">BxxxL")  # the engine's frames: which stream, how many bytes
_STREAMS: dict[int, Literal["stdout", "stderr"]] = {1: "stdout", 2: "stderr"}


class Follower(Thread):
    """Follows one container's log until that container ends. Begin it when the container has started."""

    def __init__(
        self,
        connection: Connection,
        container: str,
        source: LogSource,
        redactor: Callable[[], Redactor],
        voice: Voice,
        replica: int = 1,
    ) -> None:
        super().__init__(name=f"incidentlab-log-{log_name(source, replica)}", daemon=True)
        self._replica = replica
        self._connection = connection
        self._container = container
        self._source: LogSource = source
        self._redactor = redactor
        self._voice = voice
        self._lines: list[LogLine] = []
        self._buffers = {"stdout": LineBuffer(), "stderr": LineBuffer()}
        self._began: dict[str, datetime] = {}
        self._answer: Response | None = None
        self.dropped = 0
        self.start()

    def lines(self) -> tuple[LogLine, ...]:
        """Return the lines seen so far, in the order in which the engine has them."""
        return tuple(self._lines)

    def stop(self) -> None:
        """Stop following a container that goes on living."""
        if self._answer is not None:
            shut(self._answer)

    def run(self) -> None:
        """Read frame by frame to the end; whatever breaks the reading ends it, and the stack notices elsewhere."""
        # A broken connection is reported by whoever asks the engine next; what a listener raises, the voice keeps.
        with suppress(BaseException):
            for stream, payload in self._frames():
                self._take(stream, payload)
        self._flush("stdout")
        self._flush("stderr")

    def _frames(self) -> Iterator[tuple[Literal["stdout", "stderr"], bytes]]:
        """Ask for the log ourselves: the SDK's own reader forgets which stream a frame belongs to."""
        api = self._connection.api
        answer = api.get(
            f"{api.base_url}/v{api.api_version}/containers/{self._container}/logs",
            params={"stdout": "1", "stderr": "1", "follow": "1", "timestamps": "1", "tail": "all"},
            stream=True,
            timeout=(5, None),
        )
        self._answer = answer
        with closing(answer):
            while answer.ok and len(header := _exactly(answer.raw, _HEADER.size)) == _HEADER.size:
                kind, length = _HEADER.unpack(header)
                yield _STREAMS.get(kind, "stdout"), _exactly(answer.raw, length)

    def _take(self, stream: Literal["stdout", "stderr"], payload: bytes) -> None:
        # Each frame has its own time in front, also where it is only the next piece of a long line.
        at, payload = _timed(payload)
        self._began.setdefault(stream, at)
        for text in self._buffers[stream].feed(payload):
            self._add(stream, self._began.pop(stream, at), text)
        if not payload.endswith(b"\n"):
            self._began.setdefault(stream, at)

    def _flush(self, stream: Literal["stdout", "stderr"]) -> None:
        for text in self._buffers[stream].flush():
            with suppress(BaseException):  # a listener's; kept by the voice
                self._add(stream, self._began.get(stream, now()), text)

    def _add(self, stream: Literal["stdout", "stderr"], at: datetime, raw: str) -> None:
        if len(self._lines) >= KEPT:
            self.dropped += 1
            return
        text = bound_line(self._redactor().text(clean_line(raw)))
        line = LogLine(self._source, len(self._lines) + 1, text, stream, at, self._replica)
        self._lines.append(line)
        self._voice(line)


def last_lines(connection: Connection, container: str, redactor: Redactor, count: int = 15) -> list[str]:
    """Return the last lines that a container has written, to explain why it is of no use."""
    raw = connection.api.logs(container, tail=count, timestamps=False)
    return [redactor.text(clean_line(line)) for line in raw.decode("utf-8", "replace").splitlines() if line.strip()]


def _exactly(raw: Any, count: int) -> bytes:
    """Read so many bytes, fewer only at the end: one read may give less."""
    data = b""
    while len(data) < count and (piece := raw.read(count - len(data))):
        data += piece
    return data


def _timed(payload: bytes) -> tuple[datetime, bytes]:
    stamp, _, rest = payload.partition(b" ")
    at = moment(stamp.decode("ascii", "replace"))
    return (now(), payload) if at is None else (at, rest)
