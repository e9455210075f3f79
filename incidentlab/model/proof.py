"""A proof: that a scenario breaks as it says, heals by its remedy and nothing else, and is diagnosed as what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

PROOFS_SCHEMA = "incidentlab/proofs/1"

# breaks: every broken variant shows its symptom, and only it does. heals: every remedy serves and loses nothing.
# remedy: what is stated to differ is all that differs. cause: the diagnosis names it, and finds nothing once healed.
Side = Literal["breaks", "heals", "remedy", "cause"]
SIDES: tuple[Side, ...] = ("breaks", "heals", "remedy", "cause")


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a proof claims, and what was seen; of one variant."""

    side: Side
    variant: str
    met: bool
    claim: str
    observed: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One scenario on one engine.

    ``unfit`` says why an engine cannot do it truthfully; then nothing was tried. ``error`` says what kept it from being
    tried to its end. ``kept`` are the ids of the runs whose records stay: those of a proof that does not hold.
    """

    scenario: str
    engine: str
    statements: tuple[Statement, ...] = ()
    seconds: float = 0.0
    timings: Mapping[str, float] = field(default_factory=dict)  # variant → seconds of its run
    kept: tuple[str, ...] = ()
    unfit: str = ""
    error: str = ""

    @property
    def holds(self) -> bool:
        """Whether all four sides were shown."""
        return not self.error and all(self.side(each) for each in SIDES)

    def side(self, side: Side) -> bool:
        """Say whether a side holds: something was claimed of it, and all of that was seen."""
        met = [each.met for each in self.statements if each.side == side]
        return bool(met) and all(met)

    def doubts(self) -> tuple[Statement, ...]:
        """Return what was claimed and not seen."""
        return tuple(each for each in self.statements if not each.met)


@dataclass(frozen=True, slots=True)
class Proofs:
    """What one command has proven, and with what; ``seconds`` is its wall clock."""

    at: datetime
    seconds: float
    jobs: int
    proofs: tuple[Proof, ...]
    version: str
    schema: str = PROOFS_SCHEMA

    def counted(self) -> tuple[Proof, ...]:
        """Return those that were tried: an engine that cannot do a scenario truthfully is not counted."""
        return tuple(each for each in self.proofs if not each.unfit)

    @property
    def hold(self) -> bool:
        """Whether something was proven and nothing was not."""
        return bool(self.counted()) and all(each.holds for each in self.counted())
