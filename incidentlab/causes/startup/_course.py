"""How it went on after a trouble: did that program get through after all, or did it end?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from incidentlab.causes._account import Question
from incidentlab.causes._evidence import (
    answered,
    cited,
    cut,
    ended_name,
    ends,
    from_server,
    is_after,
    later,
    said,
    serves,
    works,
)
from incidentlab.causes._init_scripts import by_psql
from incidentlab.causes._probing import Work
from incidentlab.causes._server import readiness
from incidentlab.causes._serving import advises
from incidentlab.model.diagnosis import Link, RuledOut
from incidentlab.model.evidence import ContainerFacts, Evidence, LogEvent

# Words by which a program tells that its database answered.
_DATABASE_ANSWERED = re.compile(
    r"\bRunning upgrade\b|\bContext impl PostgresqlImpl\b|\bPostgres(?:QL)? is (?:ready|available|up)\b"
    r"|(?<!not )\bconnected to (?:the )?(?:database|postgres\w{0,3}|db)\b"
    r"|\bdatabase connection (?:established|successful|is ok)\b|\bNo migrations to apply\b"
    r"|\b(?:Applying|Migrating) [\w.\-]{1,120}\.{3} ?OK\b|\bmigrations? (?:applied|completed?|finished)\b"
    r"|\b\d{2,5} - accepting connections\b|\bCreated database\b|\bdatabase for \S{1,80} has been created\b"
    r"|^CREATE DATABASE$",
    re.IGNORECASE,
)
_NO_TABLE = re.compile(
    r"\brelation \\?[\"“][^\"”]{1,200}[\"”] does not exist"
    r"|\bThe table [`'\"][\w.]{1,200}[`'\"] does not exist in the current"
)
_STARTED = re.compile(r"\bApplication startup complete\b|\bentered RUNNING state\b")


@dataclass(frozen=True, slots=True)
class _Recovery:
    """What counts after a trouble: a proof that it is over, and a word that the program goes on."""

    proves: Question
    goes_on: Question


def same_program(one: LogEvent, other: LogEvent) -> bool:
    """Whether one program said both: the same log and, where it holds several, the same service."""
    return one.source == other.source and one.service == other.service


def got_through(event: LogEvent) -> bool:
    """Whether a program says that it serves, or that its database answered."""
    if from_server(event) or advises(event.text):
        return False
    return proves_database(event) or serves(event) or bool(_STARTED.search(event.text))


def proves_database(event: LogEvent) -> bool:
    """Whether it takes a database to say this: SQL that ran, a migration, an answered request."""
    return bool(_DATABASE_ANSWERED.search(event.text) or misses_table(event) or answered(event))


def misses_table(event: LogEvent) -> bool:
    """Whether a statement failed for want of a table: the database answered, and its migrations were not applied."""
    return event.sqlstate == "42P01" or bool(_NO_TABLE.search(said(event)))


def settled(
    evidence: Evidence, name: str, title: str, troubles: Sequence[LogEvent], what: str, *, of_database: bool = False
) -> RuledOut | None:
    """Return the fact by which troubles did no harm, or ``None`` where there is no such fact.

    Each program that had the trouble has to get through afterwards. What only the server reports, as it does when a
    health check asks for the wrong name, is settled by a program that serves all the same; so is what psql says of a
    script that was to prepare the database.

    Args:
        evidence: all facts.
        name: the cause that is ruled out.
        title: its title.
        troubles: the events that speak for it, in the logs' order.
        what: what happened at first, as the beginning of a sentence.
        of_database: whether it kept the program from its database, so that an answered probe proves nothing.
    """
    clients = [event for event in troubles if not (from_server(event) or by_psql(event))]
    counts = _with_database(evidence, clients) if of_database and clients else _Recovery(proves_database, got_through)
    fact = _after_each(evidence, clients, counts) if clients else _meanwhile(evidence, troubles)
    if fact:
        why = f"{what}, and line {fact.first_line} shows success afterwards: {cut(fact.text, 120)}"
        return RuledOut(name, title, why, fact.id)
    now = works(evidence)
    if now:
        return RuledOut(name, title, f"{what}; {now.claim[0].lower()}{now.claim[1:]}.", now.fact)
    return None


def came_since(evidence: Evidence, trouble: LogEvent) -> bool:
    """Whether the server says that it is ready after a trouble: whoever then goes on well may be believed to use it."""
    came = readiness(evidence)
    return came is not None and is_after(came, trouble)


def _with_database(evidence: Evidence, troubles: Sequence[LogEvent]) -> _Recovery:
    work = Work(evidence, troubles)

    def proves(event: LogEvent) -> bool:
        return bool(_DATABASE_ANSWERED.search(event.text)) or misses_table(event) or work.proven_by(event)

    def goes_on(event: LogEvent) -> bool:
        return got_through(event) and (proves(event) or not answered(event))

    return _Recovery(proves, goes_on)


def _after_each(evidence: Evidence, troubles: Iterable[LogEvent], counts: _Recovery) -> LogEvent | None:
    last: dict[tuple[str, str], LogEvent] = {}
    for event in troubles:
        last[event.source, event.service] = event
    facts = [_recovery(evidence, event, troubles, counts) for event in last.values()]
    return facts[-1] if facts and all(facts) else None


def _recovery(
    evidence: Evidence, trouble: LogEvent, troubles: Iterable[LogEvent], counts: _Recovery
) -> LogEvent | None:
    """Return the last word of success after a trouble; one that only says "running" must not be followed by an end."""
    known = {event.id for event in troubles}
    after = [event for event in later(evidence, trouble) if same_program(event, trouble) and event.id not in known]
    good = [event for event in after if counts.goes_on(event)]
    proof = next((event for event in reversed(good) if counts.proves(event)), None)
    if proof or not good:
        return proof
    return None if end_of(evidence, good[-1]) else good[-1]


def _meanwhile(evidence: Evidence, troubles: Sequence[LogEvent]) -> LogEvent | None:
    if not troubles:
        return None
    good = [event for event in later(evidence, troubles[0]) if not from_server(event) and got_through(event)]
    return good[-1] if good and not end_of(evidence, good[-1]) else None


def end_of(evidence: Evidence, trouble: LogEvent) -> LogEvent | None:
    """Return the word that the program ended badly: the trouble itself, or the first one after it."""
    for event in (trouble, *later(evidence, trouble)):
        if ends(event) and _concerns(event, trouble):
            return event
    return None


def _concerns(event: LogEvent, trouble: LogEvent) -> bool:
    if not trouble.service:
        return event.source == trouble.source
    name = ended_name(event)
    return not name or trouble.service in name or name in trouble.service


def dead(evidence: Evidence, trouble: LogEvent | None = None) -> ContainerFacts | None:
    """Return a container that ended badly or cannot stay up; with a trouble, one that may be where it was said."""
    for container in evidence.containers:
        if trouble and trouble.service and container.service and container.service != trouble.service:
            continue
        failed = container.status == "exited" and container.exit_code not in (None, 0)
        if failed or (container.restarts > 1 and container.health != "healthy"):
            return container
    return None


def state_link(container: ContainerFacts, claim: str = "") -> Link:
    """Return a link of proof to a container's state."""
    said = claim or f"{container.name} ended with exit code {container.exit_code}"
    quote = container.error or f"{container.status} ({container.exit_code})"
    return Link(said, container.id, f"state of {container.name}", quote=quote, command=container.command)


