"""A migration waits for a lock that somebody else holds."""

from incidentlab.causes._evidence import cited, is_after, later, query
from incidentlab.causes.migrations import _tool_locks
from incidentlab.causes.migrations._account import (
    applied_since,
    command,
    ending,
    leading,
    over,
    words,
)
from incidentlab.causes.migrations._course import Step, course
from incidentlab.causes.migrations._graph import database_of, pending, project_of, unknown
from incidentlab.causes.migrations._locks import (
    HOLDER,
    TIMEOUT,
    TOOL_LOCK,
    WAITS,
    is_acquired,
    is_definition,
    waits_for_rows,
)
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._steps import GAVE_UP
from incidentlab.model.cause import Cause
from incidentlab.model.database import LockWait
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent

_ID = "migration-blocked-by-lock"
_WAITS = (
    "SELECT pid, pg_blocking_pids(pid) AS waits_for, state, now() - xact_start AS age, left(query, 60) AS query "
    "FROM pg_stat_activity WHERE datname = current_database() ORDER BY xact_start"
)
_TITLE = "A migration waits for a lock"


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the database shows the wait, the log tells of it, or a step never comes back."""
    seen = _waits(evidence)
    if seen:
        return _from_database(evidence, *seen)
    told = troubles(evidence, "lock")
    if not told:
        return _hanging(evidence)
    since = applied_since(evidence, told) or _acquired(evidence, told)
    if since:
        return over(_ID, _TITLE, "A migration waited for a lock", since)
    return _through_after_all(evidence) or _finding(evidence, told)


def _through_after_all(evidence: Evidence) -> RuledOut | None:
    """Return that nothing is left to wait for: a migration that gave up its lock and tried again leaves its words.

    They are often the server's alone, whose log never says that the next attempt was the good one.
    """
    project, database = project_of(evidence), database_of(evidence)
    if not project or not database or not database.revisions:
        return None
    if unknown(project, database.revisions) or pending(project, database.revisions):
        return None
    at = ", ".join(database.revisions)
    why = f"A migration waited for a lock; the database is at the code's head now, revision {at}."
    return RuledOut(_ID, _TITLE, why, database.id)


def _finding(evidence: Evidence, told: tuple[Trouble, ...]) -> Finding:
    named = [one for one in told if one.name]
    lead = named[0] if named else leading(told)
    holder = next((event for event in evidence.logs if HOLDER.pattern.search(event.text)), None)
    refused = next(
        (one for one in told if TIMEOUT.pattern.search(one.event.text) or one.event.sqlstate == "55P03"), None
    )
    step = next((one.step for one in told if one.step and one.step.name), None)
    sure = bool(lead.name and (holder or refused)) or bool(refused and step)
    confidence: Confidence = "possible" if lead.announced else "certain" if sure else "likely"
    links = [cited(step.event, "The step begins")] if step else []
    own = None if lead.name else _tool_locks.lock_of(lead.event)
    data = None if lead.name or own else next((event for event in evidence.logs if waits_for_rows(event)), None)
    who = "The tool waits for its own lock" if own else "A statement" if data else "A definition"
    who += "" if own else " waits for a lock"
    if data and data.id != lead.event.id:
        links.append(cited(data, f"By the server: {waits_for_rows(data)[:120]}"))
    links.append(cited(lead.event, f"{who}, or gave up waiting"))
    if holder and holder.id != lead.event.id:
        links.append(cited(holder, "A session has left its transaction open, and holds its locks"))
    what = f"`{lead.name[:120]}`" if lead.name else "A migration"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_tool_locks.summary(own, [one.event for one in told])
        if own
        else _summary(what, waits_for_rows(data) if data else ""),
        evidence=(*links, *ending(evidence, lead)),
        mend=_tool_locks.mends(own, evidence) if own else _mends(None, data=data is not None, step=step is not None),
        missing=() if confidence == "certain" else (_tool_locks.wanted(own),) if own else _WANTED,
    )


def _summary(what: str, data: str) -> str:
    if data:
        return f"`{data[:120]}` waits for rows that another session has locked, and lock_timeout ends it."
    return f"{what} needs its table for itself alone, and another session does not let go of it."


_WANTED = ("Who waits for whom, while it lasts: give --database-url; afterwards, the database's log (log_lock_waits).",)


def _waits(evidence: Evidence) -> tuple[DatabaseFacts, LockWait] | None:
    for database in evidence.databases:
        for wait in database.locks:
            if is_definition(wait.blocked_query):
                return database, wait
    return None


def _from_database(evidence: Evidence, database: DatabaseFacts, wait: LockWait) -> Finding:
    place = f"database {database.database or database.id}"
    waited = f" for {wait.waited:.0f} s" if wait.waited is not None else ""
    age = f", its transaction {wait.blocker_age:.0f} s old" if wait.blocker_age is not None else ""
    on = f" on {wait.relation}" if wait.relation else ""
    told = troubles(evidence, "lock")
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="certain",
        summary=f"The migration's statement waits{waited} for a lock{on} that session {wait.blocker} holds "
        f"({wait.blocker_state}{age}).",
        evidence=(
            *(cited(one.event, "The log tells of it") for one in told[:1]),
            Link(
                f"Session {wait.blocked} waits{waited}{on}",
                database.id,
                place,
                quote=wait.blocked_query,
                command=query(database, _WAITS),
            ),
            Link(
                f"Session {wait.blocker} holds the lock: {wait.blocker_state}{age}",
                database.id,
                place,
                quote=wait.blocker_query,
            ),
            *_queue(database, wait, place),
        ),
        mend=_mends(wait),
    )


def _queue(database: DatabaseFacts, wait: LockWait, place: str) -> tuple[Link, ...]:
    """Return the proof that others stand behind the statement that waits: by them people notice it."""
    behind = {one.blocked: one for one in database.locks if one.blocker == wait.blocked}
    if not behind:
        return ()
    who = "One session waits" if len(behind) == 1 else f"{len(behind)} sessions wait"
    first = next(iter(behind.values()))
    return (Link(f"{who} behind session {wait.blocked}", database.id, place, quote=first.blocked_query),)


def _acquired(evidence: Evidence, told: tuple[Trouble, ...]) -> LogEvent | None:
    last = told[-1].event
    return next((event for event in evidence.logs if is_acquired(event) and is_after(event, last)), None)


def _hanging(evidence: Evidence) -> Finding | None:
    """Return the finding that a step began, nothing came of it, and something gave up on it; why is a guess then."""
    step = _open_step(evidence)
    if step is None or troubles(evidence):
        return None
    given_up = next((event for event in later(evidence, step.event) if GAVE_UP.search(event.text)), None)
    if given_up is None:
        return None
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="possible",
        summary=f"The step {step.name} began and never came back; a lock on its table is the usual reason.",
        evidence=(cited(step.event, "The step begins"), cited(given_up, "It is given up, with no word from it")),
        mend=_mends(None),
        missing=_WANTED,
    )


def _open_step(evidence: Evidence) -> Step | None:
    known = course(evidence.logs)
    last = known.begun[-1] if known.begun else None
    return last if last and not any(is_after(event, last.event) for event in known.done) else None


def _mends(wait: LockWait | None, *, data: bool = False, step: bool = False) -> tuple[Mend, ...]:
    look = command(
        'psql "$DATABASE_URL" -c "SELECT pid, pg_blocking_pids(pid) AS waits_for, state, now() - xact_start AS age, '
        'left(query, 80) AS query FROM pg_stat_activity WHERE datname = current_database() ORDER BY xact_start"',
        "Names who holds the lock and for how long.",
    )
    pid = wait.blocker if wait else "PID"
    end = command(
        f'psql "$DATABASE_URL" -c "SELECT pg_terminate_backend({pid})"',
        "Ends that session and takes its transaction back; only when you know what it is.",
    )
    lasting = words(
        "Let the migration give up early and try again: SET lock_timeout = '5s' at its beginning; close "
        "transactions in "
        "the application, or set idle_in_transaction_session_timeout.",
        "A waiting ALTER TABLE also holds up every reader that comes after it.",
    )
    if data and not step:
        lasting = words(
            "Keep transactions short, take rows in one order, and try again what lock_timeout refuses.",
            "A transaction that waits for somebody else keeps the rows that it has all the while.",
        )
    elif data:
        lasting = words(
            "Let the migration write in small batches, each in a transaction of its own, and try again those that are "
            "refused.",
            "What it has written stays locked until its transaction ends, and it waits for whoever wrote before.",
        )
    return (end, lasting) if wait else (look, end, lasting)


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="A migration wants a table for itself alone, and an open transaction does not let go of it.",
    explanation="""\
