"""What is measured and what it is held against; no I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median


class CannotMeasureError(Exception):
    """Something could not be measured, and why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One execution of one program: wall clock and CPU in seconds, memory in bytes.

    ``memory`` is the largest resident size of any one process of it that was waited for; containers are not in it.
    Linux counts the measuring process itself, some 20 MiB, into that of its child, so less than that cannot be seen.
    """

    seconds: float
    cpu: float = 0.0
    memory: int = 0
    phases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure may be at most; ``measured`` is ``None`` where it could not be had."""

    name: str
    measured: float | None
    most: float
    unit: str = ""

    @property
    def met(self) -> bool:
        """A limit that could not be measured is not met."""
        return self.measured is not None and self.measured <= self.most


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours and a peer's samples of the same rounds, in the order of the rounds; ``most`` is the limit of the ratio.

    A side that could not be measured has no samples.
    """

    name: str
    peer: str
    peer_samples: Sequence[Sample]
    our_samples: Sequence[Sample]
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        """The median of each round's own ratio, so that a busy minute slows both sides of it."""
        if not self.our_samples or not self.peer_samples:
            return None
        pairs = zip(self.our_samples, self.peer_samples, strict=True)
        return median(ours.seconds / peer.seconds for ours, peer in pairs)

    @property
    def limit(self) -> Limit | None:
        """Return the ratio beside what it may be; ``None`` for a row of information."""
        return None if self.most is None else Limit(f"{self.name}, ratio", self.ratio, self.most)


def middle(samples: Sequence[Sample]) -> float | None:
    """Return the median wall clock, in seconds."""
    return median(each.seconds for each in samples) if samples else None


def middle_cpu(samples: Sequence[Sample]) -> float | None:
    """Return the median CPU time, in seconds: what a busy machine does not lengthen by making us wait."""
    return median(each.cpu for each in samples) if samples else None


def phases(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the median of each phase, in seconds, in the order in which the first sample has them."""
    names = dict.fromkeys(name for each in samples for name in each.phases)
    return {name: median(each.phases[name] for each in samples if name in each.phases) for name in names}


def marks(text: str) -> dict[str, float]:
    """Turn lines ``name time`` (seconds, the first one the beginning) into seconds by phase."""
    ends = [(name, float(at)) for name, _, at in (line.partition(" ") for line in text.splitlines())]
    return {name: at - before for (_, before), (name, at) in pairwise(ends)}
