"""Files that are damaged, and crashes that a server recovers from."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, database, database_log, evidence

find = causes.get("data-corruption").find
PANIC = """\
2026-01-21 08:29:27.020 UTC [39] LOG:  database system was interrupted; last known up at 2026-01-20 11:58:23 UTC
2026-01-21 08:29:27.021 UTC [40] FATAL:  the database system is starting up
2026-01-21 08:29:27.920 UTC [39] LOG:  invalid primary checkpoint record
2026-01-21 08:29:27.920 UTC [39] PANIC:  could not locate a valid checkpoint record
2026-01-21 08:29:27.921 UTC [27] LOG:  startup process (PID 39) was terminated by signal 6: Aborted
2026-01-21 08:29:27.921 UTC [27] LOG:  aborting startup due to startup process failure"""
RECOVERED = """\
2026-01-21 08:29:27.020 UTC [39] LOG:  database system was interrupted; last known up at 2026-01-20 11:58:23 UTC
2026-01-21 08:29:27.021 UTC [39] LOG:  database system was not properly shut down; automatic recovery in progress
2026-01-21 08:29:27.030 UTC [39] LOG:  redo starts at 0/16DFD98
2026-01-21 08:29:27.031 UTC [39] LOG:  invalid record length at 0/1DEE328: wanted 24, got 0
2026-01-21 08:29:27.040 UTC [27] LOG:  database system is ready to accept connections"""
PAGE = "invalid page in block 1207 of relation base/16384/24601"


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (PANIC, "certain"),
        ("\n".join(f"db_1  | {line}" for line in PANIC.split("\n")), "certain"),
        (f"psycopg2.errors.DataCorrupted: {PAGE}", "likely"),
        (f"org.postgresql.util.PSQLException: ERROR: {PAGE}", "likely"),
        (f"pq: {PAGE}", "likely"),
        ("WARNING:  page verification failed, calculated checksum 5512 but expected 19040", "likely"),
        ("PG::DataCorrupted: ERROR:  missing chunk number 0 for toast value 24620 in pg_toast_24601", "likely"),
        ('ERROR:  could not read block 14 in file "base/16384/24601": read only 0 of 8192 bytes', "likely"),
        ("ERROR:  could not access status of transaction 32769", "likely"),
        ('psycopg.errors.IndexCorrupted: index "tasks_pkey" contains unexpected zero page at block 7', "likely"),
        ('FATAL:  could not open directory "pg_notify": No such file or directory', "likely"),
        ("ERROR:  invalid memory alloc request size 18446744073709551613", "possible"),
    ],
)
def test_every_wording_has_its_confidence(text: str, confidence: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == confidence
    assert "tar" in found.mend[0].text


def test_starting_up_that_never_ends_hangs_beneath_it() -> None:
    client = "psycopg2.OperationalError: FATAL:  the database system is starting up"
    diagnosis = causes.diagnose(evidence(app_log(f"{client}\n{client}"), database_log(PANIC)))
    assert diagnosis.findings[0].cause == "data-corruption"


def test_both_sides_make_a_damaged_page_certain_and_an_index_is_named() -> None:
    server = database_log(f"2026-01-21 08:29:27.020 UTC [39] ERROR:  {PAGE}")
    both = find(evidence(server, app_log(f"psycopg2.errors.DataCorrupted: {PAGE}")))
    index = find(evidence(app_log('ERROR:  index "tasks_pkey" contains unexpected zero page at block 7')))
    assert isinstance(both, Finding)
    assert isinstance(index, Finding)
    assert both.confidence == "certain"
    assert "base/16384/24601" in both.summary
    assert any('REINDEX INDEX CONCURRENTLY "tasks_pkey"' in mend.text for mend in index.mend)


def test_a_server_that_starts_after_all_rules_it_out() -> None:
    ready = "2026-01-21 09:00:00.000 UTC [1] LOG:  database system is ready to accept connections"
    assert isinstance(find(evidence(database_log(f"{PANIC}\n{ready}"))), RuledOut)


def test_a_crash_that_the_server_recovers_from_is_healthy() -> None:
    served = 'INFO:     Uvicorn running on http://0.0.0.0:8000\nINFO:     10.0.0.1:5 - "GET / HTTP/1.1" 200 OK'
    refused = "2026-01-21 08:29:27.021 UTC [40] FATAL:  the database system is starting up"
    first, _, rest = RECOVERED.partition("\n")
    waited = f"{first}\n{refused}\n{rest}"
    said = find(evidence(database_log(RECOVERED)))
    assert isinstance(said, RuledOut)
    assert said.fact == "log:database:5"
    assert causes.diagnose(evidence(app_log(f"{waited}\n{served}"))).verdict == "healthy"


def test_a_damaged_page_is_not_mended_by_a_ready_server() -> None:
    ready = "2026-01-21 09:00:00.000 UTC [1] LOG:  database system is ready to accept connections"
    text = f"2026-01-21 08:29:27.020 UTC [39] ERROR:  {PAGE}\n{ready}"
    assert isinstance(find(evidence(database_log(text))), Finding)


def test_an_invalid_index_is_no_damage() -> None:
    unfinished = dataclasses.replace(database(["rev1"]), invalid_indexes=("public.tasks_title_idx",))
    assert find(evidence(unfinished)) is None


@pytest.mark.parametrize(
    "text",
    [
        RECOVERED.rpartition("\n")[0],
        "WARNING:  terminating connection because of crash of another server process\nDETAIL:  The "
        "postmaster has commanded "
        "this server process to roll back, because another one exited abnormally and possibly corrupted shared memory.",
        "HINT:  This probably means that some data is corrupted and you will have to use the last backup for recovery.",
        'PANIC:  could not write to file "pg_wal/xlogtemp.41": No space left on device',
        "OSError: [Errno 5] Input/output error: '/dev/ttyUSB0'",
        "zlib.error: Error -3 while decompressing data: incorrect header check",
        "npm ERR! corrupted tarball",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'pq: could not open file "base/5/2690": No such file or directory',
            "The file base/5/2690, which holds a table",
        ),
        ("FEHLER:  konnte Datei »base/5/2690« nicht öffnen: Datei oder Verzeichnis nicht gefunden", "is gone from"),
        ("ERROR:  invalid page in block 12 of relation base/5/2690", "A page of base/5/2690 cannot be read"),
    ],
)
def test_a_file_that_is_gone_is_no_page_that_cannot_be_read_and_its_table_can_be_asked_for(
    text: str, words: str
) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert words in found.summary
    assert any("pg_filenode_relation(0, 2690)" in mend.text for mend in found.mend)


def test_the_servers_error_is_shown_and_not_the_warning_before_it() -> None:
    text = (
        "2026-03-01 10:00:00.000 UTC [8] WARNING:  page verification failed, calculated checksum 5 but expected 6\n"
        "2026-03-01 10:00:00.001 UTC [8] ERROR:  invalid page in block 3 of relation base/5/2690"
    )
    found = find(evidence(database_log(text)))
    assert isinstance(found, Finding)
    assert (found.evidence[0].line, "invalid page" in found.evidence[0].quote) == (2, True)


def test_a_page_that_a_full_disk_kept_from_being_written_is_not_damaged() -> None:
    log = (
        "2026-01-02 03:04:05.678 UTC [91] ERROR:  could not access status of transaction 0\n"
        '2026-01-02 03:04:05.678 UTC [91] DETAIL:  Could not write to file "pg_subtrans/0A1C" at offset 8192: No space '
        "left on device."
    )
    assert causes.get("data-corruption").find(evidence(database_log(log))) is None


def test_commands_name_the_service_and_the_version_of_the_log() -> None:
    log = (
        "ledger-db-1  | 2026-01-02 03:04:05.678 UTC [1] LOG:  starting PostgreSQL 14.11 on x86_64-pc-linux-musl\n"
        "ledger-db-1  | 2026-01-02 03:04:05.700 UTC [29] PANIC:  could not locate a valid checkpoint record\n"
        "ledger-db-1  | 2026-01-02 03:04:05.900 UTC [1] LOG:  aborting startup due to startup process failure"
    )
    found = causes.get("data-corruption").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.mend[0].text.startswith("docker compose stop ledger-db && ")
    assert " postgres:14 pg_resetwal" in found.mend[-1].text


def test_long_values_have_a_table_of_their_own() -> None:
    log = (
        "db-1 | 2026-01-02 03:04:05.678 UTC [91] ERROR:  missing chunk number 0 for toast value 28198 in "
        "pg_toast_16691\n"
        "web-1 | django.db.utils.InternalError: missing chunk number 0 for toast value 28198 in pg_toast_16691"
    )
    found = causes.get("data-corruption").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert "pg_toast_16691" in found.summary
    mends = [one.text for one in found.mend]
    assert mends[0].endswith("&& docker compose start db")
    assert any("SELECT 16691::regclass" in one for one in mends)
    assert any("REINDEX TABLE pg_toast.pg_toast_16691" in one for one in mends)
    assert not any('"INDEX"' in one for one in mends)
