"""A log in a file, or as it comes through a pipe → its events: files of any size, quickly and in bounded memory.

A log up to a megabyte is read whole. Of a larger one its beginning and its end are, and between them the surroundings
of lines that hold one of the strings by which causes recognise messages; what repeats itself is kept a few times and
counted. See ``_digest``.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from incidentlab.collectors import _opening
from incidentlab.collectors._digest import Digest
from incidentlab.collectors._pace import FOLLOWED, Pace
from incidentlab.collectors._pieces import Reader, Shown
from incidentlab.collectors._remarkable import SERVICE
from incidentlab.collectors._taking import Taking
from incidentlab.model.evidence import LogEvent

__all__ = ["LogReading", "follow", "read"]


@dataclass(frozen=True, slots=True)
class LogReading:
    """What a log says.

    ``size`` is the text's in bytes, unpacked; ``lines`` how many it has, of which ``skipped`` were passed over as
    unremarkable. ``unread`` says, in a sentence each, what could not be read and why. ``source`` is part of the
    events' ids.
    """

    events: tuple[LogEvent, ...]
    size: int = 0
    lines: int = 0
    unread: tuple[str, ...] = ()
    skipped: int = 0
    source: str = ""


def read(
    path: Path | str,
    *,
    literals: Sequence[str],
    source: str | None = None,
    command: str = "",
    service: Sequence[str] = SERVICE,
) -> LogReading:
    """Read a log.

    Args:
        path: a file, which may be compressed, or ``-`` for the standard input.
        literals: the strings by which causes recognise messages.
        source: what wrote it; by default the file's name.
        command: what a person types to see the log; by default one that shows an event's lines in the file.
        service: strings of lines which say that a program serves; looked for after something went wrong.

    Returns:
        The reading. What cannot be read, or not to its end, is named in ``unread``.

    Raises:
        UsageError: the file does not exist or is a folder, or the standard input is a terminal.
    """
    taking = Taking(str(path), Digest(literals, service))
    if taking.name == "-":
        taking.take(_opening.stdin())
    else:
        taking.open(Path(path))
    return _reading(taking, source or _name(taking.name), command)


def follow(
    stream: BinaryIO,
    *,
    literals: Sequence[str],
    source: str = "stdin",
    command: str = "",
    service: Sequence[str] = SERVICE,
    unread: list[str] | None = None,
) -> Iterator[tuple[LogEvent, ...]]:
    """Read a log as it comes, and give all its events so far whenever something remarkable was said.

    That is after a line that a cause may know, as soon as it is quiet for a moment or a second has passed, and after
    the first service that follows; and once more at the end, whatever was said. Nothing else is read.

    Args:
        stream: a pipe, a socket's file or a file; of a buffered one nothing may have been read before.
        literals: the strings by which causes recognise messages.
        source: what wrote it.
        command: what a person types to see the log.
        service: strings of lines which say that a program serves.
        unread: is given a sentence, where the stream could not be read to its end.
    """
    digest = Digest(literals, service, FOLLOWED)
    reader = Reader(source, lambda _first, _last: command, digest.search)
    pace = Pace(digest, [] if unread is None else unread)
    for _ in pace.moments(stream):
        began = monotonic()
        yield reader.events(digest.pieces(), digest.left_out())
        pace.spoken(monotonic() - began)


def _reading(taking: Taking, source: str, command: str) -> LogReading:
    digest = taking.digest
    digest.finish()
    pieces = list(digest.pieces())
    reader = Reader(source, _shown(taking, command), digest.search)
    return LogReading(
        events=reader.events(pieces, digest.left_out()),
        size=taking.size,
        lines=digest.lines,
        unread=tuple(taking.unread),
        skipped=digest.lines - sum(len(piece.lines) for piece in pieces),
        source=source,
    )


def _name(named: str) -> str:
    return "stdin" if named == "-" else Path(named).name


def _shown(taking: Taking, command: str) -> Shown:
    """Return what makes the command that shows some lines of the log."""
    if command or taking.name == "-":
        return lambda _first, _last: command
    place = shlex.quote(taking.name)
    if taking.cat == "cat":
        return lambda first, last: f"sed -n '{first},{last}p' {place}"
    return lambda first, last: f"{taking.cat} {place} | sed -n '{first},{last}p'"
