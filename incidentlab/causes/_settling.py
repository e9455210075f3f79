"""How a trouble is found to be over: those who complained are seen at work afterwards, and nothing fails any more.

What counts as being seen depends on the trouble: a service that ran out of connections works again once it answers;
a request that was the victim of a deadlock is only mended by its own retry.
"""

import re

from incidentlab.causes._account import Account, Question
from incidentlab.causes._evidence import answered, cited, ends, from_server, is_after, last_ones, serves, works
from incidentlab.causes._probing import Work, is_task_done, task
from incidentlab.causes._server import ready
from incidentlab.model.diagnosis import Link
from incidentlab.model.evidence import Evidence, LogEvent

# Celery's and other workers' word that a job is done, a retry that worked.
_SUCCEEDED = re.compile(
    r"\bsucceeded (?:in|on|after|at)\b|\bretr(?:y|ied)\b.{0,80}?\bsucce"
    r"|\bsucce\w{2,8} (?:on|after) .{0,40}?\b(?:retr|attempt)"
    r"|\battempt \d{1,3}\b.{0,60}?\bsucce"
    r"|\bRunning upgrade\b|\bNo migrations to apply\b|\bcommitted on retry\b|\brecovered after\b",
    re.IGNORECASE,
)
# A connection that came about; whoever lacks a privilege or room on a disk had one all the time.
_CONNECTED = re.compile(
    r"\bconnection (?:(?:re-?)?established|restored|recovered)\b"
    r"|\b(?:re-?connected|connected) to (?:the )?(?:database|postgres)"
    r"|\b[Dd]atabase connection (?:ok|established|is up)\b",
    re.IGNORECASE,
)
# "… retrying in 2 s": the program does not give up with this line.
_TRIES_AGAIN = re.compile(r"\bretr(?:y|ying|ied|ies)\b|\bwill try again\b|\btrying again\b", re.IGNORECASE)


def succeeded(event: LogEvent) -> bool:
    """Whether a program says that what it tried has worked."""
    return event.severity not in ("error", "fatal") and bool(_SUCCEEDED.search(event.text))


def connected(event: LogEvent) -> bool:
    """Whether a program says that it has got a connection."""
    return event.severity not in ("error", "fatal") and bool(_CONNECTED.search(event.text))


def tries_again(event: LogEvent) -> bool:
    """Whether the line says that the program tries again."""
    return bool(_TRIES_AGAIN.search(event.text))


def at_work_again(evidence: Evidence, account: Account, *, by_connecting: bool = False) -> Link | None:
    """Return the fact that those who complained work again: they answer, or came up after all, and nothing fails since.

    For a trouble of the whole service: connections, a full disk. A probe's 200 is no proof: it needs no database.

    Args:
        evidence: all facts.
        account: the trouble.
        by_connecting: whether the trouble kept programs from connecting, so that a new connection ends it.
    """
    if account.facts or not account.events:
        return None
    good = {event.id for event in _came_up(evidence, account.events[0]) if not answered(event)}
    work = Work(evidence, account.events)

    def proves(event: LogEvent) -> bool:
        done = succeeded(event) and not is_task_done(event)
        return event.id in good or work.proven_by(event) or done or (by_connecting and connected(event))

    return _settled(evidence, account, proves, work.is_mended_probe)


def tried_again(evidence: Evidence, account: Account) -> Link | None:
    """Return the fact that what was lost was done again with success, for a trouble of one request or statement.

    Where only the server's log complains and its clients go on answering, they have tried again by themselves.
    """
    if account.facts or not account.events:
        return None
    silent = account.by_client is None or all(_calm(event) for event in account.events if not from_server(event))
    tasks = {one for event in account.events if (one := task(event))}

    def proves(event: LogEvent) -> bool:
        if is_task_done(event) and tasks:
            return task(event) in tasks  # another one's success brings back nothing of what this one has lost
        return succeeded(event) or connected(event) or (silent and answered(event))

    return _settled(evidence, account, proves)


def server_came_up(evidence: Evidence, account: Account) -> LogEvent | None:
    """Return the server's later word that it is ready, for a trouble that keeps it from starting."""
    last = last_ones(account.events)
    return next((event for event in evidence.logs if ready(event) and all(_follows(event, one) for one in last)), None)


def _settled(
    evidence: Evidence, account: Account, proves: Question, harmless: Question = lambda _: False
) -> Link | None:
    last = last_ones(account.events)
    proofs: dict[tuple[str, str], LogEvent] = {}
    for event in evidence.logs:
        if from_server(event) or not all(is_after(event, one) for one in last):
            continue
        if (event.severity in ("error", "fatal") and not harmless(event)) or ends(event):
            return None
        if proves(event):
            proofs.setdefault((event.source, event.service), event)
    complained = {(event.source, event.service) for event in account.events if not from_server(event)}
    if proofs and complained <= proofs.keys():
        found = next(iter(proofs.values()))
        return cited(found, f"The service works afterwards, line {found.first_line}")
    fact = works(evidence)
    starting = fact and not any(
        (serves(one) or answered(one)) and not _follows(one, account.events[0]) for one in evidence.logs
    )
    return fact if starting else None


def _came_up(evidence: Evidence, first: LogEvent) -> tuple[LogEvent, ...]:
    """Return the lines by which programs say that they serve, of those that had not said so before the trouble."""
    up: dict[tuple[str, str], LogEvent] = {}
    for event in evidence.logs:
        if serves(event):
            up.setdefault((event.source, event.service), event)
    return tuple(event for event in up.values() if _follows(event, first))


def _follows(event: LogEvent, than: LogEvent) -> bool:
    # Without times, two logs cannot be put in order; then nothing is taken to be over.
    return is_after(event, than)


def _calm(event: LogEvent) -> bool:
    return event.severity not in ("error", "fatal") and tries_again(event)
