"""How long a service takes to its first answer with each remedy for migrations that nobody applies, alone and fivefold.

The clock runs from the database's first answer to that of the last replica, a job that goes before the app included. A
start that ends in a crash has no time; how often that happens is the other figure.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.model import CannotMeasureError
from benchmarks.process import run

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "missing-migrations"
REMEDIES = ("fixed", "fixed-entrypoint", "fixed-one-shot", "fixed-advisory-lock")
REPLICAS = (1, 5)
ENGINES = ("local", "docker")
_PHASES = ("prepare", "app", "observe")  # that a start consists of
_NOT_MET = 3  # the exit code of a run that has not shown what it has to


@dataclass(frozen=True, slots=True)
class Starts:
    """All starts of one remedy on one engine: the seconds of those that came up, and what became of the others."""

    engine: str
    remedy: str
    replicas: int
    seconds: Sequence[float]
    failed: Sequence[str] = ()

    @property
    def median(self) -> float | None:
        """Return the median of those that came up."""
        return median(self.seconds) if self.seconds else None


@dataclass(frozen=True, slots=True)
class RemedyFigures:
    """What was measured; they inform, and have no limit."""

    starts: Sequence[Starts] = ()

    def of(self, engine: str, remedy: str, replicas: int) -> Starts | None:
        """Return the starts of one remedy."""
        wanted = (engine, remedy, replicas)
        return next((each for each in self.starts if (each.engine, each.remedy, each.replicas) == wanted), None)

    def document(self) -> list[dict[str, Any]]:
        """Return the figures for scripts."""
        return [asdict(each) for each in self.starts]


def measure(words: Sequence[str], rounds: int, say: Callable[[str], None]) -> tuple[RemedyFigures, list[str]]:
    """Start each remedy ``rounds`` times, by turns; a first start, which does not count, builds its image."""
    found: dict[tuple[str, str, int], list[float | str]] = {}
    remarks: list[str] = []
    home = Path(tempfile.mkdtemp(prefix="incidentlab-benchmark-"))
    try:
        folders = {replicas: scenario(home / str(replicas), replicas) for replicas in REPLICAS}
        for engine in ENGINES:
            try:
                for number in range(rounds + 1):
                    say(f"remedies on {engine}: " + (f"round {number} of {rounds}" if number else "warming"))
                    for replicas in REPLICAS if number else REPLICAS[:1]:
                        for remedy in REMEDIES:
                            started = _start(words, engine, remedy, folders[replicas], home)
                            if number:
                                found.setdefault((engine, remedy, replicas), []).append(started)
            except CannotMeasureError as error:
                remarks.append(str(error))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return RemedyFigures([_starts(*key, outcomes) for key, outcomes in found.items()]), remarks


def scenario(parent: Path, replicas: int) -> Path:
    """Copy the scenario into a folder below ``parent``, with so many replicas; return the copy."""
    folder = parent / SCENARIO.name
    shutil.copytree(SCENARIO, folder)
    file = folder / "scenario.yaml"
    file.write_text(f"{file.read_text('utf-8')}\nreplicas: {replicas}\n", "utf-8")
    return folder


def _start(words: Sequence[str], engine: str, remedy: str, folder: Path, home: Path) -> float | str:
    """Return the seconds to the last replica's first answer, or what became of a start that failed."""
    command = [*words, "run", remedy, "--scenario", str(folder), "--engine", engine, "--json"]
    outcome = run(command, {"INCIDENTLAB_HOME": str(home)}, accepted=(0, _NOT_MET))
    document = json.loads(outcome.stdout)
    return seconds_of(document["timings"]) if document["outcome"] == "healthy" else str(document["outcome"])


def seconds_of(timings: Mapping[str, float]) -> float:
    """Return how long a start took by the phases of its run."""
    return sum(timings.get(phase, 0.0) for phase in _PHASES)


def _starts(engine: str, remedy: str, replicas: int, outcomes: Sequence[float | str]) -> Starts:
    came_up = [each for each in outcomes if isinstance(each, float)]
    return Starts(engine, remedy, replicas, came_up, [each for each in outcomes if isinstance(each, str)])


def text(figures: RemedyFigures) -> str:
    """Return the figures as plain text, at most 120 columns wide."""
    columns = [(engine, replicas) for engine in ENGINES for replicas in REPLICAS]
    head = "".join(f"{f'{engine}, {replicas}':>23}" for engine, replicas in columns)
    lines = [
        "Starting with each remedy: seconds to the last replica's first answer",
        f"  {'engine, replicas':<22}{head}",
    ]
    for remedy in REMEDIES:
        cells = (f"{cell(figures.of(engine, remedy, replicas)):>23}" for engine, replicas in columns)
        lines.append(f"  {remedy:<22}" + "".join(cells))
    return "\n".join(lines)


def cell(starts: Starts | None) -> str:
    """Return one figure in words: the median, and how many starts failed where some did."""
    if starts is None:
        return "-"
    tried = len(starts.seconds) + len(starts.failed)
    failed = f"{len(starts.failed)} of {tried} failed" if starts.failed else ""
    shown = f"{starts.median:.2f}" if starts.median is not None else ""
    return ", ".join(filter(None, (shown, failed)))
