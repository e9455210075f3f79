"""Connections to PostgreSQL that were refused because nobody, or not yet anybody, was listening."""

import re

from incidentlab.causes._evidence import from_server, match, said
from incidentlab.causes._server import cannot_start
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import Evidence, LogEvent

# libpq's fe-connect.c, PostgreSQL's postmaster (errcode 57P03), asyncio ("Connect call failed"), Go, Node, JDBC,
# Prisma, Npgsql, Postgrex, wait-for-it. In Kubernetes a service without an endpoint answers that there is no route.
# Where they do not name PostgreSQL, something else in the event has to.
STARTING = Sign(
    name="starting-up",
    pattern=re.compile(
        r"the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections"
        r"|not accepting connections)"
    ),
    literals=("the database system is ",),
    examples=(
        "FATAL:  the database system is starting up",
        "asyncpg.exceptions.CannotConnectNowError: the database system is not yet accepting connections",
        "pq: the database system is shutting down",
    ),
    sqlstates=frozenset({"57P03"}),
)
REFUSED = Sign(
    name="connection-refused",
    pattern=re.compile(
        r"[Cc]onnection refused|ECONNREFUSED|econnrefused|Connect call failed"
        r"|EHOSTUNREACH|ehostunreach|connect: no route to host|could not connect to server: (?!FATAL)"
        r"|Can't reach database server|server closed the connection unexpectedly|refused\. Check that the hostname"
        r"|timeout occurred after waiting \d{1,6} seconds for|[Cc]onnection timeout expired"
        r"|port \d{1,5} failed: (?:Connection timed out|Operation timed out|timeout expired|No route to host)"
        r"|on socket \"[^\"]{1,200}\" failed: No such file or directory"
        r"|\bPostgres(?:QL)?\b.{0,40} (?:never became|did not become|is not) (?:available|ready)"
    ),
    literals=(
        "onnection refused", "ECONNREFUSED", "econnrefused", "EHOSTUNREACH", "ehostunreach", "no route to host",
        "Connect call failed", "could not connect to server",
        "Can't reach database server", "server closed the connection unexpectedly", "Check that the hostname",
        "timeout occurred after waiting", "onnection timeout expired", "failed: Connection timed out",
        "failed: Operation timed out", "failed: timeout expired", "failed: No route to host",
        "failed: No such file or directory", "never became", "did not become", "is not ",
    ),
    examples=(
        'connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused',
        "psql: error: could not connect to server: Connection refused",
        "OSError: [Errno 111] Connect call failed ('172.18.0.2', 5432)",
        "dial tcp 172.29.0.2:5432: connect: connection refused",
        "Error: connect ECONNREFUSED 172.18.0.2:5432",
        "Error: connect EHOSTUNREACH 10.105.4.10:5432",
        "dial tcp 10.0.0.7:5432: connect: no route to host",
        "org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are "
        "correct",
        "Error: P1001: Can't reach database server at `db:5432`",
        "** (DBConnection.ConnectionError) tcp connect (db:5432): connection refused - :econnrefused",
        "wait-for-it.sh: timeout occurred after waiting 15 seconds for db:5432",
        "psycopg.errors.ConnectionTimeout: connection timeout expired",
        'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory',
        "server closed the connection unexpectedly",
        "Postgres did not become ready in time",
    ),
)  # fmt: skip
SIGNS = (STARTING, REFUSED)

_POSTGRES = re.compile(
    r"\b5432\b|\bpostgres|\bpsycopg|\basyncpg|\bpg8000|\bpsql\b|\bpq:|\bdatabase\b|\bdjango\.db\b|\bPG::|\bPSQLException\b"
    r"|\bPGSQL\b|\bDBConnection\b|\bNpgsql|\bdb:\d|\bcould not connect to server\b",
    re.IGNORECASE,
)
# Other troubles of a connection, each a cause of its own, and other servers.
_OTHERWISE = re.compile(
    r"\btranslate host name\b|\bname resolution\b|\bName or service not known\b|\bno such host\b"
    r"|\bgetaddrinfo\b|\bENOTFOUND\b|\bnxdomain\b|\bUnknownHostException\b|\bfailed to resolve host\b"
    r"|\bpassword authentication failed\b|\brole \\?\"[^\"]{1,200}\" does not exist\b|\bno pg_hba\.conf entry\b"
    r"|\btoo many (?:clients|connections)\b|\bSSL\b|\bNo space left\b|\bdatabase \\?\"[^\"]{1,200}\" does not exist\b"
    r"|\b(?:redis|rabbitmq|amqp|kombu|mysql|mariadb|mongo|elasticsearch|kafka|memcached?|minio|celery)\b.{0,80}"
    r"(?i:refused|:6379|:5672|:3306|:27017|:9200|:9092|:11211|:9000)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\"(?P<name>localhost|127\.0\.0\.1|::1)\"|(?P<plain>\b127\.0\.0\.1\b|\blocalhost(?=[:\"' `])|\[::1\]"
    r"|(?<![\w:])::1(?=[:'\" ]))"
    r"|(?P<socket>\.s\.PGSQL\.\d{2,5}|Unix domain socket)"
)
_HOST_LIST = re.compile(r"\b5432\b|\bport \d|:\d{2,5}\b|, \d{2,5}\)|PGSQL|Unix domain socket|\bhost \"")
_HINT_WITHIN = 3  # events of the same program
_HINT = re.compile(r"Is the server running|TCP/IP connections on port|connections on Unix domain socket")
_IN_CONTAINER = re.compile(r"\bdocker(?:-| )compose\b.{0,80}\b(?:run|exec)\b|\bdocker (?:run|exec)\b")
_ON_A_HOST = re.compile(r"\b[\w@\-]{1,80}\.service: |^(?:Start(?:ed|ing)|Stopp(?:ed|ing)) \S")  # in systemd's own lines
_UNIT = re.compile(r"postgres(?:ql)?(?:@[\w\-]{1,40})?")
_STARTING_SERVER = re.compile(r"\bdatabase system is ready\b|\blistening on IPv|\bstarting PostgreSQL\b")


