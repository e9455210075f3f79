"""The service asked the database before it accepted connections, and did not ask again."""

from incidentlab.causes._evidence import cited, died, ends, later, shortly_before, speaks_of_migrating, works
from incidentlab.causes.migrations._missing_table import name_in
from incidentlab.causes.startup._refused import recovery, refusals, says_starting
from incidentlab.causes.startup._server import cannot_start, readiness
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "database-not-ready"
_TITLE = "The database was not ready when the service asked"


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a refusal, nothing that recovers from it, and a database that came up later."""
    refused = refusals(evidence)
    if not refused or cannot_start(evidence):
        return None
    first, last = refused[0], refused[-1]
    skipped = _skipped_migration(evidence, last)
    settled = None if skipped else _settled(evidence, last)
    if settled:
        return settled
    ready = readiness(evidence)
    if ready and ready.at and first.at and ready.at < first.at:
        why = "The database was ready before the connection was refused: the address or the port is wrong."
        return RuledOut(_ID, _TITLE, why, ready.id)
    return _finding(evidence, first, last, skipped)


def _settled(evidence: Evidence, last: LogEvent) -> RuledOut | None:
    """Return the fact that shows that the service got through after all."""
    after = recovery(evidence, last)
    if after:
        why = f"A refused connection was followed by success at line {after.first_line}: {after.text.strip()[:120]}"
        return RuledOut(_ID, _TITLE, why, after.id)
    fact = works(evidence)
    if fact:
        return RuledOut(
            _ID, _TITLE, f"A connection was refused at first; {fact.claim[0].lower()}{fact.claim[1:]}.", fact.fact
        )
    return None


def _skipped_migration(evidence: Evidence, refusal: LogEvent) -> LogEvent | None:
    """Return the failure that follows when the refused step was the migration, and the service went on without it."""
    if not any(speaks_of_migrating(event) for event in (*shortly_before(evidence, refusal, 6), refusal)):
        return None
    return next((event for event in later(evidence, refusal) if name_in(event)), None)


def _finding(evidence: Evidence, first: LogEvent, last: LogEvent, skipped: LogEvent | None) -> Finding:
    ready, dead = readiness(evidence), died(evidence)
    ended = next((event for event in later(evidence, first) if ends(event)), None)
    late = ready if ready and ready.at and last.at and last.at < ready.at else None
    confidence: Confidence = "likely" if dead or ended or skipped else "possible"
    if late and (dead or ended):
        confidence = "certain"
    links = [
        cited(first, "The database cannot be reached" + (", it is still starting" if says_starting(first) else ""))
    ]
    if ended and ended.id != first.id:
        links.append(cited(ended, "The program gives up"))
    if skipped:
        links.append(cited(skipped, "The service went on without its migrations"))
    if dead:
        links.append(
            Link(
                f"{dead.name} ended with exit code {dead.exit_code}",
                dead.id,
                f"state of {dead.name}",
                quote=f"{dead.status} ({dead.exit_code})",
                command=dead.command,
            )
        )
    if late:
        links.append(cited(late, "Only afterwards the database is ready"))
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary="The service connected while the database was not accepting connections, and gave up too early.",
        evidence=tuple(links),
        mend=_mends(evidence),
        missing=() if confidence == "certain" else _wanted(evidence, late),
    )


def _wanted(evidence: Evidence, late: LogEvent | None) -> tuple[str, ...]:
    wanted = []
    if late is None:
        wanted.append("The database's log with times would show whether it became ready after the refusal.")
    if not evidence.containers:
        wanted.append(
            "The containers' states would show whether the service ended or is still trying: give --container."
        )
    return tuple(wanted)


def _mends(evidence: Evidence) -> tuple[Mend, ...]:
    name = next((one.name for one in evidence.containers if "docker" in one.command and one.id.endswith("app")), "app")
    why = "Brings the service back now, if the database is ready by now."
    return Mend("command", f"docker restart {name}", why), *_LASTING


_LASTING = (
    Mend(
        "text",
        "In compose.yaml give the database a healthcheck (pg_isready -U USER -d NAME) and let the service wait for it: "
        "depends_on: {db: {condition: service_healthy}}.",
        "A container that has started is not yet a database that answers.",
    ),
    Mend(
        "text",
        "Let the service try again for some seconds before it gives up, and let a failed migration end the start.",
        "Databases also restart while a service runs; no order of start helps then.",
    ),
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
sees is a missing table.""",
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
- **certain**: the service was refused and ended, and the database's log says at a later time that it became ready.
- **likely**: the service was refused and ended, or went on without its migrations; when the database became ready is
  not known.
- **possible**: connections were refused, and nothing shows how it went on.

A name that cannot be resolved, a refused password and a server that cannot start at all are other causes.""",
    find=find,
    explains=("migrations-not-applied",),
    links=(
        "https://docs.docker.com/compose/how-tos/startup-order/",
        "https://www.postgresql.org/docs/current/app-pg-isready.html",
        "https://www.postgresql.org/docs/current/server-start.html#CLIENT-CONNECTION-PROBLEMS",
    ),
)
