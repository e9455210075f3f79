"""What one source gave, and how several answers become one set of facts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from incidentlab.errors import IncidentlabError
from incidentlab.model.asked import Asked, SourceKind
from incidentlab.model.evidence import Evidence

Tell = Callable[[str], None]  # hears what is being waited for, in a few words


@dataclass(frozen=True, slots=True)
class Answer:
    """The facts of one source.

    ``files`` maps what a log is called in the evidence, or a file's name in a fact, to the file as people reach it
    from here. ``secrets`` are those that this source had to be told.
    """

    asked: Asked
    evidence: Evidence = field(default_factory=Evidence)
    files: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that gave nothing at all."""

    kind: SourceKind
    name: str
    error: Exception

    @property
    def sentence(self) -> str:
        """Return what a person has to know of it, in a sentence or two."""
        if isinstance(self.error, IncidentlabError):
            return " ".join(part for part in (self.error.what, self.error.why) if part)
        # A fault of this program; whoever reads a diagnosis at night needs the other sources all the same.
        return f"Reading the {self.kind} {self.name} failed with {type(self.error).__name__}: {self.error}."

    @property
    def asked(self) -> Asked:
        """Return it as a source that was asked in vain."""
        return Asked(self.kind, self.name, self.sentence, read=False)


Outcome = Answer | Failure


def merged(parts: Iterable[Evidence]) -> Evidence:
    """Return the facts of several answers as one; of two with the same id the first counts."""
    whole = list(parts)
    return Evidence(**{each.name: _joined([getattr(part, each.name) for part in whole]) for each in fields(Evidence)})


def _joined(tuples: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    known: dict[str, Any] = {}
    for fact in (fact for each in tuples for fact in each):
        known.setdefault(fact if isinstance(fact, str) else fact.id, fact)
    return tuple(known.values())
