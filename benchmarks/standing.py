"""How long the whole lab takes until its monitoring has asked the app, and how long until it is gone again."""

import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.model import CannotMeasureError, Limit
from benchmarks.process import run

MOST = {"docker": 15.0, "local": None}  # seconds from the command to a lab that is up and scraped, warm


@dataclass(frozen=True, slots=True)
class Raising:
    """The lab on one engine, brought up and taken down again and again: seconds of whole commands."""

    engine: str
    up: Sequence[float]
    down: Sequence[float]
    parts: Sequence[str]  # that stood and answered well


@dataclass(frozen=True, slots=True)
class StandingFigures:
    """What was measured; an engine that could not be measured has no entry."""

    raisings: Sequence[Raising] = field(default=())

    @property
    def limits(self) -> list[Limit]:
        """Return how long it may take where there is a limit."""
        found = {each.engine: statistics.median(each.up) for each in self.raisings}
        return [
            Limit(f"the lab with monitoring, up and scraping on {engine}", found.get(engine), most, "s")
            for engine, most in MOST.items()
            if most is not None
        ]

    def document(self) -> list[dict[str, Any]]:
        """Return the figures for scripts."""
        return [asdict(each) for each in self.raisings]


def measure(words: Sequence[str], rounds: int, say: Callable[[str], None]) -> tuple[StandingFigures, list[str]]:
    """Bring the lab up and take it down on each engine; a first time, which does not count, warms the caches."""
    raisings: list[Raising] = []
    remarks: list[str] = []
    for engine in MOST:
        home = Path(tempfile.mkdtemp(prefix="incidentlab-benchmark-"))
        try:
            say(f"the lab on {engine}: warming")
            _once(words, engine, home)
            timed = []
            for number in range(rounds):
                say(f"the lab on {engine}: {number + 1} of {rounds}")
                timed.append(_once(words, engine, home))
            ups, downs, parts = zip(*timed, strict=True)
            raisings.append(Raising(engine, ups, downs, parts[0]))
        except CannotMeasureError as error:
            remarks.append(str(error))
        finally:
            shutil.rmtree(home, ignore_errors=True)
    return StandingFigures(raisings), remarks


def _once(words: Sequence[str], engine: str, home: Path) -> tuple[float, float, tuple[str, ...]]:
    """Time both commands; between them every part has to answer well, or nothing was measured."""
    env = {"INCIDENTLAB_HOME": str(home)}
    began = perf_counter()
    run([*words, "up", "fixed", "--engine", engine, "--with", "monitoring", "--json"], env)
    up = perf_counter() - began
    try:
        places = json.loads(run([*words, "status", "--json"], env).stdout)["places"]
    finally:
        began = perf_counter()
        run([*words, "down"], env)
    return up, perf_counter() - began, tuple(each["part"] for each in places if each["well"])


def text(figures: StandingFigures) -> str:
    """Return the figures as plain text."""
    lines = ["The whole lab with its monitoring, warm: until Prometheus has asked the app, and until it is gone"]
    for each in figures.raisings:
        up, down, most = statistics.median(each.up), statistics.median(each.down), MOST[each.engine]
        verdict = "" if most is None else f"; at most {most:.0f} s, {'met' if up <= most else 'MISSED'}"
        span = f"{min(each.up):.1f} to {max(each.up):.1f}"
        lines.append(f"  {each.engine:<8} up {up:.1f} s ({span}){verdict}; down {down:.1f} s; {', '.join(each.parts)}")
    return "\n".join(lines)
