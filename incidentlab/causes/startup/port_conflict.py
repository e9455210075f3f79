"""Two programs want one port."""

import re

from incidentlab.causes._account import whole
from incidentlab.causes._evidence import cited, cut, later, said, seen, serves, shortly_before, works
from incidentlab.causes._server import ready
from incidentlab.causes.startup._absent import connections
from incidentlab.causes.startup._bind import BY_ENGINE, SIGNS, TAKEN
from incidentlab.causes.startup._bind_mends import mends
from incidentlab.causes.startup._course import dead, end_of, same_program, state_link
from incidentlab.causes.startup._holder import never_listened, refused_by_holder
from incidentlab.causes.startup._login import refused_logins
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import ContainerFacts, Evidence, LogEvent

_ID = "port-conflict"
_TITLE = "The port is already in use"
_PORT = re.compile(
    r"(?:['\"], |\b[Pp]ort '?|(?:\d{1,3}(?:\.\d{1,3}){3}|\]|\*|::|\blocalhost|(?<=\s)):)(?P<port>\d{2,5})(?![\d.])"
)

_ABOUT = re.compile(r"\b(?:start|listen|bind|serv|run)\w{0,4}\b", re.IGNORECASE)
_NEAR = 6  # lines before in which a program names the port that its error does not


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a program or the engine says that a port is taken, and nothing mends it."""
    for container in evidence.containers:
        if container.status != "running" and TAKEN.pattern.search(container.error):
            return _never_started(container)
    taken = seen(evidence, TAKEN)
    if not taken:
        return None
    last = taken[-1]
    return _settled(evidence, last) or _finding(evidence, taken[0], last)


def _settled(evidence: Evidence, last: LogEvent) -> RuledOut | None:
    same = (event for event in later(evidence, last) if same_program(event, last))
    after = next((event for event in same if serves(event) or ready(event)), None)
    if after and not BY_ENGINE.search(last.text):
        why = f"The port was free at a later attempt, line {after.first_line}: {cut(after.text, 120)}"
        return RuledOut(_ID, _TITLE, why, after.id)
    fact = works(evidence)
    if fact:
        return RuledOut(_ID, _TITLE, f"A port was taken at first; {fact.claim[0].lower()}{fact.claim[1:]}.", fact.fact)
    return None


def _never_started(container: ContainerFacts) -> Finding:
    link = state_link(container, f"The engine could not start {container.name}: its port is taken")
    return _found("certain", container.error, (link,), ())


def _finding(evidence: Evidence, first: LogEvent, last: LogEvent) -> Finding:
    ended = next(
        (one for one in later(evidence, last) if _gives_up(one) and same_program(one, last)), end_of(evidence, last)
    )
    container = dead(evidence, last)
    by_engine = bool(BY_ENGINE.search(said(last)))
    confidence: Confidence = "certain" if container or ended or by_engine else "likely"
    links = [cited(first, "The port is taken" + (", says the engine" if by_engine else ""))]
    if ended and ended.id != first.id:
        links.append(cited(ended, "The program gives up"))
    if container:
        links.append(state_link(container))
    held = refused_by_holder(evidence, (*refused_logins(evidence), *connections(evidence)))
    if held:
        links.append(cited(held[1], "Whoever holds the port refuses the client: it is another server than this one"))
    wanted = "The container's state would show whether the program ended or tried again: give --container."
    return _found(confidence, _told(evidence, first), tuple(links), () if confidence == "certain" else (wanted,))


def _told(evidence: Evidence, event: LogEvent) -> str:
    """Return what names the port: the message, or else what the program said it was about to do."""
    before = [
        one for one in shortly_before(evidence, event, _NEAR) if same_program(one, event) and _ABOUT.search(one.text)
    ]
    return "\n".join((whole(event), *(one.text for one in reversed(before))))


def _gives_up(event: LogEvent) -> bool:
    # uvicorn stops the application that it started before it found the port taken.
    return "Application shutdown complete." in event.text or never_listened(event)


def _found(confidence: Confidence, text: str, links: tuple[Link, ...], missing: tuple[str, ...]) -> Finding:
    port = _port(text)
    named = f"port {port}" if port else "the port"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=f"Another program listens on {named}, so this one cannot.",
        evidence=links,
        mend=mends(text, port),
        missing=missing,
    )


def _port(text: str) -> str | None:
    numbers = [found["port"] for found in _PORT.finditer(text) if 0 < int(found["port"]) < 65_536]
    return numbers[0] if numbers else None


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The service or its database wants a port on which another program listens already.",
    explanation="""\
A port of an address can be listened on by one program. A second one gets `EADDRINUSE` from the system: inside a
container from its own server, or before the container starts from the engine that publishes the port on the host.

What usually holds it: the same stack started twice, a container that an earlier run left behind, a PostgreSQL
installed on the machine (5432), a development server in another terminal, or two workers of one image that each
start a server.

Where the holder is another PostgreSQL, clients reach *that* one, and it refuses a user whom it does not know: a
password that "does not fit" although nobody changed it.

uvicorn prints "Application startup complete." *before* it binds. That line followed by `[Errno 98]` is therefore a
failed start. A container whose port the engine could not publish has no log at all: its state says why.""",
    shows=(
        "[Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
        "Bind for 0.0.0.0:5432 failed: port is already allocated",
        "listen tcp 0.0.0.0:5432: bind: address already in use",
        "a container that stays “created”, or ends with exit code 1 right after its start",
    ),
    check=(
        "ss -ltnp 'sport = :8000'",
        "docker ps --format '{{.Names}} {{.Ports}}'",
        "docker inspect app --format '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}'",
    ),
    mend=(
        "Find the holder with `ss -ltnp` or `docker ps --filter publish=PORT` and stop it, if it is a leftover.",
        "Or publish another port of the host: `ports: ['127.0.0.1:8001:8000']`; inside the container nothing changes.",
        "Or do not publish the port at all: services of one network reach each other without it.",
    ),
    prevent=(
        "Let the system choose the host's port in tests (`127.0.0.1::8000`) and read it back.",
        "Remove a stack by its name when a run is over (`docker compose down`), also after a failure.",
    ),
    confidence="""\
- **certain**: the engine says that it could not publish the port, or the program says so and ended.
- **likely**: the program says so, and whether it tried again with success is not known.""",
    find=find,
    explains=("database-not-ready", "host-not-found"),
    links=(
        "https://docs.docker.com/engine/network/port-publishing/",
        "https://man7.org/linux/man-pages/man2/bind.2.html",
    ),
    signs=SIGNS,
)
