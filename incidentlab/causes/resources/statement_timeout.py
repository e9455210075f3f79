"""A statement, or an idle transaction, took longer than it may, and was cancelled."""

import re

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import match, shows, speaks_of_migrating
from incidentlab.causes._settling import tried_again
from incidentlab.causes._toolbox import Tool, tool_of
from incidentlab.causes.resources._timeouts import BY_CLIENT, BY_SERVER, another_reason
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence

_ID = "statement-timeout"
_TITLE = "A statement took longer than it may"
_SIGNS = (BY_SERVER, BY_CLIENT)
_IDLE = re.compile(r"\bidle-in-transaction timeout\b|\bIdleInTransactionSessionTimeout\b")
_TABLE = re.compile(
    r"\b(?:FROM|UPDATE|INTO|TABLE|INDEX .{1,80}? ON) {1,4}(?:ONLY )?(?P<name>[\w.\"]{1,130})", re.IGNORECASE
)
_UNLIMITED = ("", "0", "0ms")
# Tools whose driver is libpq, or reads its variable PGOPTIONS as libpq does (node-postgres, lib/pq, Npgsql).
_BY_LIBPQ = frozenset(
    {"alembic", "flask", "airflow", "superset", "django", "rails", "laravel", "knex", "typeorm", "sequelize", "dbmate",
     "ef"}
)  # fmt: skip


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a statement was cancelled for its time, and not done again with success."""
    account = hear(evidence, _SIGNS, another_reason)
    if account is None:
        return None
    settled = tried_again(evidence, account)
    if settled:
        why = f"A cancelled statement was tried again; {settled.claim[0].lower()}{settled.claim[1:]}."
        return RuledOut(_ID, _TITLE, why, settled.fact)
    limit = _limit(evidence)
    confidence = _confidence(evidence, account, limit)
    wanted = "The statement and its plan: log_min_duration_statement, and EXPLAIN (ANALYZE, BUFFERS) of it."
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account),
        evidence=(*chain(account, _claim(account)), *limit),
        mend=_mends(evidence, account),
        missing=() if confidence == "certain" else (wanted,),
    )


def _confidence(evidence: Evidence, account: Account, limit: tuple[Link, ...]) -> Confidence:
    by_server = any(match(event, BY_SERVER) for event in account.events)
    # A migration's statement may have waited for a lock all the time; that would be another cause.
    waited = any(database.locks for database in evidence.databases) or any(map(speaks_of_migrating, evidence.logs))
    if by_server and not waited and (limit or (account.by_server and account.by_client)):
        return "certain"
    return "likely" if any(shows(event, BY_SERVER) for event in account.events) or account.facts else "possible"


def _limit(evidence: Evidence) -> tuple[Link, ...]:
    """Return the limit that the server has set, where a look into the database found one."""
    for database in evidence.databases:
        value = database.settings.get("statement_timeout", "")
        if value not in _UNLIMITED:
            name = f"database {database.database or database.id}"
            quote = f"statement_timeout = {value}"
            return (Link(f"The server allows {value} for a statement", database.id, name, quote=quote,
                         command=database.command),)  # fmt: skip
    return ()


def _claim(account: Account) -> str:
    return "An idle transaction is ended" if _IDLE.search(account.text) else "A statement is cancelled for its time"


def _table(account: Account) -> str:
    for event in account.events:
        found = _TABLE.search(event.sql or "")
        if found:
            return found["name"].replace('"', "")
    return ""


def _summary(account: Account) -> str:
    if _IDLE.search(account.text):
        return "A transaction stood open without a statement for longer than the server allows, and was ended."
    table = _table(account)
    return f"A statement{f' on {table}' if table else ''} ran, or waited, for longer than the time it is given."


def _mends(evidence: Evidence, account: Account) -> tuple[Mend, ...]:
    if _IDLE.search(account.text):
        return (
            Mend("text", "Commit or roll back before waiting for anything that is not the database.",
                 "Calls to other services inside a transaction are the usual reason."),
        )  # fmt: skip
    look = Mend(
        "command",
        'psql "$DATABASE_URL" -c "SELECT pid, now() - query_start AS took, wait_event_type, left(query, 80) '
        "FROM pg_stat_activity WHERE state = 'active' ORDER BY took DESC\"",
        "A statement that waits for a lock (wait_event_type Lock) is slow for another reason than one that reads much.",
    )
    plan = Mend("text", f"Read the plan of the statement{f' on {_table(account)}' if _table(account) else ''} with "
                "EXPLAIN (ANALYZE, BUFFERS), and add the index it wants.")  # fmt: skip
    if any(speaks_of_migrating(event) for event in evidence.logs):
        return (
            _unlimited(tool_of(evidence)), look, plan,
        )  # fmt: skip
    return look, plan, Mend("text", "Only then allow this statement more: SET LOCAL statement_timeout = '60s'.")


def _unlimited(tool: Tool) -> Mend:
    """Return how the tool's own sessions get no limit; where its driver does not read PGOPTIONS, the role's is set."""
    why = "A migration needs its time, but must not queue for a lock before everybody else."
    if tool.name in _BY_LIBPQ:
        return Mend("command", f"PGOPTIONS='-c statement_timeout=0 -c lock_timeout=5s' {tool.apply}", why)
    role = "ALTER ROLE MIGRATOR SET statement_timeout = 0; ALTER ROLE MIGRATOR SET lock_timeout = '5s'"
    return Mend("text", f"Give the role that migrates no limit of time, and a short one for locks: {role}.", why)


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="A statement ran longer than statement_timeout, or the driver's own limit, allows, and was cancelled.",
    explanation="""\
