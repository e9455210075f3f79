"""Where the facts of a diagnosis lie: file, service and time for each link; and nothing that a person must not see."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from incidentlab.model.diagnosis import Diagnosis, Finding, Link
from incidentlab.model.evidence import Evidence, LogEvent
from incidentlab.redact import MASK, Redactor

T = TypeVar("T")


def located(diagnosis: Diagnosis, evidence: Evidence, files: Mapping[str, str]) -> Diagnosis:
    """Return the diagnosis with each link's file, service and time, looked up by the fact that it cites.

    Args:
        diagnosis: the judgement on ``evidence``.
        evidence: the facts.
        files: a log's name in the evidence, or a project's file as facts name it → the file as reached from here.
    """
    events = {event.id: event for event in evidence.logs}
    return replace(diagnosis, findings=tuple(_finding(each, events, files) for each in diagnosis.findings))


def discreet(told: T, secrets: Iterable[str]) -> T:
    """Return the same data without these secrets, wherever they stand.

    Collectors have masked what they read; this is for what a person typed, which may come back in an error message.
    """
    known = sorted({each for each in secrets if len(each) >= 4}, key=len, reverse=True)

    def masked(text: str) -> str:
        for secret in known:
            text = text.replace(secret, MASK)
        return text

    return _mapped(told, masked) if known else told


def _finding(finding: Finding, events: Mapping[str, LogEvent], files: Mapping[str, str]) -> Finding:
    return replace(
        finding,
        evidence=tuple(_link(each, events.get(each.fact), files) for each in finding.evidence),
        explains=tuple(_finding(each, events, files) for each in finding.explains),
    )


def _link(link: Link, event: LogEvent | None, files: Mapping[str, str]) -> Link:
    redactor = Redactor()
    link = replace(link, claim=redactor.text(link.claim), quote=redactor.text(link.quote))
    if event:
        return replace(
            link, file=link.file or files.get(event.source, ""), service=event.speaker or event.service, at=event.at
        )
    # A link to a project's or a compose project's file names it as its source, alone or among other words.
    for word in (link.source, *(each.strip(",:;()") for each in link.source.split())):
        if word in files:
            return replace(link, file=link.file or files[word])
    return link


def _mapped(value: T, change: Callable[[str], str]) -> T:
    """Return the same data with every string in it changed."""
    made: Any = value
    if isinstance(value, str):
        made = change(value)
    elif isinstance(value, tuple):
        made = tuple(_mapped(each, change) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        made = replace(value, **{each.name: _mapped(getattr(value, each.name), change) for each in fields(value)})
    return made  # type: ignore[no-any-return]
