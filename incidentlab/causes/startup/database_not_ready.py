"""The service asked the database before it accepted connections, and did not ask again."""

import re

from incidentlab.causes._evidence import (
    cited,
    from_server,
    is_after,
    later,
    seen,
    shortly_before,
    speaks_of_migrating,
)
from incidentlab.causes._server import cannot_start, has_own_cause, readiness, ready
from incidentlab.causes.startup._commands import restart, server_name
from incidentlab.causes.startup._course import (
    app_name,
    came_since,
    end_of,
    ending_links,
    is_over,
    misses_table,
    same_program,
    settled,
    wanted_state,
)
from incidentlab.causes.startup._late import Late, before, late
from incidentlab.causes.startup._refused import REFUSED, SIGNS, STARTING, by_place, says_starting
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent

_ID = "database-not-ready"
_TITLE = "The database was not ready when the service asked"
# Compose's words for depends_on with service_healthy, of a container that is called as databases are.
_UNHEALTHY = re.compile(
    r"\bcontainer (?:for service )?\"?(?P<name>[\w.\-]{0,80}(?:db|postgres|database|pg)[\w.\-]{0,80})\"? is unhealthy",
    re.IGNORECASE,
)


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a refusal, nothing that recovers from it, and a database that came up later."""
    refused, _ = by_place(evidence)
    up = _own_script_alone(evidence, refused)
    if up:
        why = f"Only its own container's start script was turned away; the server is ready at line {up.first_line}."
        return RuledOut(_ID, _TITLE, why, up.id)
    if not refused:
        return _from_server_alone(evidence) or _from_facts(evidence) or _never_healthy(evidence)
    first, last = refused[0], refused[-1]
    never = cannot_start(evidence)
    if never:
        return _beneath(first, never) if has_own_cause(never) else None
    skipped = _skipped_migration(evidence, last)
    what, late = "A connection was refused at first", came_since(evidence, last)
    over = None if skipped else settled(evidence, _ID, _TITLE, refused, what, of_database=not late)
    if over:
        return over
    was_there = before(evidence, refused)
    if was_there:
        return RuledOut(_ID, _TITLE, was_there[1], was_there[0].id)
    return _finding(evidence, refused, skipped)


def _own_script_alone(evidence: Evidence, refused: tuple[LogEvent, ...]) -> LogEvent | None:
    """Return the server's later word that it is ready, where nobody but its own container asked too early."""
    up = [event for event in evidence.logs if from_server(event) and ready(event)]
    found = [
        next((event for event in up if one.service and same_program(one, event) and is_after(event, one)), None)
        for one in refused
    ]
    if not found or not all(found) or any(end_of(evidence, one) for one in refused):
        return None
    return found[-1]


def _skipped_migration(evidence: Evidence, refusal: LogEvent) -> LogEvent | None:
    """Return the failure that follows when the refused step was the migration, and the service went on without it."""
    if not any(speaks_of_migrating(event) for event in (*shortly_before(evidence, refusal, 6), refusal)):
        return None
    return next((event for event in later(evidence, refusal) if misses_table(event)), None)


def _finding(evidence: Evidence, refused: tuple[LogEvent, ...], skipped: LogEvent | None) -> Finding:
    first, last = refused[0], refused[-1]
    came = late(evidence, refused)
    over = is_over(evidence, last) or is_over(evidence, first)
    raised = any(event.exception for event in refused)
    confidence: Confidence = (
        "certain" if came and came.sure and over else "likely" if over or skipped or raised else "possible"
    )
    claim = "The database cannot be reached" + (", it is still starting" if says_starting(first) else "")
    links = [cited(first, claim), *ending_links(evidence, first)]
    if skipped:
        links.append(cited(skipped, "The service went on without its migrations"))
    if came:
        claim = "Only afterwards the database is ready" if came.sure else "Further down the database is ready"
        links.append(cited(came.event, claim))
    missing = () if confidence == "certain" else (*_order_wanted(evidence, came), *wanted_state(evidence, first))
    summary = "The service connected while the database was not accepting connections, and gave up too early."
    return _found(confidence, summary, tuple(links), _mends(evidence, first), missing)


def _order_wanted(evidence: Evidence, came: Late | None) -> tuple[str, ...]:
    """Ask for what would show which came first, by what the logs have of it already."""
    if came and came.sure:
        return ()
    if readiness(evidence):
        text = "The service's lines have no times with a zone to set beside the database's: "
        return (f"{text}docker compose logs --timestamps.",)
    return ("The database's log with times would show whether it became ready after the refusal.",)


def _beneath(first: LogEvent, never: LogEvent) -> Finding:
    # The symptom first: beneath a root cause its line is the one that a person is sent to.
    links = (cited(first, "Nobody listens when the service asks"), cited(never, "For the server cannot start"))
    text = "Mend the server first; the service then finds it."
    return _found("possible", "Nobody listens, because the database server cannot start at all.", links,
                  (Mend("text", text, "Waiting for a server that never comes does not help."),))  # fmt: skip


def _from_server_alone(evidence: Evidence) -> Finding | None:
    """Judge a log in which only the server speaks: it turned clients away and never said that it became ready."""
    turned_away = [event for event in seen(evidence, STARTING) if from_server(event)]
    if not turned_away or readiness(evidence) or cannot_start(evidence):
        return None
    link = cited(turned_away[0], "The server turns a client away, it is still starting")
    return _found("possible", "The server is still starting and turns its clients away.", (link,),
                  _mends(evidence, turned_away[0]), ("The client's log would show how it went on.",))  # fmt: skip


