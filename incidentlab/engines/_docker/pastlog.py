"""A container's log up to this moment: read once and never followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from incidentlab.engines._docker.client import Connection
from incidentlab.engines._docker.logpieces import Taking, frames, in_order, lines_of_terminal
from incidentlab.logtext import clean_line
from incidentlab.model.events import LogLine

if TYPE_CHECKING:
    from requests import Response

MOST_SECONDS = 10.0  # for one log, and for the engine to go on with it
_READ = 1 << 16


@dataclass(frozen=True, slots=True)
class PastLog:
    """What a container wrote; ``unread`` says in a sentence what of it is missing, and why."""

    lines: tuple[LogLine, ...] = ()
    is_cut: bool = False  # there is more before it
    unread: str = ""


def read(
    connection: Connection,
    container: str,
    secrets: Sequence[str],
    *,
    tty: bool,
    tail: int | None,
    since: datetime | None,
) -> PastLog:
    """Read a container's log, at most its last ``tail`` lines and ``logpieces.MOST_BYTES``.

    Args:
        connection: the engine.
        container: the container's id.
        secrets: what is masked in it, besides what looks like a secret by itself.
        tty: whether the container has a terminal: its log then has no frames and only one stream.
        tail: how many lines from the end; ``None`` for all.
        since: only what was written from then on.

    Returns:
        The lines, cleaned and redacted, numbered from 1. A log that cannot be read, or breaks off, is no error.
    """
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    taking = Taking()
    try:
        with closing(_ask(connection, container, tail, since)) as answer:
            if not answer.ok:
                return PastLog(unread=_refusal(answer))
            chunks = _chunks(answer, taking)
            for stream, piece in lines_of_terminal(chunks) if tty else frames(chunks, taking):
                taking.add(stream, piece)
    except (RequestException, HTTPError, OSError, ValueError, AttributeError) as error:
        taking.broken = f"It broke off: {str(error) or type(error).__name__}"
    taking.keep_last(tail)
    return PastLog(in_order(taking.pieces, secrets), taking.is_cut, taking.broken)


def _ask(connection: Connection, container: str, tail: int | None, since: datetime | None) -> Response:
    api = connection.api
    # One more than wanted, so that it is known whether there is more.
    params = {
        "stdout": "1",
        "stderr": "1",
        "follow": "0",
        "timestamps": "1",
        "tail": str(tail + 1) if tail is not None else "all",
    }
    if since is not None:
        params["since"] = f"{since.timestamp():.6f}"
    return api.get(
        f"{api.base_url}/v{api.api_version}/containers/{container}/logs",
        params=params,
        stream=True,
        timeout=(MOST_SECONDS, MOST_SECONDS),
    )


def _refusal(answer: Response) -> str:
    try:
        message = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = f"HTTP {answer.status_code}"
    if answer.status_code == 404 or "marked for removal" in message:
        return "The container was removed while it was being read."
    return f"The engine answered: {clean_line(message)}."


def _chunks(answer: Response, taking: Taking) -> Iterator[bytes]:
    deadline = monotonic() + MOST_SECONDS
    while chunk := answer.raw.read(_READ):
        yield chunk
        if monotonic() > deadline:
            taking.broken = f"It was given up after {MOST_SECONDS:g} s."
            return
