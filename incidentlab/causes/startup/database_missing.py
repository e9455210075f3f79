"""The server is there and the user is known; the database that was asked for is not."""

from incidentlab.causes._evidence import cited, from_server
from incidentlab.causes.startup import _pooler
from incidentlab.causes.startup._absent import ABSENT, STATE, connections, name_of, named
from incidentlab.causes.startup._commands import by_journal, in_server, plain
from incidentlab.causes.startup._course import NAMELESS, app_name, ending_links, is_over, settled, wanted_state
from incidentlab.causes.startup._holder import refused_by_holder
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent

_ID = "database-missing"
_TITLE = "The database does not exist on the server"
# A file of settings with Windows line ends: drivers show the last character of its values as \\r.
_RETURN = "\\r"
_LINE_ENDS = Mend("command", "grep -lIr --include='*.env' --include='.env*' $'\\r' . | xargs -r sed -i 's/\\r$//'",
                  "Takes the carriage returns out of the files of settings; then start the service again.")  # fmt: skip


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a connection to a database that is not there, and none that succeeds."""
    asked = next((facts for facts in evidence.databases if _is_absent(facts)), None)
    absent = connections(evidence)
    if not absent:
        return _from_facts(evidence, asked) if asked else None
    held = None if asked else refused_by_holder(evidence, absent)
    if held:
        why = (f"The server could not have its port, line {held[0].first_line}, and never listened: the program that "
               "has the port does not have the database.")  # fmt: skip
        return RuledOut(_ID, _TITLE, why, held[0].id)
    what = "A database was asked for that does not exist"
    over = settled(evidence, _ID, _TITLE, absent, what, of_database=True)
    return over or _finding(evidence, absent, asked)


def _is_absent(facts: DatabaseFacts) -> bool:
    return not facts.reachable and (facts.sqlstate == STATE or bool(ABSENT.pattern.search(facts.error or "")))


def _finding(evidence: Evidence, absent: list[LogEvent], asked: DatabaseFacts | None) -> Finding:
    clients = [event for event in absent if not from_server(event)]
    asking = [event for event in clients if not _pooler.own(event)] or clients
    first = asking[0] if asking else absent[0]
    pooled = None if asked else _pooler.unknown(absent)
    name = next((found for event in (*clients, *absent) if (found := name_of(event))), "")
    both = len({from_server(event) for event in absent}) == 2
    sure = (asked is not None and clients) or (both and is_over(evidence, first))
    confidence: Confidence = "certain" if sure else "likely" if clients else "possible"
    claim = f"The database {name} does not exist" if name else "The database does not exist"
    links = [cited(first, f"The pooler knows no database {name}" if pooled else claim)]
    witness = _pooler.own if pooled else from_server
    confirmed = next((event for event in absent if witness(event) and event.id != first.id), None)
    if confirmed:
        links.append(cited(confirmed, f"The {'pooler' if pooled else 'server'}'s own log says so"))
    if asked:
        links.append(_link(asked))
    links += ending_links(evidence, first)
    if pooled:
        return Finding(_ID, _TITLE, confidence, _pooler.summary(pooled), tuple(links), _pooler.mends(evidence, pooled),
                       missing=(_pooler.wanted(pooled), *wanted_state(evidence, first)))  # fmt: skip
    if clients:
        missing = (
            "The server's list of databases would show the name that was meant: psql -l.",
            *wanted_state(evidence),
        )
    else:
        missing = ("The service's log would show whether it is the service that asks, or only a health check.",)
    return _found(confidence, name, tuple(links), _mends(evidence, first, name, asked), () if sure else missing)


def _from_facts(evidence: Evidence, asked: DatabaseFacts) -> Finding:
    name = asked.database or named(ABSENT.pattern.search(asked.error or "")) or ""
    wanted = "The service's log would show whether it asks for the same database."
    return _found("likely", name, (_link(asked),), _mends(evidence, None, name, asked), (wanted,))


def _link(asked: DatabaseFacts) -> Link:
    return Link("Asked for it, the server says that it has none of that name", asked.id, "a look into the database",
                quote=asked.error or "", command=asked.command)  # fmt: skip


def _found(
    confidence: Confidence, name: str, links: tuple[Link, ...], mends: tuple[Mend, ...], missing: tuple[str, ...]
) -> Finding:
    named = f"database {name}" if name else "database that is asked for"
    summary = f"The server answers, and has no {named}."
    if name.endswith(_RETURN):
        plainly = name.removesuffix(_RETURN)
        summary = f"The name that is asked for is not {plainly} alone: a carriage return (\\r) stands at its end."
    return Finding(_ID, _TITLE, confidence, summary, links, mends, missing=missing)


def _mends(evidence: Evidence, event: LogEvent | None, name: str, asked: DatabaseFacts | None) -> tuple[Mend, ...]:
    if name.endswith(_RETURN):
        return (_LINE_ENDS,)
    shown = plain(name, "DATABASE")
    who = app_name(evidence, event)
    who = "the service" if who == NAMELESS else who
    there = f" The server has: {', '.join(asked.databases[:8])}." if asked and asked.databases else ""
    return (
        Mend("command", in_server(evidence, "psql -d postgres -l"), "Shows the databases that there are."),
        Mend("command", in_server(evidence, f"createdb {shown}"), "Creates it, empty; the migrations come next."),
        Mend("text", f"Or let {who} use the database that exists.{there}", "" if by_journal(evidence) else
             "POSTGRES_DB creates a database on an empty volume only; without it, one is named like POSTGRES_USER."),
    )  # fmt: skip


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The name in the service's configuration is not that of a database on this server.",
    explanation="""\
A server holds many databases, and a connection names one. The image of PostgreSQL creates `POSTGRES_DB` when it
initialises an empty data directory, and only then; without that variable it creates one named like `POSTGRES_USER`.
A volume from an earlier start therefore keeps the earlier name, and a server that one installed has `postgres` alone.

A client that is not told which database it wants asks for one named like its user. Health checks do:
`pg_isready -U app` and `psql -U app` ask for `app`, and the server notes `database "app" does not exist` every few
seconds while the service works with another. That is untidy and no incident.""",
    shows=(
        'FATAL:  database "app" does not exist',
        "asyncpg.exceptions.InvalidCatalogNameError: database \"app\" does not exist",
        "Error: P1003: Database `app` does not exist on the database server at `db:5432`",
        "SQLSTATE 3D000 in any client",
    ),
    check=(
        "docker exec db psql -U postgres -l",
        "docker exec app env | grep -E '^(DATABASE_URL|DB_|PG|POSTGRES_)'",
        "docker inspect db --format '{{json .Config.Healthcheck}}'",
    ),
    mend=(
        "Compare the name in the service's configuration with `psql -l`; mend the one that is wrong.",
        "Create it: `createdb app`, then apply the migrations.",
        "On a volume that may go: set `POSTGRES_DB`, remove the volume, start again.",
    ),
    prevent=(
        "Set `POSTGRES_DB` and the service's database name from one variable.",
        "Give health checks the database: `pg_isready -U app -d app`.",
    ),
    confidence="""\
- **certain**: a client and the server both say so and the client ended, or the database was asked for and refused too.
- **likely**: a client says so, or the database was asked for and refused.
- **possible**: only the server says so, as it does for a health check that asks for the wrong name.""",
    find=find,
    explains=("migrations-not-applied", "migration-failed"),
    links=(
        "https://www.postgresql.org/docs/current/manage-ag-createdb.html",
        "https://www.postgresql.org/docs/current/app-pg-isready.html",
        "https://hub.docker.com/_/postgres",
    ),
    signs=(ABSENT,),
)  # fmt: skip
