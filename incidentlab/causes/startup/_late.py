"""When the server became ready: only after the service had been refused, or long before it.

Times tell it where both have one. Where the service's lines have none, the server's own log may: it turned somebody
away because it was still starting, and says further down that it is ready. The order of two services' lines alone says
less: what compose prints of a stack that runs already comes container by container.
"""

import re
from datetime import datetime
from typing import NamedTuple

from incidentlab.causes._evidence import ended_name, ends, from_server, is_after, said
from incidentlab.causes._server import readiness
from incidentlab.causes.startup._course import same_program
from incidentlab.causes.startup._refused import says_starting
from incidentlab.model.evidence import Evidence, LogEvent

_ASKED = re.compile(
    r"\bserver at \"(?P<host>[\w.\-]{1,120})\"(?: \([^)\n]{1,80}\))?, port (?P<port>\d{2,5}) failed"
    r"|(?:\bConnection to |\bserver at `|\bconnect \()(?P<name>[\w.\-]{1,120})`?:`?(?P<number>\d{2,5})\b"
)
_LISTENS = re.compile(r"\blistening on IPv[46] address \"[^\"\n]{1,80}\", port (?P<port>\d{2,5})\b")


class Late(NamedTuple):
    """The server's word that it is ready, after a refusal; ``sure`` where times or its own log leave no doubt."""

    event: LogEvent
    sure: bool


def late(evidence: Evidence, refused: tuple[LogEvent, ...]) -> Late | None:
    """Return the server's word that it became ready after the last refusal, as far as the logs show an order."""
    came, last = readiness(evidence), refused[-1]
    if came is None:
        return None
    if came.at and last.at:
        return Late(came, sure=True) if last.at < came.at else None
    if any(says_starting(event) for event in refused) and _turned_away_before(evidence, came):
        return Late(came, sure=True)
    ended = next((event for event in evidence.logs if _is_end_of(event, last)), None)
    return Late(came, sure=False) if ended and came.source == ended.source and is_after(came, ended) else None


def _turned_away_before(evidence: Evidence, came: LogEvent) -> bool:
    return any(
        from_server(event) and same_program(event, came) and is_after(came, event) and says_starting(event)
        for event in evidence.logs
    )


def _is_end_of(event: LogEvent, last: LogEvent) -> bool:
    """Whether compose, which follows its containers, names the end of the program that was refused."""
    if not last.service or event.source != last.source or not is_after(event, last) or not ends(event):
        return False
    return last.service in ended_name(event)


def before(evidence: Evidence, refused: tuple[LogEvent, ...]) -> tuple[LogEvent, str] | None:
    """Return the server's word by which it was not late, and what is wrong instead; ``None`` where it may have been."""
    if any(says_starting(event) for event in refused):
        return None
    port = _other_port(evidence, refused[0])
    if port:
        return port
    came, since = readiness(evidence), _not_before(evidence, refused[0])
    if came and came.at and since and came.at < since:
        why = "The database was ready before the connection was refused: the address or the port is wrong"
        return came, f"{why}, or it went down since without a word."
    return None


def _not_before(evidence: Evidence, refusal: LogEvent) -> datetime | None:
    """Return the time of a refusal, or the last one that its program had written by then: it was not earlier."""
    if refusal.at:
        return refusal.at
    earlier = (one.at for one in evidence.logs if same_program(one, refusal) and not is_after(one, refusal))
    return max((at for at in earlier if at), default=None)


def _other_port(evidence: Evidence, refusal: LogEvent) -> tuple[LogEvent, str] | None:
    """Return the server's word of its port, where the service asks that very server at another one."""
    asked = _ASKED.search(said(refusal))
    if not asked:
        return None
    host, port = asked["host"] or asked["name"], asked["port"] or asked["number"]
    ports = [
        (event, found["port"])
        for event in evidence.logs
        if event.service == host and from_server(event) and (found := _LISTENS.search(event.text))
    ]
    if not ports or any(own == port for _, own in ports):
        return None
    event, own = ports[-1]
    return event, f"The service asks {host} at port {port}, and the server there listens at {own}: set the port right."
