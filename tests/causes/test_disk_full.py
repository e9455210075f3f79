"""Disks that are full, and other spaces that are."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database, database_log, evidence

find = causes.get("disk-full").find
LOCK_FILE = (
    '2026-03-01 10:00:00.000 UTC [1] FATAL:  could not write lock file "postmaster.pid": No space left on device'
)
WAL = (
    '2026-03-01 10:00:00.000 UTC [88] PANIC:  could not write to file "pg_wal/xlogtemp.88": No space left on device\n'
    "2026-03-01 10:00:00.100 UTC [1] LOG:  terminating any other active server processes"
)
READY = "2026-03-01 10:05:00.000 UTC [1] LOG:  database system is ready to accept connections"


@pytest.mark.parametrize(
    "text",
    [
        LOCK_FILE,
        f"db_1  | {LOCK_FILE}",
        'psycopg2.errors.DiskFull: could not extend file "base/16384/24601": No space left on device',
        'asyncpg.exceptions.DiskFullError: could not extend file "base/16384/24601": No space left on device',
        'ERROR:  could not extend file "base/16384/24601": wrote only 4096 of 8192 bytes at block 1207',
        "OSError: [Errno 28] No space left on device: '/data/upload.bin'",
        "OSError: [Errno 122] Disk quota exceeded: '/data/x'",
        "Error: ENOSPC: no space left on device, write",
        'pq: could not extend file "base/16384/2619": No space left on device',
        "failed to register layer: write /usr/lib/libLLVM.so: no space left on device",
        "  Message:      The node was low on resource: ephemeral-storage. Threshold quantity: 5Gi, available: 1Gi.",
    ],
)
def test_every_wording_is_found(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence in ("likely", "certain")
    assert found.mend[0].text.startswith("df -h")


@pytest.mark.parametrize(
    "facts",
    [
        (database_log(LOCK_FILE),),
        (app_log("OSError: [Errno 28] No space left on device"), container(exit_code=1)),
        (container(status="created", error="Error response from daemon: write /x: no space left on device"),),
        (dataclasses.replace(database(), error='could not extend file "base/1/2"', sqlstate="53100"),),
    ],
    ids=["server", "ended", "engine", "look"],
)
def test_the_server_the_engine_or_a_programs_end_make_it_certain(facts: tuple[object, ...]) -> None:
    found = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(found, Finding)
    assert (found.confidence, found.missing) == ("certain", ())


def test_a_full_log_directory_is_named_and_nothing_is_deleted_there() -> None:
    found = find(evidence(database_log(WAL)))
    assert isinstance(found, Finding)
    assert "write-ahead log" in found.summary
    assert any("pg_replication_slots" in mend.text for mend in found.mend)
    assert any("Never delete" in mend.text for mend in found.mend)


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ((database_log(f"{WAL}\n{READY}"),), "log:database:3"),
        ((app_log('ERROR: No space left on device\n10.0.0.1 - "POST /x HTTP/1.1" 201 5'),), "log:app:2"),
    ],
    ids=["server came up", "answers again"],
)
def test_room_that_was_found_again_is_no_incident(facts: tuple[object, ...], fact: str) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)
    assert said.fact == fact


def test_it_explains_why_the_database_is_not_there() -> None:
    refused = "psycopg.OperationalError: connection to server at port 5432 failed: Connection refused"
    diagnosis = causes.diagnose(evidence(app_log(f"{refused}\n{refused}"), database_log(LOCK_FILE)))
    assert diagnosis.findings[0].cause == "disk-full"


@pytest.mark.parametrize(
    "text",
    [
        'ERROR:  could not resize shared memory segment "/PostgreSQL.12" to 16777216 bytes: No space left on device',
        "FATAL:  could not create semaphores: No space left on device",
        "Error: ENOSPC: System limit for number of file watchers reached, watch '/app'",
        "Failed to watch /var/log: no space left on device (inotify)",
        "OSError: [Errno 30] Read-only file system: '/data/x'",
        "ERROR:  temporary file size exceeds temp_file_limit (1048576kB)",
        "disk usage: 81%",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


@pytest.mark.parametrize(("line", "over"), [("GET /tasks", False), ("POST /tasks", True)])
def test_a_service_that_still_reads_is_not_over_a_full_disk(line: str, over: bool) -> None:
    """Writes that failed have to succeed again; whoever only reads needs no room."""
    text = (
        'INFO:     10.0.0.1:5001 - "POST /tasks HTTP/1.1" 503 Service Unavailable\n'
        "ERROR:    sqlalchemy.exc.OperationalError: (psycopg.errors.DiskFull) could not extend file "
        '"base/5/16406": No space left on device\n'
        f'INFO:     10.0.0.1:5002 - "{line} HTTP/1.1" 200 OK\n'
    )
    found = find(evidence(app_log(text)))
    assert isinstance(found, RuledOut) is over, found


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("", "pg_wal/xlogtemp.88 cannot be written: the database has no space left for its write-ahead log"),
        (
            '2026-03-01 09:59:00.000 UTC [87] ERROR:  could not extend file "base/5/2619": No space left on device\n',
            "base/5/2619 cannot be written: the database has no space left for it, nor for the write-ahead log",
        ),
    ],
    ids=["log", "table"],
)
def test_a_log_that_cannot_be_written_is_not_said_to_have_filled_the_disk(before: str, words: str) -> None:
    found = find(evidence(database_log(before + WAL)))
    assert isinstance(found, Finding)
    assert found.summary.startswith(words)
    assert "filled" not in found.summary
