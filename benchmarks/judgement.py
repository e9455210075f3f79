"""Judging labelled logs: is the first cause right, is a healthy log called so, and is no wrong answer a sure one?"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.literals import literals
from benchmarks.model import CannotMeasureError, Limit
from incidentlab.causes import diagnose
from incidentlab.collectors import logfile
from incidentlab.model.diagnosis import Diagnosis
from incidentlab.model.evidence import Evidence

CORPUS = Path(__file__).parent / "corpus"
MOST_WRONG = 0.05  # of all answers

HEALTHY, INCONCLUSIVE = "healthy", "inconclusive"
# The corpus's word for a fault outside the catalogue, and the answer that is right for it.
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled log and what was answered; ``surely`` are the causes that were called certain."""

    name: str
    truth: str
    acceptable: frozenset[str]
    answer: str
    confidence: str = ""
    surely: tuple[str, ...] = ()
    tricky: bool = False

    @property
    def right(self) -> bool:
        """Whether the first answer is the label or one that a fair judge accepts too."""
        return self.answer == self.truth or self.answer in self.acceptable

    @property
    def sure_and_wrong(self) -> tuple[str, ...]:
        """The causes that were called certain and are not the case's."""
        return tuple(cause for cause in self.surely if cause != self.truth and cause not in self.acceptable)


@dataclass(frozen=True, slots=True)
class Score:
    """The answers to all cases of a corpus."""

    cases: Sequence[Case]

    @property
    def right(self) -> int:
        """How many first answers are right."""
        return sum(case.right for case in self.cases)

    @property
    def healthy(self) -> tuple[int, int]:
        """How many healthy logs were called healthy, and how many there are."""
        found = [case for case in self.cases if case.truth == HEALTHY]
        return sum(case.answer == HEALTHY for case in found), len(found)

    @property
    def sure_and_wrong(self) -> list[Case]:
        """The cases with a certain finding that is wrong."""
        return [case for case in self.cases if case.sure_and_wrong]

    @property
    def wrong(self) -> dict[str, int]:
        """How many first answers are wrong, by how sure they are, or by the verdict without a cause."""
        return dict(Counter(case.confidence or case.answer for case in self.cases if not case.right))

    @property
    def limits(self) -> list[Limit]:
        """Return what the issue asks for; a corpus without cases meets none of it."""
        if not self.cases:
            names = ("first causes wrong, share", "healthy logs not called so", "wrong but sure")
            return [Limit(name, None, 0.0) for name in names]
        called, healthy = self.healthy
        return [
            Limit("first causes wrong, share", 1 - self.right / len(self.cases), MOST_WRONG),
            Limit("healthy logs not called so", healthy - called, 0),
            Limit("wrong but sure", len(self.sure_and_wrong), 0),
        ]

    def matrix(self) -> dict[str, dict[str, int]]:
        """Return truth → answer → how many cases; an accepted answer counts as its own, not as the label."""
        found: dict[str, dict[str, int]] = {}
        for case in self.cases:
            row = found.setdefault(case.truth, {})
            row[case.answer] = row.get(case.answer, 0) + 1
        return {truth: dict(sorted(row.items())) for truth, row in sorted(found.items(), key=lambda one: order(one[0]))}

    def document(self) -> dict[str, object]:
        """Return all of it for scripts."""
        called, healthy = self.healthy
        return {
            "cases": len(self.cases),
            "right": self.right,
            "healthy": {"called": called, "of": healthy},
            "wrong": self.wrong,
            "wrong_but_sure": [case.name for case in self.sure_and_wrong],
            "matrix": self.matrix(),
            "misses": [_miss(case) for case in self.cases if not case.right],
        }


def order(answer: str) -> tuple[bool, str]:
    """Sort causes by name, and the two verdicts that are none after them."""
    return answer in (HEALTHY, INCONCLUSIVE), answer


def judge(folder: Path) -> Score:
    """Judge every ``NNN.log`` that has an ``NNN.json`` beside it.

    Raises:
        CannotMeasureError: there is none, or a label cannot be read.
    """
    labels = sorted(folder.glob("*.json")) if folder.is_dir() else []
    labels = [label for label in labels if label.with_suffix(".log").is_file()]
    if not labels:
        raise CannotMeasureError(f"There is no labelled log in {folder}: give a folder of them with --corpus DIR.")
    wanted = literals()
    return Score([_case(label, wanted) for label in labels])


def _case(label: Path, wanted: Sequence[str]) -> Case:
    try:
        said = json.loads(label.read_text("utf-8"))
        truth, acceptable = str(said["label"]), [str(one) for one in said.get("acceptable", [])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotMeasureError(f"{label} is no label: {error!r}.") from None
    reading = logfile.read(label.with_suffix(".log"), literals=wanted)
    diagnosis = diagnose(Evidence(logs=reading.events, unread=reading.unread))
    first = diagnosis.findings[0] if diagnosis.findings else None
    return Case(
        name=label.stem,
        truth=_as_answer(truth),
        acceptable=frozenset(map(_as_answer, acceptable)),
        answer=first.cause if first else diagnosis.verdict,
        confidence=first.confidence if first else "",
        surely=tuple(_surely(diagnosis)),
        tricky=bool(said.get("tricky")),
    )


def _surely(diagnosis: Diagnosis) -> Iterable[str]:
    # Roots only: what hangs beneath one is called its symptom.
    return (finding.cause for finding in diagnosis.findings if finding.confidence == "certain")


def _as_answer(label: str) -> str:
    return INCONCLUSIVE if label == _OTHER else label


def _miss(case: Case) -> dict[str, object]:
    return {
        "case": case.name,
        "truth": case.truth,
        "acceptable": sorted(case.acceptable),
        "answer": case.answer,
        "confidence": case.confidence,
        "tricky": case.tricky,
    }
