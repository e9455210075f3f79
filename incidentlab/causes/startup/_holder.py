"""Whoever holds a port answers those who ask the database there: a refusal from it is not the database's.

A server that could not bind its port never listened. A client of it that is told "password authentication failed" has
spoken with the program that has the port, often a PostgreSQL installed on the machine, with users and databases of its
own.
"""

import re
from collections.abc import Sequence

from incidentlab.causes._evidence import from_server, is_after, later, said
from incidentlab.causes._server import ready
from incidentlab.causes.startup._bind import BY_ENGINE, TAKEN
from incidentlab.model.evidence import Evidence, LogEvent

_PUBLISHED = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|\]|\*|::):(?P<port>\d{2,5})(?:/tcp)?(?:: bind| failed|: address|: listen| ->)"
)
_ASKED = re.compile(r"\bport:? (?P<port>\d{2,5})\b|[\w\])]:(?P<colon>\d{2,5})\b")
_HOST = re.compile(r"\bserver at \\?\"(?P<host>[^\"\\\n]{1,200})")
_THIS_MACHINE = re.compile(r"localhost|127\.|::1|host\.docker\.internal|/|172\.17\.0\.1$")
_USUAL = "5432"
_NO_SOCKET = "could not create any TCP/IP sockets"


def never_listened(event: LogEvent) -> bool:
    """Whether PostgreSQL's server says that it has no socket at all; it ends with this word."""
    return _NO_SOCKET in said(event)


def refused_by_holder(evidence: Evidence, refused: Sequence[LogEvent]) -> tuple[LogEvent, LogEvent] | None:
    """Return by which word the database could not have its port, and what its holder refused afterwards.

    Where a server of the same logs tells of the refusal itself, it was that server's.

    Args:
        evidence: all facts.
        refused: logins, and connections to a database that is not there.
    """
    if not refused or any(from_server(event) for event in refused):
        return None
    for event in evidence.logs:
        if not TAKEN.pattern.search(said(event)) or not _is_the_databases(event, refused):
            continue
        if any(ready(one) for one in later(evidence, event)):
            continue
        first = next((one for one in refused if _is_not_before(one, event) and _asked_here(one)), None)
        if first:
            return event, first
    return None


def _is_the_databases(event: LogEvent, refused: Sequence[LogEvent]) -> bool:
    """Whether the port is one on which the clients look for the database."""
    if from_server(event):
        return True
    text = said(event)
    if not BY_ENGINE.search(text):
        return False
    ports = {found["port"] for found in _PUBLISHED.finditer(text)}
    asked = {found["port"] or found["colon"] for one in refused for found in _ASKED.finditer(said(one))}
    return bool(ports & asked) or _USUAL in ports


def _asked_here(event: LogEvent) -> bool:
    """Whether the client asked this machine, or does not say whom; another container has its own ports."""
    found = _HOST.search(said(event))
    return found is None or bool(_THIS_MACHINE.match(found["host"]))


def _is_not_before(event: LogEvent, than: LogEvent) -> bool:
    if event.source == than.source:
        return event.first_line > than.last_line
    return not is_after(than, event)
