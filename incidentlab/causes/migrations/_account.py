"""What several causes here ask of the troubles in a log: are they over, did they end a program, what shows them."""

import shlex
from collections.abc import Sequence

from incidentlab.causes._evidence import answered, cited, cut, died, ends, from_server, is_after, later, serves, works
from incidentlab.causes.migrations._course import course
from incidentlab.causes.migrations._reading import Trouble
from incidentlab.model.diagnosis import Link, Mend, RuledOut
from incidentlab.model.evidence import ContainerFacts, Evidence, LogEvent


def leading(troubles: Sequence[Trouble]) -> Trouble:
    """Return the trouble to show: the program's own word before the server's, an exception before a line."""
    own = [one for one in troubles if not from_server(one.event)]
    told = [one for one in own if not one.announced]
    raised = [one for one in told if one.event.exception or one.event.cause]
    return next(iter(raised or told or own or list(troubles)))


def applied_since(evidence: Evidence, troubles: Sequence[Trouble]) -> LogEvent | None:
    """Return the sign that migrations came to a good end after the last of these troubles, or ``None``."""
    last, known = _last_ones(troubles), course(evidence.logs)
    return next((one for one in (*known.done, *known.passed) if all(is_after(one, event) for event in last)), None)


def goes_on(evidence: Evidence, troubles: Sequence[Trouble]) -> LogEvent | None:
    """Return a request that was answered well after all of these troubles, where nothing went wrong any more."""
    last = _last_ones(troubles)
    after = [event for event in evidence.logs if all(is_after(event, one) for one in last)]
    if any(event.severity in ("error", "fatal") or ends(event) for event in after):
        return None
    return next((event for event in after if not from_server(event) and answered(event)), None)


def only_the_server_minds(evidence: Evidence, troubles: Sequence[Trouble]) -> LogEvent | None:
    """Return the proof that no program suffers: all serve, none reports the trouble or fails a request afterwards.

    Then the statement is another program's: a person at psql, a monitor, a health check, or an application that asks
    whether something is there and knows what to do where it is not.
    """
    if any(not from_server(one.event) and not one.mild for one in troubles):
        return None
    first = troubles[0].event
    after = [event for event in evidence.logs if event.source == first.source and event.first_line > first.first_line]
    if any(not from_server(event) and (event.severity in ("error", "fatal") or ends(event)) for event in after):
        return None
    good = [event for event in after if not from_server(event) and answered(event)]
    good = good or [event for event in after if not from_server(event) and serves(event)]
    return good[-1] if good else None


def ended(evidence: Evidence, trouble: Trouble) -> LogEvent | None:
    """Return the first word after a trouble that a program has ended badly."""
    return next((event for event in (trouble.event, *later(evidence, trouble.event)) if ends(event)), None)


def is_fatal(evidence: Evidence, trouble: Trouble) -> bool:
    """Whether a program is known to have ended after the trouble."""
    return died(evidence) is not None or ended(evidence, trouble) is not None


def ending(evidence: Evidence, trouble: Trouble) -> tuple[Link, ...]:
    """Return the proof that it ended: its last word, its container's state."""
    last, container = ended(evidence, trouble), died(evidence)
    links = [cited(last, "The program ends")] if last and last.id != trouble.event.id else []
    if container:
        links.append(state(container))
    return tuple(links)


def state(container: ContainerFacts) -> Link:
    """Return a link of proof to a container that has ended or cannot stay up."""
    exited = container.exit_code is not None
    claim = f"{container.name} ended with exit code {container.exit_code}"
    if not exited:
        claim = f"{container.name} was restarted {container.restarts} times"
    quote = f"{container.status} ({container.exit_code})" if exited else container.status
    return Link(claim, container.id, f"state of {container.name}", quote=quote, command=container.command)


def over(cause: str, title: str, what: str, event: LogEvent) -> RuledOut:
    """Return that a cause is ruled out by a later event; ``what`` is how it began, as the start of a sentence."""
    return RuledOut(cause, title, f"{what}; line {event.first_line} shows: {cut(event.text, 120)}", event.id)


def over_now(evidence: Evidence, cause: str, title: str, what: str) -> RuledOut | None:
    """Return that a cause is ruled out by a service that works now, where facts show one."""
    fact = works(evidence)
    if fact is None:
        return None
    return RuledOut(cause, title, f"{what}; {fact.claim[0].lower()}{fact.claim[1:]}.", fact.fact)


def command(text: str, why: str) -> Mend:
    """Return a mend that is a command."""
    return Mend("command", text, why)


def words(text: str, why: str = "") -> Mend:
    """Return a mend in words."""
    return Mend("text", text, why)


def quoted(name: str) -> str:
    """Return a name as one word of a shell."""
    return shlex.quote(name)


def in_psql(name: str) -> str:
    """Return a name as psql's patterns take it: without quotes they fold it to small letters."""
    return name if name == name.lower() else f'"{name}"'


def _last_ones(troubles: Sequence[Trouble]) -> tuple[LogEvent, ...]:
    last: dict[str, LogEvent] = {}
    for one in troubles:
        last[one.event.source] = one.event
    return tuple(last.values())
