"""All that one execution of the benchmark found, and how scripts get it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.judgement import Score
from benchmarks.logs import LogFigures
from benchmarks.metrics import MetricsFigures
from benchmarks.model import Comparison, Limit, Sample, middle, phases
from benchmarks.proofs import ProofFigures
from benchmarks.remedies import RemedyFigures
from benchmarks.size import Weight
from benchmarks.sources import SourceFigures
from benchmarks.standing import StandingFigures

SCHEMA = "incidentlab/benchmark/1"


@dataclass(frozen=True, slots=True)
class Results:
    """What was measured; parts that were not asked for are empty."""

    date: str
    machine: Mapping[str, str]
    load: tuple[float, float]  # before and after
    rounds: int
    comparisons: Sequence[Comparison] = ()
    starts: Mapping[str, Sequence[Sample]] = field(default_factory=dict)  # by command line
    most_start: float = 0.150  # seconds
    weight: Weight | None = None
    logs: LogFigures | None = None
    sources: SourceFigures | None = None
    score: Score | None = None
    proofs: ProofFigures | None = None
    standing: StandingFigures | None = None
    remedies: RemedyFigures | None = None
    metrics: MetricsFigures | None = None
    remarks: Sequence[str] = ()

    @property
    def limits(self) -> list[Limit]:
        """Return every limit of what was asked for, with what was measured."""
        ratios = [each.limit for each in self.comparisons if each.limit is not None]
        starts = [
            Limit(name, middle(samples), self.most_start, "s")
            for name, samples in self.starts.items()
            if name.startswith("incidentlab")
        ]
        logs = self.logs.limits if self.logs else []
        sources = self.sources.limits if self.sources else []
        proofs = self.proofs.limits if self.proofs else []
        standing = self.standing.limits if self.standing else []
        score = self.score.limits if self.score else []
        metrics = self.metrics.limits if self.metrics else []
        return ratios + starts + logs + sources + score + proofs + standing + metrics

    def document(self) -> dict[str, Any]:
        """Return the figures with every single sample, so that somebody else may judge them anew."""
        return {
            "schema": SCHEMA,
            "date": self.date,
            "machine": dict(self.machine),
            "load": list(self.load),
            "rounds": self.rounds,
            "comparisons": [_comparison(each) for each in self.comparisons],
            "starts": {
                name: {"median": middle(samples), "samples": [asdict(each) for each in samples]}
                for name, samples in self.starts.items()
            },
            "weight": asdict(self.weight) if self.weight else None,
            "logs": _logs(self.logs) if self.logs else None,
            "sources": self.sources.document() if self.sources else None,
            "diagnose": self.score.document() if self.score else None,
            "proofs": self.proofs.document() if self.proofs else None,
            "lab": self.standing.document() if self.standing else None,
            "remedies": self.remedies.document() if self.remedies else None,
            "metrics": self.metrics.document() if self.metrics else None,
            "limits": [asdict(each) | {"met": each.met} for each in self.limits],
            "remarks": list(self.remarks),
        }


def _logs(figures: LogFigures) -> dict[str, Any]:
    return {
        "size": figures.size,
        "strings": figures.strings,
        "rows": [_comparison(row) for row in figures.rows],
        "large": {kind: asdict(sample) for kind, sample in figures.large.items()},
    }


def _comparison(row: Comparison) -> dict[str, Any]:
    sides = {"peer": row.peer_samples, "ours": row.our_samples}
    return {
        "name": row.name,
        "peer_name": row.peer,
        "ratio": row.ratio,
        "limit": row.most,
        **{
            side: {"median": middle(samples), "phases": phases(samples), "samples": [asdict(each) for each in samples]}
            for side, samples in sides.items()
        },
    }
