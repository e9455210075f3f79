"""A diagnosis: what is wrong, on what evidence, and how to mend it; root causes first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

DIAGNOSIS_SCHEMA = "incidentlab/diagnosis/1"

Verdict = Literal["incident", "healthy", "inconclusive"]
# certain: the facts admit no other reading. likely: one fact short of that. possible: worth a look.
Confidence = Literal["certain", "likely", "possible"]


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain of proof: what it claims, the fact behind it and how to see that fact oneself.

    A cause gives all but the last three; those are looked up by the fact when a person's own sources are diagnosed.
    """

    claim: str
    fact: str  # a fact's id
    source: str  # "log of app", "configuration of the image" …
    line: int | None = None
    quote: str = ""
    command: str = ""
    file: str = ""  # in which ``line`` counts: relative to the working folder, or absolute; empty where there is none
    service: str = ""  # which of several programs said it, where one log holds several
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mend:
    """One way to put it right: a unified diff, a command, or an instruction in words."""

    kind: Literal["diff", "command", "text"]
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that holds, with its proof in the order in which one thing led to the next.

    ``missing`` says, in a sentence each, which facts would make it surer; empty where it is certain.
    """

    cause: str
    title: str
    confidence: Confidence
    summary: str
    evidence: tuple[Link, ...]
    mend: tuple[Mend, ...] = ()
    explains: tuple["Finding", ...] = ()  # symptoms that hang beneath this root cause
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A cause that was considered and does not hold, with the fact that rules it out."""

    cause: str
    title: str
    why: str
    fact: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The judgement on one target. ``missing`` says what would be needed to know more."""

    verdict: Verdict
    summary: str
    findings: tuple[Finding, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    missing: tuple[str, ...] = ()
    schema: str = DIAGNOSIS_SCHEMA
