"""PgBouncer, which answers for the server: a user or a database that it does not know never gets as far as that one.

"no such user" and "no such database" are its own words (src/client.c, src/objects.c); PostgreSQL says "role … does not
exist" and "database … does not exist". What it knows stands in its auth_file or is looked up by auth_query, and in
[databases] of pgbouncer.ini. Its own log tells of the same: "closing because: no such user: app (age=0s)".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from incidentlab.causes._evidence import said
from incidentlab.causes.startup._commands import plain, server_name
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence, LogEvent

_UNKNOWN = re.compile(r"\bno such (?P<what>user|database): (?P<name>[\w.\-]{0,199}[\w\-])")
_OWN = re.compile(r"\bclosing because: |\bpooler error: ")
_AT = re.compile(r"\bserver at \"(?P<host>[\w.\-]{1,120})\"(?: \([^)\n]{1,80}\))?, port (?P<port>\d{2,5}) failed")


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a pooler does not know, ``user`` or ``database``, its name, and where the pooler listens."""

    what: str
    name: str
    host: str
    port: str


def own(event: LogEvent) -> bool:
    """Whether the pooler itself tells of it, and not the program that it turned away."""
    return bool(_OWN.search(event.text))


def unknown(events: Sequence[LogEvent]) -> Unknown | None:
    """Return what a pooler turned somebody away for, where all of the events are of that kind."""
    found = [_UNKNOWN.search(said(event)) for event in events]
    first = found[0] if found else None
    if first is None or not all(found):
        return None
    at = next((place for event in events if (place := _AT.search(said(event)))), None)
    service = next((event.service for event in events if own(event) and event.service), "")
    host = service or (at["host"] if at else "")
    return Unknown(first["what"], first["name"], host, at["port"] if at else "6432")


def summary(it: Unknown) -> str:
    """Return what the pooler lacks, in a sentence."""
    if it.what == "user":
        return f"The pooler knows no user {it.name}: neither its auth_file nor its auth_query has one."
    return f"The pooler has no database {it.name} in its list, [databases] of pgbouncer.ini."


def mends(evidence: Evidence, it: Unknown) -> tuple[Mend, ...]:
    """Return what to do at the pooler, and not at the server behind it."""
    console = f"psql -h {it.host or 'POOLER'} -p {it.port} -U ADMIN pgbouncer -c"
    name = plain(it.name, "NAME")
    if it.what == "user":
        add = Mend("text", f'Add a line "{name}" "PASSWORD" to the pooler\'s auth_file (often userlist.txt), as the '
                   "server has it (rolpassword of pg_authid), or set auth_query.",
                   "The pooler checks the password itself, before it speaks to the server.")  # fmt: skip
    else:
        add = Mend("text", f"Add to [databases] of pgbouncer.ini: {name} = host={server_name(evidence)} "
                   f"dbname={name}; or * = host={server_name(evidence)} for all.",
                   "A database that the server has is not by itself one of the pooler's.")  # fmt: skip
    return (
        Mend("command", f'{console} "SHOW {it.what.upper()}S"', f"Shows the {it.what}s that the pooler knows."),
        add,
        Mend("command", f"{console} RELOAD", "Reads its files again; no connection is lost."),
    )


def wanted(it: Unknown) -> str:
    """Return the sentence that asks for what would make it sure."""
    return f"What the pooler's files hold: SHOW {it.what.upper()}S in its console, the database pgbouncer."
