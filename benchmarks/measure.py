"""The three measurements: whole runs against a peer, the start of short commands, the size."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks import ours, peers
from benchmarks.model import CannotMeasureError, Comparison, Sample
from benchmarks.rounds import Contender, Say, take_turns

MOST_DOCKER = 0.4
MOST_LOCAL = 0.3
_STARTS = (("--help",), ("explain", "migrations-not-applied"))
_ROWS = (
    ("broken on docker", "broken", "docker", MOST_DOCKER),
    ("broken on local", "broken", "local", MOST_LOCAL),
    ("fixed on docker", "fixed", "docker", None),
    ("fixed on local", "fixed", "local", None),
)


def compare(
    words: tuple[str, ...], wanted: str, variants: Sequence[str], rounds: int, say: Say
) -> tuple[list[Comparison], list[str]]:
    """Let incidentlab and the peer run the variants by turns; return the rows, and why one has no figures."""
    rows = [row for row in _ROWS if row[1] in variants]
    project = f"incidentlab-benchmark-{os.getpid()}"
    try:
        peer = peers.find(wanted)
    except CannotMeasureError as error:
        return [Comparison(name, "none", [], [], most) for name, _, _, most in rows], [str(error)]
    say(f"peer: {peer.name}")
    with peers.build_context() as context, tempfile.TemporaryDirectory(prefix="incidentlab-benchmark-home-") as home:
        us = ours.Ours(words, Path(home))
        contenders: dict[str, Contender] = {}
        for name, variant, engine, _ in rows:
            # Beside each other in the round, so that what else the machine does meets both sides of a ratio.
            contenders.setdefault(f"peer, {variant}", partial(peers.measure, peer, variant, context, project))
            contenders[name] = partial(us.measure, variant, engine)
        try:
            result = take_turns(contenders, rounds, say)
        finally:
            peers.forget(project)
            us.forget()
    table = [
        Comparison(name, peer.name, result.samples[f"peer, {variant}"], result.samples[name], most)
        for name, variant, _, most in rows
    ]
    return table, [f"{name}: {why}" for name, why in result.failed.items()]


def starts(words: tuple[str, ...], rounds: int, say: Say) -> tuple[Mapping[str, list[Sample]], list[str]]:
    """Time the commands that have to feel instant, beside what Python alone needs."""
    with tempfile.TemporaryDirectory(prefix="incidentlab-benchmark-home-") as home:
        us = ours.Ours(words, Path(home))
        contenders: dict[str, Contender] = {"python -c pass": ours.bare}
        contenders |= {f"incidentlab {' '.join(each)}": partial(us.plain, *each) for each in _STARTS}
        result = take_turns(contenders, rounds, lambda _line: None)
    say(f"start-up: {rounds} rounds")
    return result.samples, [f"{name}: {why}" for name, why in result.failed.items()]
