"""What it costs to prove every scenario on each engine, one at a time and two at a time."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.model import CannotMeasureError, Limit
from benchmarks.process import run

MOST = {"local": 240.0, "docker": 480.0}  # seconds for all of them, two at a time, with warm caches
JOBS = (1, 2)


@dataclass(frozen=True, slots=True)
class Proving:
    """One command that proved all scenarios on an engine: its wall clock, and the seconds of each scenario."""

    engine: str
    jobs: int
    seconds: float
    each: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ProofFigures:
    """What was measured; an engine that could not be measured has no entry."""

    provings: Sequence[Proving] = field(default=())

    def of(self, engine: str, jobs: int) -> Proving | None:
        """Return one command's figures."""
        return next((each for each in self.provings if (each.engine, each.jobs) == (engine, jobs)), None)

    @property
    def limits(self) -> list[Limit]:
        """Return how long all of them may take."""
        limits = []
        for engine, most in MOST.items():
            found = self.of(engine, JOBS[-1])
            limits.append(Limit(f"all scenarios proven on {engine}", found.seconds if found else None, most, "s"))
        return limits

    def document(self) -> list[dict[str, Any]]:
        """Return the figures for scripts."""
        return [asdict(each) for each in self.provings]


def measure(words: Sequence[str], say: Callable[[str], None]) -> tuple[ProofFigures, list[str]]:
    """Prove all scenarios on each engine; a first command, which does not count, warms images and data directories."""
    provings: list[Proving] = []
    remarks: list[str] = []
    home = Path(tempfile.mkdtemp(prefix="incidentlab-benchmark-"))
    try:
        for engine in MOST:
            try:
                say(f"proofs on {engine}: warming")
                _prove(words, engine, JOBS[-1], home)
                for jobs in JOBS:
                    say(f"proofs on {engine}: {jobs} at a time")
                    provings.append(_prove(words, engine, jobs, home))
            except CannotMeasureError as error:
                remarks.append(str(error))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return ProofFigures(provings), remarks


def _prove(words: Sequence[str], engine: str, jobs: int, home: Path) -> Proving:
    command = [*words, "scenarios", "prove", "--all", "--engine", engine, "--jobs", str(jobs), "--json", "--no-files"]
    document = json.loads(run(command, {"INCIDENTLAB_HOME": str(home)}).stdout)
    each = {proof["scenario"]: proof["seconds"] for proof in document["proofs"] if not proof["unfit"]}
    return Proving(engine, jobs, document["seconds"], each)


def text(figures: ProofFigures) -> str:
    """Return the figures as plain text, at most 120 columns wide."""
    lines = ["Proving every scenario from four sides, warm"]
    for engine, most in MOST.items():
        alone, together = (figures.of(engine, jobs) for jobs in JOBS)
        if not alone or not together:
            lines.append(f"  {engine:<8} not measured")
            continue
        verdict = "met" if together.seconds <= most else "MISSED"
        gain = f"gain {alone.seconds / together.seconds:.2f}"
        lines.append(
            f"  {engine:<8} {len(together.each)} scenarios: {alone.seconds:.0f} s one at a time, "
            f"{together.seconds:.0f} s two at a time ({gain}); at most {most:.0f} s, {verdict}"
        )
    names = sorted({name for each in figures.provings for name in each.each})
    shown = [each for each in figures.provings if each.jobs == 1]
    if shown:
        lines.append(f"  {'seconds, one at a time':<40}" + "".join(f"{each.engine:>9}" for each in shown))
    for name in names:
        cells = "".join(f"{each.each[name]:>9.1f}" if name in each.each else f"{'-':>9}" for each in shown)
        lines.append(f"  {name:<40}{cells}")
    return "\n".join(lines)
