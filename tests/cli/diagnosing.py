"""The real ``incidentlab diagnose`` as a child process, and logs to give it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A port that is taken, and a program that ended of it: certain from the log alone.
CERTAIN = (
    "INFO:     Started server process [1]\n"
    "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use\n"
    "app exited with code 1\n"
)
# The same without its end: what became of it is not known.
LIKELY = CERTAIN.rpartition("app exited")[0]
HEALTHY = "INFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:8000\n"


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What was said on stderr without frames and line ends."""
        return " ".join(self.err.replace("│", " ").replace("|", " ").split())

    def assert_panel(self, code: int, *words: str) -> None:
        """Hold it to its promise: the exit code, what happened and what to do, no traceback, a clean stdout."""
        assert self.code == code, self.err
        assert "What to do" in self.err
        assert self.out == ""
        self.assert_calm()
        for each in words:
            assert each in self.words, self.err

    def assert_calm(self) -> None:
        """No traceback, and no bug."""
        assert "Traceback" not in self.err + self.out
        assert "bug in incidentlab" not in self.err


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "incidentlab", "diagnose", *words]


def diagnose(
    *words: str | Path, cwd: Path | None = None, stdin: bytes = b"", env: dict[str, str] | None = None
) -> Done:
    """Run it with these words, and with these bytes through a pipe."""
    done = subprocess.run(
        command(*map(str, words)),
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=120,
        input=stdin,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
