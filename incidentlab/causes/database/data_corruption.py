"""The database's own files are damaged."""

import re

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import cited, is_after, match, said, seen, shows
from incidentlab.causes._server import ready
from incidentlab.causes._settling import server_came_up
from incidentlab.causes.database._damage import LOG_DAMAGED, ODD_LENGTH, PAGE_DAMAGED, caution
from incidentlab.causes.database._damage_mends import INDEX, TOAST, mends
from incidentlab.causes.resources._disk import NO_SPACE
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "data-corruption"
_TITLE = "The database's files are damaged"
_SIGNS = (LOG_DAMAGED, PAGE_DAMAGED, ODD_LENGTH)
_ABORTED = re.compile(
    r"\baborting startup due to startup process failure\b|\bstartup process \(PID \d{1,10}\) was terminated\b"
)
_CRASHED = re.compile(r"\bdatabase system was not properly shut down\b|\bdatabase system was interrupted\b")
_RELATION = re.compile(
    r"\brelation \\?\"?(?P<name>(?:base/)?[\w./]{1,120})|\bfile \\?\"(?P<file>(?:base|global|pg_\w+)/[^\"\\]{1,120})"
)
_GONE = re.compile(
    r"\bcould not (?:open|stat) file \\?\"(?P<name>base/\d{1,10}/\d{1,10}[^\"\\]{0,40})\\?\"[^\n]{0,60}: No such file\b"
)


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the server finds its log or a page unusable, and does not come up after all."""
    account = hear(evidence, _SIGNS, caution)
    if account is None:
        return _recovered(evidence)
    if all(_keeps_from_starting(event) for event in account.events) and account.events:
        up = server_came_up(evidence, account)
        if up:
            why = f"The server found its log damaged at first and is ready afterwards, line {up.first_line}."
            return RuledOut(_ID, _TITLE, why, up.id)
    confidence = _confidence(evidence, account)
    wanted = "The server's own log around it, and pg_amcheck of the database, would tell how far the damage goes."
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account),
        evidence=(*chain(account, "The server finds its files damaged"), *_abort(evidence)),
        mend=mends(evidence, account),
        missing=() if confidence == "certain" else (wanted,),
    )


def _recovered(evidence: Evidence) -> RuledOut | None:
    """Return the server's word that it is ready again after a crash."""
    crash = None
    for event in evidence.logs:
        if _CRASHED.search(said(event)):
            crash = event
        elif crash and ready(event) and is_after(event, crash):
            why = f"The server was not shut down properly, recovered by itself, and is ready, line {event.first_line}."
            return RuledOut(_ID, _TITLE, why, event.id)
    return None


def _keeps_from_starting(event: LogEvent) -> bool:
    return match(event, LOG_DAMAGED) is not None and match(event, PAGE_DAMAGED) is None


def _abort(evidence: Evidence) -> tuple[Link, ...]:
    found = next((event for event in evidence.logs if _ABORTED.search(event.text)), None)
    return (cited(found, "The server gives up starting"),) if found else ()


def _confidence(evidence: Evidence, account: Account) -> Confidence:
    if all(match(event, ODD_LENGTH) for event in account.events) and not account.facts:
        return "possible"
    if seen(evidence, NO_SPACE):
        return "likely"  # what could not be written is missing afterwards
    started = any(match(event, LOG_DAMAGED) for event in account.events)
    if started and (_abort(evidence) or account.hurt):
        return "certain"
    damaged = any(shows(event, PAGE_DAMAGED) for event in account.events)
    return "certain" if damaged and account.by_server and account.by_client else "likely"


def _summary(account: Account) -> str:
    text = account.text
    if any(match(event, LOG_DAMAGED) for event in account.events):
        return "The server finds no state to start from: its write-ahead log, or a file beside it, is damaged or gone."
    gone = _GONE.search(text)
    if gone:
        return f"The file {gone['name']}, which holds a table or an index, is gone from the data directory."
    values = TOAST.search(text)
    if values:
        return f"A long value of a table, kept in pg_toast_{values['table']}, is damaged or gone in part."
    index, relation = INDEX.search(text), _RELATION.search(text)
    if index:
        return f"The index {index['name']} is damaged; the table itself may be whole."
    if relation:
        return f"A page of {relation['name'] or relation['file']} cannot be read as what it should be."
    return "Something that the server reads from its own files cannot be right."


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="Pages, indexes or the write-ahead log of the database are damaged or gone.",
    explanation="""\
PostgreSQL recovers from every crash by its write-ahead log, as long as what it had asked the disk to keep was kept.
Damage comes from below: a disk or file system that failed or was full, a volume that two servers used at once, a
copy of the files taken while the server ran, `pg_wal` cleaned up by hand, a network share that does not keep its
promises.

Where the log's own beginning cannot be found, the server does not start: "could not locate a valid checkpoint
record", a PANIC, and the container restarts for ever. Clients only read "the database system is starting up". A
damaged page or index shows later, when a statement reads it.

After an ordinary crash the server says "was not properly shut down; automatic recovery in progress" and "invalid
record length … wanted 24, got 0", which is just the end of the log, and is then ready: no damage at all. "possibly
corrupted shared memory" is a caution, too.""",
    shows=(
        "PANIC:  could not locate a valid checkpoint record",
        "ERROR:  invalid page in block 1207 of relation base/16384/24601",
        "ERROR:  missing chunk number 0 for toast value 24620 in pg_toast_24601",
        'ERROR:  could not read block 14 in file "base/16384/24601": read only 0 of 8192 bytes',
        "ERROR:  could not access status of transaction 32769",
        "SQLSTATE XX001 (data_corrupted) and XX002 (index_corrupted)",
    ),
    check=(
        "docker logs db 2>&1 | grep -E 'PANIC|invalid page|checkpoint record|could not read block'",
        "pg_amcheck --all --heapallindexed",
        "docker exec db pg_controldata /var/lib/postgresql/data",
        "dmesg -T | grep -i -E 'i/o error|ext4|nvme|sd[a-z]'",
    ),
    mend=(
        "Stop the server and copy its whole data directory before anything else.",
        "Restore the last good backup into a new volume.",
        "For an index: `REINDEX`. For a page: take the rest of the table over into a new one.",
        "Without a backup, as the last resort: `pg_resetwal`, then dump and restore at once.",
    ),
    prevent=(
        "Make backups and restore one regularly; data checksums (`initdb --data-checksums`) tell damage early.",
        "One server per volume, no network shares without their promises, `docker stop` with enough time "
        "(`stop_grace_period`).",
        "Never delete files in `pg_wal`.",
    ),
    confidence="""\
- **certain**: the server finds no state to start from and gives up, or both its log and a client say that a page is
  damaged.
- **likely**: one message of the kind, and nothing on how it went on.
- **possible**: only an impossible length (`invalid memory alloc request size`), which a huge value can cause as
  well.

A server that becomes ready afterwards has recovered.""",
    find=find,
    explains=(
        "database-not-ready",
        "host-not-found",
        "migration-failed",
        "migrations-not-applied",
        "broken-entrypoint",
    ),
    links=(
        "https://www.postgresql.org/docs/current/app-pgamcheck.html",
        "https://www.postgresql.org/docs/current/app-pgresetwal.html",
        "https://wiki.postgresql.org/wiki/Corruption",
    ),
    signs=_SIGNS,
)
