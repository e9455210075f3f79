"""Runs one program and measures it as a person waits for it: from the start of the process to its end."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.model import CannotMeasureError, Sample

_TAIL = 1500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program cost, and what it printed on stdout."""

    sample: Sample
    stdout: str


def run(command: Sequence[str], env: Mapping[str, str] | None = None, *, accepted: Sequence[int] = (0,)) -> Outcome:
    """Run ``command`` with its output in files, as in a script; ``env`` is added to ours.

    Raises:
        CannotMeasureError: its exit code is not accepted; the figure of a failure would be no figure.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = perf_counter()
        process = subprocess.Popen(
            command, env=os.environ | (env or {}), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        stdout = out.read()
        if process.returncode not in accepted:
            tail = (stdout + err.read())[-_TAIL:].strip()
            raise CannotMeasureError(f"{' '.join(command)} ended with {process.returncode}:\n{tail}")
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Outcome(Sample(seconds, usage.ru_utime + usage.ru_stime, memory), stdout)
