"""A cause: an entry of the root-cause catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from re import Pattern

from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Sign:
    """A shape of message that speaks for a cause.

    ``literals`` are strings of which every text that ``pattern`` finds holds at least one, byte for byte; large logs
    are searched for them first, so a missing one is a message never seen. ``examples`` are real messages that
    ``pattern`` finds; tests hold all three to each other. ``sqlstates`` name errors that are this sign whatever their
    words.
    """

    name: str  # "undefined-table"
    pattern: Pattern[str]
    literals: tuple[str, ...]
    examples: tuple[str, ...]
    sqlstates: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cause:
    """What goes wrong, how it shows, what else it explains, how to mend it and how to prevent it.

    ``find`` is pure: it reads evidence and returns a finding, the fact that rules the cause out, or ``None`` where
    the evidence says nothing about it. The prose is Markdown and is what ``incidentlab explain`` prints.
    """

    id: str
    title: str
    summary: str  # one sentence
    explanation: str  # what happens, and why it looks the way it does
    shows: tuple[str, ...]  # the messages and states by which it shows
    check: tuple[str, ...]  # commands with which one can see it oneself
    mend: tuple[str, ...]  # what to do, best first
    prevent: tuple[str, ...]
    confidence: str  # which facts make it certain, likely or possible
    find: Callable[[Evidence], Finding | RuledOut | None]
    explains: tuple[str, ...] = ()  # ids of causes whose symptoms this one brings about
    links: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()  # by which a log can show it
