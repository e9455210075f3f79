"""Two transactions wait for each other's locks, and the server ends one of them."""

import re

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import speaks_of_migrating
from incidentlab.causes._other_products import names_postgres, of_another_product
from incidentlab.causes._settling import tried_again
from incidentlab.causes.resources._circle import against_traffic, between_definitions, index, relation, statements
from incidentlab.model.cause import Cause, Sign
from incidentlab.model.diagnosis import Confidence, Finding, Mend, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "deadlock"
_TITLE = "Two transactions deadlock"
# PostgreSQL's deadlock.c and proc.c; drivers have the SQLSTATE or its name.
DETECTED = Sign(
    "deadlock-detected",
    re.compile(
        r"\bdeadlock detected\b|\bdetected deadlock while waiting for\b|\bDeadlockDetected(?:Error)?\b|\b40P01\b"
    ),
    ("deadlock detected", "detected deadlock while waiting for", "DeadlockDetected", "40P01"),
    (
        "ERROR:  deadlock detected",
        "LOG:  process 2649175 detected deadlock while waiting for ShareLock on transaction 4169405556 after "
        "1000.051 ms",
        "psycopg2.errors.DeadlockDetected: deadlock detected",
        "asyncpg.exceptions.DeadlockDetectedError: deadlock detected",
        "error: deadlock detected { code: '40P01', routine: 'DeadLockReport' }",
    ),
    frozenset({"40P01"}),
)
# Go's runtime and its checkers of locks, thread pools, Oracle: they suspect, or say between whom.
_OF_THREADS = re.compile(
    r"\ball goroutines are asleep\b|\b(?:potential|possible|suspected|false|self-?) ?deadlock\b"
    r"|\bdeadlock detected(?: (?:by|between|among|while waiting for resource)\b|: (?:all|thread|task|worker)s?\b)",
    re.IGNORECASE,
)
_BOOTSTRAPPING = re.compile(
    r"\bbootstrapp?|\bcreate_all\b|\binit(?:ialis|ializ)ing (?:the )?(?:schema|database)\b|\bsync(?:ing)? schema\b"
)


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the server broke a deadlock, and the victim was not tried again with success."""
    account = hear(evidence, (DETECTED,), _of_other_locks)
    if account is None:
        return None
    settled = tried_again(evidence, account)
    if settled:
        why = f"A deadlock was broken and its victim tried again; {settled.claim[0].lower()}{settled.claim[1:]}."
        return RuledOut(_ID, _TITLE, why, settled.fact)
    defining = _between_definitions(evidence, account)
    confidence = _confidence(account, defining)
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account, defining),
        evidence=chain(account, "The server breaks a deadlock"),
        mend=_mends(account, defining),
        missing=() if confidence == "certain" else _wanted(account, defining),
    )


def _confidence(account: Account, defining: bool) -> Confidence:
    if defining:
        return "likely" if against_traffic(account) else "possible"
    both = account.by_server and account.by_client
    return "certain" if both and statements(account) and not between_definitions(account) else "likely"


def _of_other_locks(event: LogEvent) -> bool:
    """Whether the circle is one of threads or of another database; PostgreSQL's message ends with the two words."""
    return of_another_product(event) or (bool(_OF_THREADS.search(event.text)) and not names_postgres(event))


def _between_definitions(evidence: Evidence, account: Account) -> bool:
    """Whether tables are being defined meanwhile: several that migrate at once deadlock as a consequence."""
    migrating = any(speaks_of_migrating(event) or _BOOTSTRAPPING.search(event.text) for event in evidence.logs)
    return migrating and between_definitions(account)


def _summary(account: Account, defining: bool) -> str:
    if defining and against_traffic(account):
        return (
            "A change of the schema and the running service took the same tables' locks in a different order; the "
            "server ended one of them."
        )
    name = relation(account)
    keys = index(account)
    if keys:
        return f"Two transactions put the same keys into {keys} in a different order; the server ended one of them."
    where = f" on rows of {name}" if name else ""
    return f"Two transactions took the same locks{where} in a different order; the server ended one of them."


def _wanted(account: Account, defining: bool) -> tuple[str, ...]:
    wanted = []
    if not statements(account):
        wanted.append("The server's log names both statements: give the database's log.")
    if defining and not against_traffic(account):
        wanted.append("Whether several replicas migrate at once: give the logs of all of them.")
    return tuple(wanted)


