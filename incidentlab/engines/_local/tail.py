"""A log file that a child writes, told line by line while it grows."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread

from incidentlab.logtext import LineBuffer, bound_line, clean_line
from incidentlab.model.events import LogLine, LogSource, Tell
from incidentlab.redact import Redactor

_TICK = 0.004  # seconds between looks while lines come
_SLOWEST = 0.032  # … and after a silence


class Tail:
    """Follows one file in a thread. The file stays when we go, so a stack that is kept goes on writing it."""

    def __init__(
        self, path: Path, source: LogSource, redactor: Callable[[], Redactor], tell: Tell, replica: int = 1
    ) -> None:
        self._source: LogSource = source
        self._replica = replica
        self._redactor = redactor
        self._tell = tell
        self._lines: list[LogLine] = []
        self._buffer = LineBuffer()
        self._lock = Lock()
        self._over = Event()
        self.output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._input = os.open(path, os.O_RDONLY)
        self._thread = Thread(target=self._follow, name=f"tail-{source}", daemon=True)
        self._thread.start()

    def lines(self) -> tuple[LogLine, ...]:
        """Return the lines seen so far."""
        return tuple(self._lines)

    def drain(self) -> None:
        """Take all that is written by now, an unfinished last line too."""
        self._read(last=True)

    def close(self) -> None:
        """Take what is left and stop; closing twice is fine."""
        if self._over.is_set():
            return
        self._over.set()
        self._thread.join()
        self.drain()
        os.close(self._input)
        os.close(self.output)

    def _follow(self) -> None:
        pause = _TICK
        while not self._over.wait(pause):
            pause = _TICK if self._read() else min(pause * 1.2, _SLOWEST)

    def _read(self, *, last: bool = False) -> bool:
        some = False
        with self._lock:
            while data := os.read(self._input, 1 << 16):
                some = True
                for line in self._buffer.feed(data):
                    self._add(line)
            if last:
                for line in self._buffer.flush():
                    self._add(line)
        return some

    def _add(self, raw: str) -> None:
        text = bound_line(self._redactor().text(clean_line(raw)))
        line = LogLine(self._source, len(self._lines) + 1, text, replica=self._replica)
        self._lines.append(line)
        self._tell(line)
