"""The disk on which the database, or the service, writes is full."""

import re

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import answered, from_server, is_after
from incidentlab.causes._settling import at_work_again, server_came_up
from incidentlab.causes.resources._disk import NO_SPACE, another_space
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence

_ID = "disk-full"
_TITLE = "The disk is full"
# A file of PostgreSQL's data directory, whoever passes the message on.
_DATA_FILE = re.compile(
    r"\bpg_wal\b|\bpg_xlog\b|\bpostmaster\.pid\b|\bbase/|\bpgsql_tmp|\bpg_logical\b|\bpostmaster\.opts\b|\bpg_stat"
    r"|\bcould not extend file\b|\bglobal/|\bpostgresql/|\bpgdata\b|\bDiskFull\b|\bpg_replslot\b"
)
# A request that writes, in an access log; and one that the service has failed at.
_WRITE = re.compile(r"\b(?:POST|PUT|PATCH|DELETE) /")
_WRITE_FAILED = re.compile(r"\b(?:POST|PUT|PATCH|DELETE) /\S{0,200}[^\n]{0,20}?\b5\d\d\b")
_WAL = re.compile(r"\bpg_wal\b|\bpg_xlog\b|\bxlogtemp\b")
_FILE = re.compile(r"\bfile \\?[\"'“«](?P<name>[^\"'”»\\]{1,300})|device: '(?P<path>[^']{1,300})'")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a write fails for want of space, and nothing shows that there is room again."""
    account = hear(evidence, (NO_SPACE,), another_space, engine_too=True)
    if account is None:
        return None
    settled = at_work_again(evidence, account) or _came_up(evidence, account)
    if settled and not _only_reads(evidence, account):
        why = f"A disk was full for a while; {settled.claim[0].lower()}{settled.claim[1:]}."
        return RuledOut(_ID, _TITLE, why, settled.fact)
    confidence: Confidence = "certain" if account.by_server or account.facts or account.hurt else "likely"
    wanted = "Which file system is full: docker system df, and df -h in the container."
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account),
        evidence=chain(account, "A write fails, no space is left"),
        mend=_mends(account),
        missing=() if confidence == "certain" else (wanted,),
    )


def _only_reads(evidence: Evidence, account: Account) -> bool:
    """Say whether writing requests have failed and none has succeeded since: reading needs no room on a disk."""
    if not any(_WRITE_FAILED.search(event.text) for event in evidence.logs):
        return False
    last = account.events[-1]
    return not any(answered(event) and _WRITE.search(event.text) and is_after(event, last) for event in evidence.logs)


def _came_up(evidence: Evidence, account: Account) -> Link | None:
    """Return the server's word that it is ready, where only the server complained."""
    if account.facts or not all(from_server(event) for event in account.events):
        return None
    up = server_came_up(evidence, account)
    return Link(f"The server is ready afterwards, line {up.first_line}", up.id, f"log of {up.source}") if up else None


def _summary(account: Account) -> str:
    text = account.text
    found = _FILE.search(text)
    name = (found["name"] or found["path"]) if found else ""
    what = f"{name} cannot be written" if name else "Nothing more can be written"
    if _WAL.search(text):
        # What has filled the disk is another question: the log is where the server cannot do without.
        where = "for its write-ahead log" if _WAL.search(name) or not name else "for it, nor for the write-ahead log"
        return f"{what}: the database has no space left {where}, without which the server stops."
    if account.by_server or _DATA_FILE.search(text):
        return f"{what}: no space is left where the database keeps its data."
    return f"{what}: no space is left on the disk."


def _mends(account: Account) -> tuple[Mend, ...]:
    look = (
        Mend("command", "df -h && docker system df", "Shows which file system is full, and what Docker takes of it."),
        Mend("command", "docker image prune && docker builder prune", "Frees what no container uses; no data."),
    )
    more = Mend("text", "Then give the volume more room, and start the database again; it recovers by itself.")
    if _WAL.search(account.text):
        slots = Mend(
            "command",
            'psql -c "SELECT slot_name, active, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) '
            'FROM pg_replication_slots"',
            "Where pg_wal is what is large: an abandoned replication slot, or a failing archive_command, keeps WAL for "
            "ever.",
        )
        return (
            *look,
            more,
            slots,
            Mend("text", "Never delete files in pg_wal by hand: the database is lost without them."),
        )
    return *look, more


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="A file system is full, so that the database or the service cannot write.",
    explanation="""\
A write that finds no room fails with `ENOSPC`. PostgreSQL answers a single statement with SQLSTATE `53100`
and goes on; when the write-ahead log has no room it stops with a PANIC, and with no room for `postmaster.pid`
it does not even start. The services then see a refused connection, or a name that cannot be resolved, because
the container is gone.

Docker's images, build cache and container logs share the disk with the volumes, so that the database often is
the victim and not the culprit.

The same words can mean another space: `could not resize shared memory segment` is about the memory behind `/dev/shm`
(`shm_size`), `could not create semaphores` about the kernel's limits, inotify about the number of watched files.""",
    shows=(
        'FATAL:  could not write lock file "postmaster.pid": No space left on device',
        'ERROR:  could not extend file "base/16384/24601": No space left on device',
        'PANIC:  could not write to file "pg_wal/xlogtemp.41": No space left on device',
        "OSError: [Errno 28] No space left on device",
        "[Errno 122] Disk quota exceeded",
    ),
    check=(
        "df -h",
        "docker system df -v",
        "docker exec db df -h /var/lib/postgresql/data",
        "docker exec db du -sh /var/lib/postgresql/data/pg_wal",
    ),
    mend=(
        "See which file system is full: `df -h`, `df -i`, `docker system df`.",
        "Free what is no data: `docker image prune`, `docker builder prune`, old container logs.",
        "Give the volume more room and start the database again; it recovers by itself.",
        "Where `pg_wal` is large, look for an abandoned replication slot or a failing `archive_command`; "
        "never delete files in `pg_wal` by hand.",
    ),
    prevent=(
        "Alert at 80 % of each volume; put the database's volume on a file system of its own.",
        "Limit container logs (`max-size`, `max-file`), `max_slot_wal_keep_size` and `temp_file_limit`.",
    ),
    confidence="""\
- **certain**: the database server or the engine itself says that no space is left, or a program says so and ends.
- **likely**: a program says so and goes on.

A server that becomes ready afterwards, or a service that answers again, has found room: no incident.""",
    find=find,
    explains=(
        "database-not-ready",
        "host-not-found",
        "data-corruption",
        "data-directory-incompatible",
        "database-missing",
        "broken-entrypoint",
        "migration-failed",
        "migrations-not-applied",
    ),
    links=(
        "https://www.postgresql.org/docs/current/disk-full.html",
        "https://docs.docker.com/reference/cli/docker/system/df/",
    ),
    signs=(NO_SPACE,),
)
