"""Reading large logs, beside ``grep -cF`` with the same strings: a quiet log, and one in which every line is an error.

How the search is done was decided by measuring, on 100 MB of a quiet log and 260 strings of which half are not ASCII
(one machine with 2 cores that others worked on too, so the relations count, not the figures; November 2026):

| way | MB/s |
| --- | --- |
| google-re2, one alternation, 1 MiB at once, Latin-1 | 500-720 |
| the same with ``never_nl``, ``never_capture`` or ``longest_match`` | 616-662 |
| the same, UTF-8 (its default) | 470 |
| the same with the rest of the line as part of the match, as we have it; chunks of 256 KiB to 4 MiB | 560-660 |
| google-re2's Set on 1 MiB (says which strings, not where) | 660 |
| ``bytes.find`` for each of 260 strings; for the 114 of ASCII alone | 20; 33 |
| counting line ends | 2,370 |
| ``grep -cF -f`` with ``LC_ALL=C``; with C.UTF-8 | 195-214; 162-221 |

On a text made of beginnings of the strings, which makes the automaton as large as it can be: 2 MB/s with re2's standard
``max_mem`` of 8 MiB, 61 with 32 MiB, 65 with 64 MiB. Where every line is found, asking re2 for each of them gives
46 MB/s, and looking at each in Python 20; putting the lines without their digits into a table, and searching only the
different ones, 346.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks import loglines, process
from benchmarks.literals import literals
from benchmarks.model import CannotMeasureError, Comparison, Limit, Sample, middle_cpu
from benchmarks.rounds import Contender, Say, take_turns

SIZE = 200_000_000  # bytes
LARGE = 2_000_000_000
MOST_MEMORY = 150 << 20
MOST_RATIO = 1.0
LEAST_SPEED = 30.0  # MB a second of processor time where every line is an error
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class LogFigures:
    """What reading took: rows against grep, and what was read alone; ``size`` in bytes of each log."""

    rows: Sequence[Comparison]
    large: dict[str, Sample] = field(default_factory=dict)  # by kind, of LARGE bytes
    size: int = SIZE
    strings: int = 0

    @property
    def limits(self) -> list[Limit]:
        """Return the limits: as quick as grep where little matches, never slow, and always in bounded memory."""
        found = [row.limit for row in self.rows if row.limit is not None]
        for kind in ("quiet", "errors"):
            samples = next((row.our_samples for row in self.rows if row.name.startswith(kind)), [])
            found.append(Limit(f"{kind} log, memory", _memory(samples), MOST_MEMORY, "bytes"))
            if kind == "errors":
                found.append(Limit(f"{kind} log, processor", middle_cpu(samples), self.size / LEAST_SPEED / 1e6, "s"))
        found += [
            Limit(f"{kind} log of {LARGE / 1e9:.0f} GB, memory", sample.memory, MOST_MEMORY, "bytes")
            for kind, sample in self.large.items()
        ]
        return found


def measure(rounds: int, say: Say, *, large: bool = False, size: int = SIZE) -> tuple[LogFigures, list[str]]:
    """Write the logs into a temporary folder, read them by turns with grep, and say why a row has no figures."""
    remarks: list[str] = []
    wanted = literals()
    with tempfile.TemporaryDirectory(prefix="incidentlab-benchmark-logs-") as folder:
        strings = Path(folder, "strings")
        strings.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        rows: list[Comparison] = []
        for kind in ("quiet", "errors"):
            log = _written(Path(folder, f"{kind}.log"), kind, size, say)
            found, why = _rows(kind, log, strings, rounds, say)
            rows += found
            remarks += why
            log.unlink()
        figures = LogFigures(rows, size=size, strings=len(wanted))
        for kind in ("quiet", "errors") if large else ():
            log = _written(Path(folder, f"{kind}.log"), kind, LARGE, say)
            try:
                figures.large[kind] = _ours(log)
            except CannotMeasureError as error:
                remarks.append(str(error))
            log.unlink()
    return figures, remarks


def _rows(kind: str, log: Path, strings: Path, rounds: int, say: Say) -> tuple[list[Comparison], list[str]]:
    most = MOST_RATIO if kind == "quiet" else None
    contenders: dict[str, Contender] = {
        "ours": partial(_ours, log),
        "grep, LC_ALL=C": partial(_grep, log, strings, "C"),
        "grep, C.UTF-8": partial(_grep, log, strings, "C.UTF-8"),
    }
    result = take_turns(contenders, rounds, lambda line: say(f"{line}  {kind}"))
    peers = [name for name in contenders if name != "ours"]
    rows = [
        Comparison(f"{kind} log, {peer}", peer, result.samples[peer], result.samples["ours"], most) for peer in peers
    ]
    return rows, [f"{kind} log, {name}: {why}" for name, why in result.failed.items()]


def _written(path: Path, kind: str, size: int, say: Say) -> Path:
    began = perf_counter()
    loglines.write(path, kind, size)
    say(f"wrote a {kind} log of {size / 1e6:.0f} MB in {perf_counter() - began:.0f} s")
    return path


def _ours(log: Path) -> Sample:
    path = f"{_ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep)
    return process.run([sys.executable, "-m", "benchmarks.reading", str(log)], {"PYTHONPATH": path}).sample


def _grep(log: Path, strings: Path, locale: str) -> Sample:
    if not shutil.which("grep"):
        raise CannotMeasureError("grep is not installed.")
    # It ends with 1 where no line has any of them; both logs have some.
    return process.run(["grep", "-cF", "-f", str(strings), str(log)], {"LC_ALL": locale}).sample


def _memory(samples: Sequence[Sample]) -> float | None:
    return max((each.memory for each in samples), default=None)