def _never_healthy(evidence: Evidence) -> Finding | None:
    """Judge compose's word that it waited in vain for the database's health check; why is not in that line."""
    event = next((one for one in evidence.logs if _UNHEALTHY.search(one.text)), None)
    if event is None or readiness(evidence) or cannot_start(evidence):
        return None
    text = "docker compose logs db; docker inspect --format '{{json .State.Health}}' the container that is named."
    return _found("possible", "Compose waited for the database to become healthy, and it never did.",
                  (cited(event, "The database's health check never succeeds"),),
                  (Mend("text", text, "The server's own log says what keeps it, the check's output whom it asks."),),
                  ("The database's own log: give it with --logs, or --compose.",))  # fmt: skip


def _from_facts(evidence: Evidence) -> Finding | None:
    """Judge the answer that the database gave when it was asked just now."""
    for facts in evidence.databases:
        error = facts.error or ""
        if not facts.reachable and (facts.sqlstate in STARTING.sqlstates or STARTING.pattern.search(error)
                                    or REFUSED.pattern.search(error)):  # fmt: skip
            return _found("possible", "The database does not accept connections at this moment.", (_asked(facts),),
                          _mends(evidence), ("The service's log would show whether it suffers.",))  # fmt: skip
    return None


def _asked(facts: DatabaseFacts) -> Link:
    return Link("The database does not accept connections", facts.id, "a look into the database",
                quote=facts.error or "", command=facts.command)  # fmt: skip


def _found(
    confidence: Confidence,
    summary: str,
    links: tuple[Link, ...],
    mends: tuple[Mend, ...],
    missing: tuple[str, ...] = (),
) -> Finding:
    return Finding(_ID, _TITLE, confidence, summary, links, mends, missing=missing)


def _mends(evidence: Evidence, event: LogEvent | None = None) -> tuple[Mend, ...]:
    why = "Brings the service back now, if the database is ready by now."
    return Mend("command", restart(evidence, app_name(evidence, event)), why), _waiting(evidence), _RETRYING


def _waiting(evidence: Evidence) -> Mend:
    """Return how compose is told to wait, with the services' own names where the file is known."""
    why = "A container that has started is not yet a database that answers."
    for service in (one for file in evidence.compose for one in file.services):
        for needed in service.depends_on:
            if needed.condition == "service_started":
                text = (f"In {service.path or 'compose.yaml'} let {service.name} wait for more than the start of "
                        f"{needed.service}: depends_on: {{{needed.service}: {{condition: service_healthy}}}}, and give "
                        f"{needed.service} a healthcheck (pg_isready -U USER -d NAME).")  # fmt: skip
                return Mend("text", text, why)
    text = (
        "In compose.yaml give the database a healthcheck (pg_isready -U USER -d NAME) and let the service wait for it: "
        f"depends_on: {{{server_name(evidence)}: {{condition: service_healthy}}}}."
    )
    return Mend("text", text, why)


_RETRYING = Mend(
    "text",
    "Let the service try again for some seconds before it gives up, and let a failed migration end the start.",
    "Databases also restart while a service runs; no order of start helps then.",
)

CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The service connected while PostgreSQL was still starting, and gave up.",
    explanation="""\
Containers of a stack start side by side. PostgreSQL needs a moment: a new data directory is initialised first,
and after a crash the server replays its log. Until then the port is closed (`connection refused`), or the server
answers with SQLSTATE `57P03`, "the database system is starting up". `depends_on` without a condition waits for the
*container*, not for the database in it.

On the first start the official image runs a temporary server to initialise the data directory. Its log says
"ready to accept connections" twice; the first time it listens on a Unix socket only, so that connections over the
network are still refused.

A refused connection that is tried again and succeeds is no incident. It becomes one where a program gives up on the
first refusal, or where a start script goes on after its migration step was refused: then the first error one
sees is a missing table. A program in a container that is refused by `localhost` asked its own container: that is a
missing setting, however long one waits.""",
    shows=(
        'connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused',
        "FATAL:  the database system is starting up",
        "ConnectionRefusedError: [Errno 111] Connect call failed ('172.18.0.2', 5432)",
        "the database's log says “database system is ready to accept connections” later than that",
    ),
    check=(
        "docker logs --timestamps db 2>&1 | grep 'ready to accept connections'",
        "docker logs --timestamps app 2>&1 | grep -iE 'refused|starting up'",
        "docker exec db pg_isready",
    ),
    mend=(
        "Now: start the service again; the database is ready by now.",
        "Give the database a healthcheck with `pg_isready` and let the service wait for `condition: service_healthy`.",
        "Let the service retry its first connection for a bounded time, and end with an error afterwards.",
        "Let a start script end when its migration step fails: `set -e`, or `&&`.",
    ),
    prevent=(
        "Start the whole stack from nothing in CI, with an empty volume: that is the slowest start a database has.",
        "Test the service's start with the database coming up five seconds late.",
    ),
    confidence="""\
- **certain**: the service was refused and ended, and the database's log says at a later time that it became ready, or
  shows that it turned clients away while it started, and became ready afterwards.
- **likely**: the service was refused and ended, raised an error, or went on without its migrations; when the
  database became ready is not known.
- **possible**: connections were refused, and nothing shows how it went on; or the server cannot start at all, and this
  hangs beneath the reason for that.

A name that cannot be resolved, a refused password and a missing address are other causes.""",
    find=find,
    explains=("migrations-not-applied", "migration-failed"),
    links=(
        "https://docs.docker.com/compose/how-tos/startup-order/",
        "https://www.postgresql.org/docs/current/app-pg-isready.html",
        "https://www.postgresql.org/docs/current/server-start.html#CLIENT-CONNECTION-PROBLEMS",
    ),
    signs=SIGNS,
)