def refusals(evidence: Evidence) -> tuple[LogEvent, ...]:
    """Return the clients' events in which PostgreSQL refused or was not there; the server's own lines are left out."""
    return tuple(event for event in evidence.logs if not from_server(event) and is_refusal(event))


def is_refusal(event: LogEvent) -> bool:
    """Whether an event says that PostgreSQL could not be reached although its name was known."""
    text = said(event)
    if says_starting(event):
        return not _OTHERWISE.search(text)
    if match(event, REFUSED) is None or _OTHERWISE.search(text):
        return False
    if event.severity in ("debug",) or " - no response" in text:
        return False
    return bool(_POSTGRES.search(f"{text} {' '.join(event.packages)}"))


def says_starting(event: LogEvent) -> bool:
    """Whether the server itself said that it is still starting, or not there for the moment."""
    return event.sqlstate in STARTING.sqlstates or match(event, STARTING) is not None


def by_place(evidence: Evidence) -> tuple[tuple[LogEvent, ...], tuple[LogEvent, ...]]:
    """Return the refusals that speak of a database that is late, and those of programs that asked in the wrong place.

    A program in a container that is refused by ``localhost`` asked its own container for a database that lives in
    another. Its address is a setting that nobody made: most programs fall back to ``localhost``. Where the server
    speaks in the same place (an image with everything in one, a machine's journal), systemd runs the program, or
    nothing shows a container, it may only be late.
    """
    refused = refusals(evidence)
    hints = _hints(evidence, refused) if refused else {}
    contained = {event.source for event in evidence.logs if _IN_CONTAINER.search(event.text)} if refused else set()
    servers = {(one.source, one.service) for one in evidence.logs if _STARTING_SERVER.search(one.text)}
    hosts = {one.source for one in evidence.logs if one.service == "systemd" and _ON_A_HOST.search(one.text)}
    # A machine's journal calls its server so; while that cannot start, its own machine refuses what it should.
    down = cannot_start(evidence) if refused else None
    if down and _UNIT.fullmatch(down.service):
        hosts.add(down.source)
    astray = tuple(
        event
        for event in refused
        if (event.service or evidence.compose or event.source in contained)
        and (event.source, event.service) not in servers
        and event.source not in hosts
        and not says_starting(event)
        and _is_local(event, hints.get(event.id, ""))
    )
    known = {event.id for event in astray}
    return tuple(event for event in refused if event.id not in known), astray


def _is_local(event: LogEvent, hint: str) -> bool:
    """Whether the refused address is the program's own machine: ``localhost``, a loopback address, a Unix socket."""
    texts = "\n".join((said(event), *(text for _, text in event.key_lines), hint))
    return bool(_HOST_LIST.search(texts) and _ADDRESS.search(texts))


def _hints(evidence: Evidence, refused: tuple[LogEvent, ...]) -> dict[str, str]:
    """Return event id → what its program said right after it, where older libpq names the host only then."""
    wanted = {event.id for event in refused}
    last: dict[tuple[str, str], tuple[str, int]] = {}
    hints: dict[str, str] = {}
    for event in evidence.logs:
        who = (event.source, event.service)
        asked, since = last.get(who, ("", 0))
        if asked and since < _HINT_WITHIN and _HINT.search(event.text):
            hints[asked] = f"{hints.get(asked, '')}\n{event.text}"
        last[who] = (event.id, 0) if event.id in wanted else (asked, since + 1)
    return hints
