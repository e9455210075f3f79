"""Takes turns: each round runs every contender once, so that what else the machine does meets all of them alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.model import CannotMeasureError, Sample

Contender = Callable[[], Sample]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rounds:
    """The samples by contender, in the order of the rounds, and why a contender has none."""

    samples: Mapping[str, list[Sample]]
    failed: Mapping[str, str] = field(default_factory=dict)


def take_turns(contenders: Mapping[str, Contender], rounds: int, say: Say) -> Rounds:
    """Run one round to warm the caches, which does not count, then ``rounds`` that do.

    The order turns by one from round to round. A contender that fails once is out, with its samples: a median of the
    lucky rounds would flatter it.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    failed: dict[str, str] = {}
    names = list(contenders)
    for number in range(rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            if name in failed:
                continue
            try:
                sample = contenders[name]()
            except CannotMeasureError as error:
                failed[name] = str(error)
                samples[name] = []
                continue
            if number:
                samples[name].append(sample)
            say(f"  {f'round {number}' if number else 'to warm up':<11} {name:<22} {sample.seconds:6.2f} s")
    return Rounds(samples, failed)