def ending_links(evidence: Evidence, trouble: LogEvent) -> tuple[Link, ...]:
    """Return the proof that the program ended after a trouble: its last word, its container's state."""
    ended, container = end_of(evidence, trouble), dead(evidence, trouble)
    links = [cited(ended, "The program ends")] if ended and ended.id != trouble.id else []
    return (*links, state_link(container)) if container else tuple(links)


def is_over(evidence: Evidence, trouble: LogEvent) -> bool:
    """Whether the program that had the trouble is known to have ended."""
    return bool(end_of(evidence, trouble) or dead(evidence, trouble))


NAMELESS = "CONTAINER"  # stands in a command for a name that nothing tells


def app_name(evidence: Evidence, trouble: LogEvent | None = None) -> str:
    """Return what a person calls the program in a command: its container's name, its service, or what stands for it."""
    docker = [one for one in evidence.containers if "docker" in one.command]
    for container in docker:
        if container.id.endswith("app") or (trouble and container.service and container.service == trouble.service):
            return container.name
    if trouble and trouble.service and not from_server(trouble):
        return trouble.service
    return docker[0].name if len(docker) == 1 else NAMELESS


def wanted_state(evidence: Evidence, trouble: LogEvent | None = None) -> tuple[str, ...]:
    """Return the sentence that asks for the containers' states, where neither they nor the log tell how it ended."""
    if evidence.containers or (trouble and is_over(evidence, trouble)):
        return ()
    return ("The container's state would show whether the program ended or tried again: give --container.",)
