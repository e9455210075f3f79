"""When nothing was found: is there a fact that shows a healthy service, or is it that not enough is known?"""

import re
from collections.abc import Sequence

from incidentlab.causes._evidence import (
    answered,
    cited,
    cut,
    died,
    ended_name,
    ends,
    from_server,
    later,
    serves,
    shows,
    works,
)
from incidentlab.causes._failing import says_it_failed, says_it_is_gone
from incidentlab.causes._harmless import harmless
from incidentlab.causes._probing import Work
from incidentlab.causes._reconnecting import reached_later
from incidentlab.causes._server import at_work, by_stranger, cannot_start, readiness, stopping
from incidentlab.causes._serving import is_its_own
from incidentlab.causes._states import ill, is_row
from incidentlab.causes._unexplained import MEANT_WELL, TROUBLE, complaints, crashed, told
from incidentlab.model.cause import Sign
from incidentlab.model.diagnosis import RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

# Words by which programs of any kind say that they are up, that they are not yet, and that something is wrong.
_UP = re.compile(
    r"\b(?:ready|started|completed?|finished|done|initiali[sz]ed|established|serving|listening|running|up to date"
    r"|(?:accessible|reachable|available) (?:via|at|on|under)|successful(?:ly)?"
    r"|took \d{1,9}(?:\.\d{1,9})? ?(?:ms|s|min\w{0,4}|seconds))\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"\b(?:waiting|wait|until|when|once|if|will|to be|not|isn't|never|before|should|please|starting"
    r"|started server process)\b",  # uvicorn's first line of all
    re.IGNORECASE,
)
# Statements that are tried to see what there is, or whoever comes first; autovacuum gives way to others by itself.
_OFTEN_MEANT = re.compile(
    r"\bduplicate key value\b|\balready exists\b|\bdoes not exist\b|\bcould not obtain lock\b|\bcould not serialize\b"
    r"|\bcanceling autovacuum task\b"
)
# Roles and databases of the whole server, which set-up scripts make again and again.
_THERE_ALREADY = re.compile(r"\b(?:role|user|database|tablespace) \\?[\"“][^\"”\n]{1,120}[\"”] already exists")
# The server ends its sessions because somebody has it stopped.
_BY_ORDER = re.compile(r"\bterminating connection due to administrator command\b")
# What PostgreSQL adds to an error, each line of it given a level by the program that passes the server's output on.
_ADDED = re.compile(r"\[\d{1,10}\] (?:\S{1,80} )?(?:STATEMENT|DETAIL|HINT|CONTEXT):  ")
_SHOWN = 160  # characters of the line that shows a healthy service


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
    if ill(evidence) or _ended_for_good(evidence):
        return None
    own = (event for event in evidence.logs if serves(event) and not _of_the_set_up(evidence, event))
    said = next(own, None) or _works_by_its_word(evidence)
    if said and not _troubled_since(evidence):
        return f"The log says that it serves, line {cited(said, '').line}: {cut(said.text, _SHOWN)}"
    logged = {event.id for event in evidence.logs}
    settled = next((one for one in ruled_out if one.fact in logged), None)
    if settled and not _troubled_since(evidence):
        return settled.why.rstrip(".")
    if said or not all(from_server(event) for event in evidence.logs):
        return None
    alone, ready, busy = "This is the log of the database server alone", readiness(evidence), at_work(evidence)
    if ready:
        return f"{alone}; it accepts connections, line {ready.first_line}"
    return f"{alone}; it is at work, line {busy.first_line}" if busy else None


def _of_the_set_up(evidence: Evidence, event: LogEvent) -> bool:
    """Whether a line is pg_ctl's, of the temporary server that fills a new data directory and is stopped again."""
    return event.text.strip() == "server started" and any(
        from_server(one) and (one.source, one.service) == (event.source, event.service) for one in evidence.logs
    )


def _ended_for_good(evidence: Evidence) -> bool:
    """Whether a program ended badly and is not seen at work afterwards; another one's service is not its own."""
    at_work: dict[str, set[str]] = {}  # source → the programs that serve, or have done their job, further down
    for event in reversed(evidence.logs):
        later_ones = at_work.setdefault(event.source, set())
        if event.text.rstrip().endswith("exited with code 0"):
            later_ones.add(ended_name(event))
        elif serves(event) or answered(event):
            later_ones.add(event.service)
        elif (ends(event) or says_it_is_gone(event.text)) and not from_server(event):
            name = ended_name(event)
            if not any(not name or not one or one in name for one in later_ones):
                return True
    return False


def _works_by_its_word(evidence: Evidence) -> LogEvent | None:
    """Return a program's last word that it is up, where none says so in a way that frameworks have."""
    return next((event for event in reversed(evidence.logs) if not from_server(event) and _is_up(event)), None)


def _is_up(event: LogEvent) -> bool:
    plain = event.severity in ("debug", "info") and not is_row(event)
    own = plain and any(is_its_own(event.text, found) for found in _UP.finditer(event.text))
    return own and not (_NOT_YET.search(event.text) or TROUBLE.search(event.text) or says_it_failed(event.text))


def _troubled_since(evidence: Evidence) -> bool:
    """Whether a program speaks of trouble after the last sign of its health, without calling it an error."""
    for event in reversed(evidence.logs):
        if from_server(event) or event.severity == "debug":
            continue
        if answered(event) or serves(event) or _is_up(event):
            return False
        if says_it_failed(event.text):
            return True
        if TROUBLE.search(event.text) and not MEANT_WELL.search(event.text):
            return True
    return False


def what_would_help(evidence: Evidence, ruled_out: Sequence[RuledOut], signs: Sequence[Sign] = ()) -> tuple[str, ...]:
    """Return what would have to be given to know more, a sentence each."""
    # What a program says at each of its starts is said here once.
    unexplained = {(event.source, event.text): event for event in reversed(_open_errors(evidence, ruled_out, signs))}
    wanted = [f"No known cause explains {told(event)}" for event in list(reversed(unexplained.values()))[:3]]
    if not wanted:
        wanted = [f"No known cause explains a complaint, {told(event)}" for event in complaints(evidence)[-2:]]
    never = cannot_start(evidence)
    if never:
        wanted = [one for one in wanted if f"line {never.first_line} " not in one]
        wanted.insert(0, f"The database server cannot start; no known cause explains why, {told(never)}")
    if not evidence.logs:
        wanted.append("No line of the service's log was read: --logs FILE.")
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

    Where facts show a service that works now, what went wrong before it served in its present life is over. In a log
    alone only a ruled out cause settles anything: what was said before the fact that rules it out, and what the server
    says of the same thing at any time, as it does when a health check goes on asking for the wrong name. A statement
    that the server refused while its clients answer well afterwards, and none of them complains, was meant to be tried.
    A probe that is answered with a 5xx until the service is ready, and well from then on, has done its duty.
    """
    work = Work(evidence, ())
    facts = {one.fact for one in ruled_out}
    settling = [event for event in evidence.logs if event.id in facts]
    if works(evidence):
        settling += _first_service(evidence)
    return [
        event
        for event in evidence.logs
        if (event.severity in ("error", "fatal") or crashed(evidence, event))
        and not any(_before(event, mark) for mark in settling)
        and not (from_server(event) and any(shows(event, sign) for sign in signs))
        and not _refused_in_passing(evidence, event)
        and not _as_meant(evidence, event)
        and not work.is_mended_probe(event)
    ]


def _refused_in_passing(evidence: Evidence, event: LogEvent) -> bool:
    """Whether the server refused one statement and its client went on: it expected that, or tried again."""
    if not from_server(event) or event.severity != "error":
        return False
    if any(serves(one) for one in later(evidence, event)):
        return True
    # What programs try on purpose: it takes less to believe that they expected the refusal.
    if not _OFTEN_MEANT.search(event.text) or _troubled_since(evidence):
        return False
    return any(serves(one) or _is_up(one) for one in evidence.logs if not from_server(one))


def _as_meant(evidence: Evidence, event: LogEvent) -> bool:
    """Whether an error is none: a server stopped by order, a database that a set-up found made before it went on.

    A pool notices a server's restart at its next request, which fails; the one after it gets a new connection.
    """
    if _ADDED.search(event.text):
        return True  # it tells of the error before it, which is judged by itself
    if (from_server(event) and by_stranger(event)) or harmless(evidence, event):
        return True
    if not from_server(event) and reached_later(evidence, event):
        return True
    if _BY_ORDER.search(event.text) and not from_server(event):
        return any(answered(one) and one.service == event.service for one in later(evidence, event))
    if _BY_ORDER.search(event.text):
        before = [one for one in evidence.logs if one.source == event.source and one.first_line < event.first_line]
        return any(stopping(one) for one in before)
    return bool(_THERE_ALREADY.search(event.text)) and any(serves(one) or _is_up(one) for one in later(evidence, event))


def _first_service(evidence: Evidence) -> list[LogEvent]:
    """Return by which line each program first served; one that ended and was started again counts from then on."""
    marks: dict[str, LogEvent] = {}
    for event in evidence.logs:
        if ends(event):
            marks.pop(event.source, None)
        elif answered(event) or serves(event):
            marks.setdefault(event.source, event)
    return list(marks.values())


def _before(event: LogEvent, mark: LogEvent) -> bool:
    if event.source == mark.source:
        return event.last_line < mark.first_line
    return bool(event.at and mark.at and event.at < mark.at)
