"""``python -m benchmarks``: measure, print the table, hold it against the limits.

Exits with 0 when every limit of what was measured is met, with 1 when one is not (or could not be measured), and
with 2 when it was asked in a way it does not understand.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import judgement, logs, machine, measure, metrics, ours, proofs, remedies, sources, standing
from benchmarks.model import CannotMeasureError, Comparison, Sample
from benchmarks.results import Results
from benchmarks.size import Weight, weigh
from benchmarks.table import text

PARTS = ("broken", "fixed", "starts", "size", "logs", "sources", "diagnose", "metrics")
LONG = ("proofs", "lab", "remedies")  # parts that are only measured where they are asked for by name


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out what the command line asks for; return the exit code."""
    asked = _arguments().parse_args(argv)
    results = _measure(asked)
    print(text(results))
    if asked.json:
        asked.json.write_text(json.dumps(results.document(), indent=2) + "\n", encoding="utf-8")
    missed = [each.name for each in results.limits if not each.met]
    if missed:
        print(f"\nNot within its limit: {', '.join(missed)}")
    return 1 if missed and not asked.no_limits else 0


def _measure(asked: argparse.Namespace) -> Results:
    words = ours.command(asked.incidentlab)
    facts, before = machine.facts(), machine.load()
    remarks: list[str] = []
    comparisons: list[Comparison] = []
    starts: Mapping[str, list[Sample]] = {}
    weight: Weight | None = None
    variants = [name for name in ("broken", "fixed") if name in asked.only]
    if variants:
        comparisons, why = measure.compare(words, asked.peer, variants, asked.rounds, _say)
        remarks += why
    if "starts" in asked.only:
        starts, why = measure.starts(words, asked.starts, _say)
        remarks += why
    if "size" in asked.only:
        try:
            weight = weigh()
        except CannotMeasureError as error:
            remarks.append(str(error))
    figures = None
    if "logs" in asked.only:
        figures, why = logs.measure(asked.rounds, _say, large=asked.large)
        remarks += why
    places = None
    if "sources" in asked.only:
        places, why = sources.measure(words, asked.rounds, _say)
        remarks += why
    score = _score(asked.corpus, remarks) if "diagnose" in asked.only else None
    proven = None
    if "proofs" in asked.only:
        proven, why = proofs.measure(words, _say)
        remarks += why
    raised = None
    if "lab" in asked.only:
        raised, why = standing.measure(words, asked.rounds, _say)
        remarks += why
    healed = None
    if "remedies" in asked.only:
        healed, why = remedies.measure(words, asked.rounds, _say)
        remarks += why
    cost = None
    if "metrics" in asked.only:
        cost, why = metrics.measure(words, asked.rounds, _say)
        remarks += why
    after = machine.load()
    remarks += [line for line in [machine.remark(before, after, int(facts["cores"]))] if line]
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    return Results(
        date, facts, (before, after), asked.rounds, comparisons, starts,
        weight=weight, logs=figures, sources=places, score=score, proofs=proven, standing=raised, remedies=healed,
        metrics=cost, remarks=remarks,
    )  # fmt: skip


def _score(corpus: Path, remarks: list[str]) -> judgement.Score:
    try:
        return judgement.judge(corpus)
    except CannotMeasureError as error:
        remarks.append(str(error))
        return judgement.Score(())


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=_count, default=5, metavar="N", help="whole runs of each contender (5)")
    parser.add_argument("--starts", type=_count, default=15, metavar="N", help="starts of each short command (15)")
    parser.add_argument("--only", nargs="+", choices=(*PARTS, *LONG), default=PARTS, help="measure these parts alone")
    parser.add_argument("--peer", choices=("auto", "compose", "plain"), default="auto", help="compare with this one")
    parser.add_argument(
        "--corpus",
        type=Path,
        default=judgement.CORPUS,
        metavar="DIR",
        help="judge these labelled logs (benchmarks/corpus)",
    )
    parser.add_argument("--large", action="store_true", help="read logs of 2 GB as well; takes minutes and the disk")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there as well")
    parser.add_argument("--no-limits", action="store_true", help="exit with 0 whatever the figures are")
    parser.add_argument("--incidentlab", metavar="PATH", help="the command to measure (the one beside this Python)")
    return parser


def _count(word: str) -> int:
    value = int(word)
    if value < 1:
        raise argparse.ArgumentTypeError("give a number of 1 or more")
    return value


def _say(line: str) -> None:
    """Tell how it goes on; figures go to stdout, this does not."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
