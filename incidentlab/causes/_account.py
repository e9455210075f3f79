"""One trouble as the evidence tells it: who complained, what other facts add, and whether it ended badly."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from incidentlab.causes._evidence import (
    cited,
    died,
    ends,
    from_server,
    is_after,
    last_ones,
    said,
    shows,
)
from incidentlab.model.cause import Sign
from incidentlab.model.diagnosis import Link
from incidentlab.model.evidence import ContainerFacts, Evidence, LogEvent

# "Database error code: 42501", "code: '42501'," of an error that is printed over several lines.
_ONLY_A_CODE = re.compile(r"[\w .\-\"']{0,40}[:=] ?[\"']?[0-9A-Z]{5}[\"']?,?")
Question = Callable[[LogEvent], bool]


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one trouble: complaints in the logs' order, other facts that say it, and the bad end."""

    events: tuple[LogEvent, ...]
    facts: tuple[Link, ...] = ()
    ended: LogEvent | None = None
    dead: ContainerFacts | None = None

    @property
    def by_server(self) -> LogEvent | None:
        """The first complaint of PostgreSQL's own server, an error before the warning that leads to it."""
        server = [event for event in self.events if from_server(event)]
        return next((event for event in server if event.severity in ("error", "fatal")), server[0] if server else None)

    @property
    def by_client(self) -> LogEvent | None:
        """The first complaint of a program that uses the server, a traceback first, words before a code."""
        told = [event for event in self.events if not from_server(event)]
        clients = [event for event in told if not _ONLY_A_CODE.fullmatch(event.text.strip())] or told
        return next((event for event in clients if event.exception), clients[0] if clients else None)

    @property
    def text(self) -> str:
        """All that the complaints say, with their DETAIL and HINT, for the names in it."""
        return "\n".join((*(whole(event) for event in self.events[:200]), *(fact.quote for fact in self.facts)))

    @property
    def hurt(self) -> bool:
        """Whether a program ended over it."""
        return bool(self.ended or self.dead)


def hear(
    evidence: Evidence, signs: Iterable[Sign], but_not: Question | None = None, *, engine_too: bool = False
) -> Account | None:
    """Return the account of a trouble by its signs; ``None`` where nobody speaks of it.

    Args:
        evidence: all facts.
        signs: by which an event, a refused look into a database or an engine's error shows the trouble.
        but_not: which events look like it and are something else.
        engine_too: whether the engine's error, on starting a container, can be of this trouble.
    """
    every = tuple(signs)
    events = tuple(
        event
        for event in evidence.logs
        if any(shows(event, sign) for sign in every) and not (but_not and but_not(event))
    )
    facts = (*_refused_looks(evidence, every), *(_engine_errors(evidence, every) if engine_too else ()))
    if not events and not facts:
        return None
    return Account(events, facts, _bad_end(evidence, events), _dead(evidence, events))


def whole(event: LogEvent) -> str:
    """Return all that an event says, with the lines that belong to it and the statement."""
    return "\n".join((said(event), *(text for _, text in event.key_lines), event.sql or ""))


def chain(account: Account, claim: str) -> tuple[Link, ...]:
    """Return the links of proof: the server's and the client's word, the facts, and the bad end."""
    links = []
    if account.by_server:
        links.append(cited(account.by_server, claim))
    if account.by_client:
        links.append(cited(account.by_client, "The service meets it" if account.by_server else claim))
    links += account.facts
    if account.ended and account.ended not in (account.by_server, account.by_client):
        links.append(cited(account.ended, "The program gives up"))
    if account.dead and not any(link.fact == account.dead.id for link in links):
        links.append(state(account.dead))
    return tuple(links)


def state(container: ContainerFacts) -> Link:
    """Return the link to how a container ended."""
    if container.exit_code is None:
        claim, quote = f"{container.name} was restarted {container.restarts} times", f"{container.status}"
    else:
        claim = f"{container.name} ended with exit code {container.exit_code}"
        quote = f"{container.status} ({container.exit_code})"
    return Link(claim, container.id, f"state of {container.name}", quote=quote, command=container.command)


def _refused_looks(evidence: Evidence, signs: tuple[Sign, ...]) -> Iterator[Link]:
    for database in evidence.databases:
        if database.error and _speaks(database.error, database.sqlstate, signs):
            claim = "The database refuses a look into it for the same reason"
            yield Link(claim, database.id, f"database {database.database or database.id}", quote=database.error,
                       command=database.command)  # fmt: skip


def _engine_errors(evidence: Evidence, signs: tuple[Sign, ...]) -> Iterator[Link]:
    for container in evidence.containers:
        if container.error and _speaks(container.error, None, signs):
            claim = f"The engine says so of {container.name}"
            yield Link(claim, container.id, f"state of {container.name}", quote=container.error,
                       command=container.command)  # fmt: skip


def _speaks(text: str, sqlstate: str | None, signs: tuple[Sign, ...]) -> bool:
    return any((sqlstate in sign.sqlstates) or bool(sign.pattern.search(text)) for sign in signs)


def _bad_end(evidence: Evidence, events: tuple[LogEvent, ...]) -> LogEvent | None:
    """Return the line by which a program ended over the trouble: in the same log, without another failure between."""
    complaints = {event.id for event in events}
    for last in last_ones(events):
        for event in evidence.logs:
            if event.source != last.source or event.last_line < last.first_line:
                continue
            if ends(event):
                return event
            if event.id not in complaints and event.severity in ("error", "fatal"):
                break
    return None


def _dead(evidence: Evidence, events: tuple[LogEvent, ...]) -> ContainerFacts | None:
    """Return a container that has ended, unless its log names another failure after the trouble."""
    complaints = {event.id for event in events}
    for last in last_ones(events):
        for event in evidence.logs:
            other = event.severity in ("error", "fatal") and event.id not in complaints and not ends(event)
            if other and event.source == last.source and is_after(event, last):
                return None
    return died(evidence)