def _mends(account: Account, defining: bool) -> tuple[Mend, ...]:
    if defining and against_traffic(account):
        return (
            Mend("text", "Apply the migration again, at a calmer hour.",
                 "The victim was rolled back whole; nothing is half done."),
            Mend("text", "Let it give up early and try again: SET lock_timeout = '5s' at its beginning.",
                 "A change that waits for a lock holds up everybody who comes after it."),
            Mend("text", "Change one table per transaction, or lock all of them first, in the order in which the "
                 "service uses them: LOCK TABLE … .",
                 "Without a circle there is no deadlock."),
        )  # fmt: skip
    if defining:
        return (
            Mend("text", "Let one process apply the schema before the others start, or take an advisory lock first: "
                 "SELECT pg_advisory_lock(1).", "Definitions of several starting replicas wait for each other."),
        )  # fmt: skip
    return (
        Mend("text", "Try the transaction again from its beginning when SQLSTATE 40P01 comes.",
             "The victim was rolled back whole; nothing is half done."),
        _in_one_order(account),
        Mend("text", "Keep transactions short, and do one table's work in the same order everywhere."),
    )  # fmt: skip


def _in_one_order(account: Account) -> Mend:
    why, keys = "Without a circle there is no deadlock.", index(account)
    if keys:
        return Mend("text", f"Let everybody put keys into {keys} in one order: sort the rows before INSERT, also with "
                    "ON CONFLICT.", why)  # fmt: skip
    rows_of = relation(account) or "the table"
    return Mend("text", f"Let everybody lock the rows of {rows_of} in one order: SELECT … ORDER BY id FOR UPDATE, and "
                "bulk updates sorted by key.", why)  # fmt: skip


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="Two transactions each hold a lock that the other one wants, and PostgreSQL ends one of them.",
    explanation="""\
A transaction keeps its row locks until it ends. When one has updated row 1 and wants row 2 while another one has
row 2 and wants row 1, neither can go on. After `deadlock_timeout`, one second by default, the server looks for such
a circle, and ends one of the transactions with SQLSTATE `40P01`. The other one goes on.

The usual reasons are bulk updates whose rows come in no fixed order, `SELECT … FOR UPDATE` without `ORDER BY`, and
foreign keys, which lock the parent's row too. The client sees only half of it; the server's log names both
statements.

A deadlock whose victim is tried again with success is no incident. One between definitions (`AccessExclusiveLock`,
`CREATE`, `ALTER`) while several replicas start is a symptom: they all migrate at once. Where the other side only
reads or writes (`RowShareLock`, `RowExclusiveLock`), it is one migration against a service at work.""",
    shows=(
        "ERROR:  deadlock detected",
        "DETAIL:  Process 88214 waits for ShareLock on transaction 403118822; blocked by process 88107.",
        "psycopg2.errors.DeadlockDetected, asyncpg.exceptions.DeadlockDetectedError, PG::TRDeadlockDetected, "
        "SQLSTATE 40P01",
    ),
    check=(
        "docker logs db 2>&1 | grep -A 6 'deadlock detected'",
        'psql "$DATABASE_URL" -c "SELECT datname, deadlocks FROM pg_stat_database"',
    ),
    mend=(
        "Read both statements in the server's log: which rows do they lock, and in which order?",
        "Lock in one order everywhere: `ORDER BY` the key before `FOR UPDATE`, sort bulk updates.",
        "Try the whole transaction again on SQLSTATE `40P01`, a bounded number of times.",
    ),
    prevent=(
        "Set `log_lock_waits = on`: waits of more than a second are logged before they become circles.",
        "Keep transactions short, and free of calls to other services.",
    ),
    confidence="""\
- **certain**: the server's log names both statements, and a client got the error.
- **likely**: one of the two is there, or a change of the schema and a service at work wait for each other.
- **possible**: it came between definitions while something migrates; concurrent migrations are the likelier cause.""",
    find=find,
    explains=("migration-failed",),
    links=(
        "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS",
        "https://www.postgresql.org/docs/current/runtime-config-locks.html",
    ),
    signs=(DETECTED,),
)
