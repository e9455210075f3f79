"""Commands of our own in processes of their own, several at a time, that are called off together."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True, slots=True)
class Heard:
    """What a command has printed, and how it ended."""

    out: str
    said: str  # on stderr
    code: int

    def why(self, most: int) -> str:
        """Return why it failed, as far as it said so."""
        return self.said.strip()[-most:] or f"its process ended with {self.code} and said nothing"


@dataclass
class Crew:
    """The processes at work. Safe to call from threads."""

    _working: "set[subprocess.Popen[str]]" = field(default_factory=set)
    _called_off: bool = False
    _lock: Lock = field(default_factory=Lock)

    def run(self, words: Sequence[str]) -> Heard | None:
        """Run ``incidentlab`` with these words to its end; ``None`` where all of it was called off before."""
        with self._lock:
            if self._called_off:
                return None
            # A session of its own: a Ctrl-C reaches us alone, and we pass it on once.
            process = subprocess.Popen(
                [sys.executable, "-m", "incidentlab", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._working.add(process)
        try:
            out, said = process.communicate()
        finally:
            with self._lock:
                self._working.discard(process)
        return Heard(out, said, process.returncode)

    def call_off(self) -> None:
        """Tell all of them to remove what they have started; whoever waits for them sees their ends."""
        with self._lock:
            self._called_off = True
            for process in self._working:
                process.terminate()
