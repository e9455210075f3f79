"""What would have to be known to be surer, without what was given already: nobody is asked twice for one thing."""

import re
from collections.abc import Iterable

from incidentlab.causes._evidence import from_server
from incidentlab.model.evidence import Evidence

_OPTION = re.compile(r"--(?:project|database-url|container|compose)\b")


def still_wanted(sentences: Iterable[str], evidence: Evidence) -> tuple[str, ...]:
    """Return the sentences that name nothing to give, or something which was not given.

    A rule says what would help it in general. Of logs there may always be another one.
    """
    given = {
        "--project": bool(evidence.projects),
        "--database-url": any(one.reachable for one in evidence.databases),
        "--container": bool(evidence.containers),
        "--compose": bool(evidence.compose),
    }
    return tuple(one for one in sentences if "--logs" in one or not _all_given(one, given))


def once(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return the sentences without those that ask for what an earlier one asks for; the first one is the root's."""
    asked: set[str] = set()
    kept = []
    for one in dict.fromkeys(sentences):
        named = set(_OPTION.findall(one))
        if not named or "--logs" in one or named - asked:
            kept.append(one)
        asked |= named
    return tuple(kept)


def app_spoke(evidence: Evidence) -> bool:
    """Whether there is a log of the program's own; what it does not tell, it is not asked for again."""
    return any(not from_server(event) for event in evidence.logs)


def _all_given(sentence: str, given: dict[str, bool]) -> bool:
    named = _OPTION.findall(sentence)
    return bool(named) and all(given[option] for option in named)
