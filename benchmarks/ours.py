"""Our side: the installed command, as a person types it, in a home of its own that stays warm between the rounds."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.model import CannotMeasureError, Sample
from benchmarks.process import run

_PHASES = ("build", "database", "app", "observe", "verify", "collect", "teardown")
_LABEL = "dev.incidentlab.run"


def command(given: str | None) -> tuple[str, ...]:
    """Return how incidentlab is called: as asked for, else as installed beside this Python, else as a module."""
    if given:
        return (given,)
    beside = Path(sys.executable).with_name("incidentlab")
    return (str(beside),) if beside.exists() else (sys.executable, "-m", "incidentlab")


@dataclass(frozen=True, slots=True)
class Ours:
    """The command and the home (records and caches) it works with; the home is the benchmark's and goes with it."""

    words: tuple[str, ...]
    home: Path

    def measure(self, variant: str, engine: str) -> Sample:
        """Run once, from the command to its clean teardown; phases are those of the record and may overlap.

        Raises:
            CannotMeasureError: the run was not as expected, or left something of Docker's behind.
        """
        words = [*self.words, "run", variant, "--engine", engine, "--json"]
        outcome = run(words, {"INCIDENTLAB_HOME": str(self.home)})
        document = json.loads(outcome.stdout)
        if not document["met"]:
            raise CannotMeasureError(f"{' '.join(words)} did not show what it has to: {document['checks']}")
        if engine == "docker":
            _check_gone(document["run"])
        timings = document["timings"]
        phases = {name: timings[name] for name in _PHASES if name in timings}
        return replace(outcome.sample, phases=phases | {"around": outcome.sample.seconds - timings["total"]})

    def plain(self, *words: str) -> Sample:
        """Run a command whose output goes into a file, and nothing else."""
        return run([*self.words, *words], {"INCIDENTLAB_HOME": str(self.home)}).sample

    def forget(self) -> None:
        """Remove the home; what the engines keep for the next run lies there."""
        shutil.rmtree(self.home, ignore_errors=True)


def bare() -> Sample:
    """Start this Python and end it: what no command of ours can be quicker than."""
    return run([sys.executable, "-c", "pass"]).sample


def _check_gone(run_id: str) -> None:
    """The teardown has to be part of what was timed."""
    for listing in (["ps", "-aq"], ["network", "ls", "-q"], ["volume", "ls", "-q"]):
        left = subprocess.run(
            ["docker", *listing, "--filter", f"label={_LABEL}={run_id}"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ,
        )
        if left.stdout.strip():
            raise CannotMeasureError(f"Run {run_id} left behind: {left.stdout.strip()}")
