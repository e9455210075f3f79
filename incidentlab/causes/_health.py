"""When nothing was found: is there a fact that shows a healthy service, or is it that not enough is known?"""

from collections.abc import Sequence

from incidentlab.causes._evidence import answered, cited, died, from_server, serves, shows, works
from incidentlab.model.cause import Sign
from incidentlab.model.diagnosis import RuledOut
from incidentlab.model.evidence import Evidence, LogEvent


def healthy(evidence: Evidence, ruled_out: Sequence[RuledOut], signs: Sequence[Sign] = ()) -> str | None:
    """Return the fact that shows a healthy service; ``None`` where there is none or something speaks against it.

    Args:
        evidence: all facts.
        ruled_out: the causes that were considered and do not hold.
        signs: theirs, by which the server's own lines about the same thing are known.
    """
    if died(evidence) or not _databases_fit(evidence) or _open_errors(evidence, ruled_out, signs):
        return None
    fact = works(evidence)
    if fact:
        return fact.claim
    if evidence.containers or evidence.probes:
        return None  # they were asked, and none of them says that it is well
    said = next((event for event in evidence.logs if serves(event) and event.source != "database"), None)
    return f"The log says that it serves, line {cited(said, '').line}: {said.text.strip()[:100]}" if said else None


def what_would_help(evidence: Evidence, ruled_out: Sequence[RuledOut], signs: Sequence[Sign] = ()) -> tuple[str, ...]:
    """Return what would have to be given to know more, a sentence each."""
    wanted = [
        f"No known cause explains line {event.first_line} of the log of {event.source}: {event.text.strip()[:160]}"
        for event in _open_errors(evidence, ruled_out, signs)[:3]
    ]
    if not evidence.logs:
        wanted.append("The service's log was not given: --logs FILE.")
    if not evidence.databases:
        wanted.append("The database was not asked: --database-url URL.")
    if not evidence.containers:
        wanted.append("The containers were not asked: --container NAME.")
    if not evidence.projects:
        wanted.append("The code was not given: --project DIR.")
    return tuple(wanted)


def _databases_fit(evidence: Evidence) -> bool:
    heads = {head for project in evidence.projects for head in project.heads}
    for database in evidence.databases:
        if not database.reachable:
            return False
        if heads and set(database.revisions or ()) != heads:
            return False
    return True


def _open_errors(evidence: Evidence, ruled_out: Sequence[RuledOut], signs: Sequence[Sign]) -> list[LogEvent]:
    """Return the errors that nothing settles.

    Where facts show a service that works now, what went wrong before it first served is over. In a log alone only a
    ruled out cause settles anything: what was said before the fact that rules it out, and what the server says of the
    same thing at any time, as it does when a health check goes on asking for the wrong name.
    """
    facts = {one.fact for one in ruled_out}
    settling = [event for event in evidence.logs if event.id in facts]
    if works(evidence):
        settling += _first_service(evidence)
    return [
        event
        for event in evidence.logs
        if event.severity in ("error", "fatal")
        and not any(_before(event, mark) for mark in settling)
        and not (from_server(event) and any(shows(event, sign) for sign in signs))
    ]


def _first_service(evidence: Evidence) -> list[LogEvent]:
    marks: dict[str, LogEvent] = {}
    for event in evidence.logs:
        if answered(event) or serves(event):
            marks.setdefault(event.source, event)
    return list(marks.values())


def _before(event: LogEvent, mark: LogEvent) -> bool:
    if event.source == mark.source:
        return event.last_line < mark.first_line
    return bool(event.at and mark.at and event.at < mark.at)