`statement_timeout` ends a statement after a given time with SQLSTATE `57014`. It is set for the server, a role, a
database, a session, or in the URL (`options=-c statement_timeout=…`); managed services set one by themselves.
Drivers have limits of their own (node-postgres' `query_timeout`, Npgsql's command time-out, DBConnection's
`:timeout`), which leave the statement running in the server.

The time counts waiting too: a statement that waits for a lock is cancelled as one that reads too much. `canceling
statement due to lock timeout` and `… due to user request` are other things: the first is about locks alone, the
second is somebody's cancel.

`idle-in-transaction timeout` ends a session that began a transaction and then did nothing.""",
    shows=(
        "ERROR:  canceling statement due to statement timeout",
        "psycopg2.errors.QueryCanceled: canceling statement due to statement timeout",
        "asyncpg.exceptions.QueryCanceledError, PG::QueryCanceled, SQLSTATE 57014",
        "FATAL:  terminating connection due to idle-in-transaction timeout",
        "Error: Query read timeout",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SHOW statement_timeout"',
        'psql "$DATABASE_URL" -c "SELECT rolname, rolconfig FROM pg_roles WHERE rolconfig IS NOT NULL"',
        "docker logs db 2>&1 | grep -A 1 'statement timeout'",
    ),
    mend=(
        "Find out whether the statement waits or works: `wait_event_type` in `pg_stat_activity`.",
        "Read its plan with `EXPLAIN (ANALYZE, BUFFERS)`; add the index, read fewer rows, work in batches.",
        "For a migration: `statement_timeout = 0` with a short `lock_timeout`, in its own session.",
        "Raise the limit for this one statement: `SET LOCAL statement_timeout`.",
    ),
    prevent=(
        "Set `log_min_duration_statement`, and look at `pg_stat_statements` before users do.",
        "Test heavy queries against a copy of production's size.",
    ),
    confidence="""\
- **certain**: the server's log and a client both say so, or a client does and the limit was read from the database.
- **likely**: one of them says "statement timeout" or "idle-in-transaction timeout", or it was a migration's statement.
- **possible**: only a driver's or a pooler's own limit shows.""",
    find=find,
    explains=("migration-failed",),
    links=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT",
        "https://www.postgresql.org/docs/current/using-explain.html",
    ),
    signs=_SIGNS,
)