Most changes of a table take an `ACCESS EXCLUSIVE` lock: for a moment nobody else may read or write it. The change
waits until every transaction that has touched the table ends. A transaction that was left open (*idle in
transaction*), a report that runs for an hour, a dump, an old replica of the service: any of them is enough.

While it waits it stands in a queue, and whoever comes after it waits too, also plain reads. So one forgotten
session and one harmless `ADD COLUMN` stop a whole service.

Without `lock_timeout` it waits for ever: the log ends with "Running upgrade", and the deployment's patience ends
it. With it the statement fails with SQLSTATE `55P03`.

Some tools take a lock of their own first, an advisory lock or a row in a table. A migration that was killed can
leave such a row behind (Knex, Liquibase); an advisory lock goes with its session. No table is held there, and
of such a row `lock_timeout` and `log_lock_waits` know nothing.""",
    shows=(
        "canceling statement due to lock timeout, in a migration",
        "process 91 still waiting for AccessExclusiveLock on relation …; “ALTER TABLE waiting” in ps",
        "pg_stat_activity: one session idle in transaction, another active with wait_event_type Lock and an "
        "ALTER TABLE",
        "Timed out trying to acquire a postgres advisory lock; Migration table is already locked; Waiting for "
        "changelog "
        "lock",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SELECT pid, pg_blocking_pids(pid), state, wait_event_type, left(query, 80) '
        'FROM pg_stat_activity"',
        "docker logs db 2>&1 | grep -A 3 'still waiting'",
    ),
    mend=(
        "Find who holds the lock (`pg_blocking_pids`), and end that session if it is a forgotten one.",
        "Stop the migration if it holds up the service: `SELECT pg_cancel_backend(PID)`; nothing of it is kept.",
        "Apply it again with `SET lock_timeout = '5s'`, and repeat until a quiet moment lets it through.",
    ),
    prevent=(
        "Set `lock_timeout` for the role that migrates, and `idle_in_transaction_session_timeout` for the one "
        "that serves.",
        "Keep transactions short: no network call and no user between BEGIN and COMMIT.",
        "Create indexes with CONCURRENTLY, add constraints as NOT VALID and validate them afterwards.",
        "Do not deploy while the dump runs.",
    ),
    confidence="""\
- **certain**: the database shows a definition that waits and the session it waits for; or the log names the
  definition and either its holder or its lock timeout.
- **likely**: the log tells of a lock that a migration or its tool did not get.
- **possible**: a step began, never came back and was given up; or a statement ran into lock_timeout and it is not
  known whether a migration's.""",
    find=find,
    explains=("migrations-not-applied", "migrations-behind", "migration-failed", "statement-timeout"),
    links=(
        "https://www.postgresql.org/docs/current/explicit-locking.html",
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT",
    ),
    signs=(TIMEOUT, WAITS, TOOL_LOCK, HOLDER),
)
