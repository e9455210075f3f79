"""A log's place → a stream, or the reason why there is none, in a sentence with what to do about it."""

import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, cast

from incidentlab.collectors._packed import UnreadableError
from incidentlab.errors import UsageError

_MOST_NAMES = 5_000  # of a folder, among which the nearest are looked for
_PATIENCE = 10.0  # seconds for somebody to write into a named pipe


def stdin() -> BinaryIO:
    """Return the standard input.

    Raises:
        UsageError: it is a terminal, or closed; nothing would ever come.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("The standard input is closed.", mend=("Pipe a log in: docker logs app 2>&1 | "
                         "incidentlab diagnose --logs -",))  # fmt: skip
    if sys.stdin.isatty():
        raise UsageError(
            "The standard input is a terminal, not a log.",
            mend=(
                "Pipe one in: docker logs app 2>&1 | incidentlab diagnose --logs -",
                "Or name a file: incidentlab diagnose --logs app.log",
            ),
        )
    return sys.stdin.buffer


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a log for reading.

    Raises:
        UsageError: it is not there, or is a folder.
        UnreadableError: it is a device, a socket, or a pipe into which nobody writes.
        OSError: it cannot be opened.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    if stat.S_ISDIR(mode):
        raise _folder(path)
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not _is_null(path)):
        raise UnreadableError("a device or a socket", "Give a file, or pipe the log in with --logs -")
    # A named pipe is opened without waiting; else a forgotten one would hold us for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (os.O_NONBLOCK if stat.S_ISFIFO(mode) else 0))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if stat.S_ISFIFO(mode):
            _wait(descriptor)
            os.set_blocking(descriptor, True)
        yield cast(BinaryIO, file)


def _wait(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    if not poll.poll(_PATIENCE * 1000):
        raise UnreadableError(
            f"a pipe into which nobody wrote within {_PATIENCE:.0f} seconds", "Start what writes into it first"
        )


def _is_null(path: Path) -> bool:
    return os.path.realpath(path) == os.devnull


def _missing(path: Path) -> UsageError:
    near = get_close_matches(path.name, _names(path.parent), n=3, cutoff=0.5)
    mend = [f"Did you mean {' or '.join(str(path.parent / name) for name in near)}?"] if near else []
    return UsageError(
        f"There is no file {path}.", mend=mend or ["Give the path of a log, or - for the standard input."]
    )


def _folder(path: Path) -> UsageError:
    logs = sorted(name for name in _names(path) if ".log" in name or name in ("syslog", "messages"))[:3]
    inside = f"Give a file in it: {' or '.join(str(path / name) for name in logs)}." if logs else "Give a file in it."
    return UsageError(f"{path} is a folder, not a log.", mend=(inside,))


def _names(folder: Path) -> list[str]:
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) == _MOST_NAMES:
                    break
    except OSError:
        return []
    return names
