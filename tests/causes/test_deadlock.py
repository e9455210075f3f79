"""Circles of locks: found, tried again with success, and those between definitions."""

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, database_log, evidence

find = causes.get("deadlock").find
SERVER = """\
2026-03-01 13:36:37.816 UTC [88214] ERROR:  deadlock detected
2026-03-01 13:36:37.816 UTC [88214] DETAIL:  Process 88214 waits for ShareLock on transaction 4; blocked by 88107.
\tProcess 88107 waits for ShareLock on transaction 402; blocked by process 88214.
\tProcess 88214: SELECT id FROM job_instance FOR UPDATE
\tProcess 88107: UPDATE job_instance SET state='scheduled'
2026-03-01 13:36:37.816 UTC [88214] CONTEXT:  while locking tuple (12,5) in relation "job_instance"
2026-03-01 13:36:37.816 UTC [88214] STATEMENT:  SELECT id FROM job_instance FOR UPDATE"""
CLIENT = """\
sqlalchemy.exc.OperationalError: (psycopg2.errors.DeadlockDetected) deadlock detected
DETAIL:  Process 88214 waits for ShareLock on transaction 403118822; blocked by process 88107.
Process 88107 waits for ShareLock on transaction 403118907; blocked by process 88214.
HINT:  See server log for query details."""
DEFINITIONS = """\
2026-03-01 14:45:55.101 UTC [80] LOG:  bootstrapping
2026-03-01 14:45:55.302 UTC [88] ERROR:  deadlock detected
2026-03-01 14:45:55.302 UTC [88] DETAIL:  Process 88 waits for AccessExclusiveLock on relation 16512 of database 163; \
blocked by process 91."""


@pytest.mark.parametrize(
    "text",
    [
        CLIENT,
        "\n".join(f"scheduler   | {line}" for line in CLIENT.split("\n")),
        "django.db.utils.OperationalError: deadlock detected",
        "asyncpg.exceptions.DeadlockDetectedError: deadlock detected",
        "error: deadlock detected { length: 326, severity: 'ERROR', code: '40P01', routine: 'DeadLockReport' }",
        "ActiveRecord::Deadlocked: PG::TRDeadlockDetected: ERROR:  deadlock detected",
        "org.postgresql.util.PSQLException: ERROR: deadlock detected",
        'ERROR: ("deadlock detected") (SQLSTATE 40P01)',
        '{"level":"error","msg":"pq: deadlock detected"}',
        SERVER,
    ],
)
def test_every_stacks_wording_is_likely(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence in ("likely", "certain")


def test_the_servers_log_names_the_rows_and_with_the_client_it_is_certain() -> None:
    found = find(evidence(database_log(SERVER), app_log(CLIENT)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert found.evidence[0].source == "log of database"


def test_between_definitions_while_all_start_it_is_only_possible() -> None:
    starting = app_log('info  bootstrapping system schema "flowsys"\ninfo  running migrations')
    found = find(evidence(starting, database_log(DEFINITIONS)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"
    assert "advisory lock" in found.mend[0].text


@pytest.mark.parametrize(
    "text",
    [
        "WARNING deadlock detected, retrying in 0.2 s (attempt 1)\nINFO retry succeeded after 1 attempt",
        "WARNING celery: deadlock detected, retry in 5s\nINFO Task shop.settle[0a1b] succeeded in 0.21s: None",
    ],
)
def test_a_victim_that_was_tried_again_with_success_is_no_incident(text: str) -> None:
    said = find(evidence(app_log(text)))
    assert isinstance(said, RuledOut)
    assert said.fact == "log:app:2"


def test_a_request_that_failed_is_not_mended_by_the_next_ones_answer() -> None:
    text = f'{CLIENT}\n10.0.0.1 - "POST /jobs HTTP/1.1" 500 12\n10.0.0.1 - "GET /health HTTP/1.1" 200 2'
    assert isinstance(find(evidence(app_log(text))), Finding)


@pytest.mark.parametrize(
    "text",
    [
        "fatal error: all goroutines are asleep - deadlock!",
        "ERROR:  canceling statement due to lock timeout",
        "LOG:  process 71 still waiting for ShareLock on transaction 9 after 1000.100 ms",
        "psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update",
        "SHOW deadlock_timeout",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


ABROAD = """\
2026-03-01 13:36:37.816 UTC [{one}] {error}
2026-03-01 13:36:37.816 UTC [{one}] {detail}
\t{first}: UPDATE "seat" SET held = true WHERE "row" IN (12, 7) AND "hall" = 3
\t{second}: UPDATE "seat" SET held = false WHERE "row" IN (7, 12)"""


@pytest.mark.parametrize(
    ("error", "detail", "process"),
    [
        ("FEHLER:  Verklemmung (Deadlock) entdeckt",
         "DETAIL:  Prozess 71 wartet auf ShareLock-Sperre auf Transaktion 4; blockiert von Prozess 72.", "Prozess {}"),
        ("ERREUR:  interblocage (deadlock) détecté",
         "DÉTAIL:  Le processus 71 attend ShareLock sur transaction 4 ; bloqué par le processus 72.", "Processus {} "),
        ("ОШИБКА:  обнаружена взаимоблокировка",
         'ПОДРОБНОСТИ:  Процесс 71 ожидает в режиме ShareLock блокировку "транзакция 4"', "Процесс {}"),
        ("ERROR:  デッドロックを検出しました", "詳細:  プロセス 71 は ShareLock を 4 で待機", "プロセス {}"),
        ("错误:  检测到死锁", "详情:  进程 71 正在等待 事务 4 上的 ShareLock", "进程 {}"),
    ],
)  # fmt: skip
def test_a_server_in_another_language_names_both_statements_and_so_the_table(
    error: str, detail: str, process: str
) -> None:
    text = ABROAD.format(one=71, error=error, detail=detail, first=process.format(71), second=process.format(72))
    found = find(evidence(database_log(text)))
    assert isinstance(found, Finding)
    assert "rows of seat" in found.summary
    assert not any("both statements" in wanted for wanted in found.missing)


@pytest.mark.parametrize(
    "context",
    [
        'CONTEXT:  while deleting tuple (12,3) in relation "seat"',
        "KONTEXT:  beim Sperren von Tupel (12,3) in Relation »seat«",
        "CONTEXTE : lors du verrouillage de la ligne (12,3) dans la relation « seat »",
    ],
)
def test_the_table_is_taken_from_what_the_client_was_told_of_the_row(context: str) -> None:
    text = f"WARN: ActiveRecord::Deadlocked: PG::TRDeadlockDetected: ERROR:  deadlock detected\n{context}"
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "rows of seat" in found.summary


@pytest.mark.parametrize(
    ("error", "context"),
    [
        ("ERROR:  デッドロックを検出しました", '文脈:  リレーション"seat"のタプル(12,3)のロック中'),
        ("错误:  检测到死锁", '上下文:  当锁定关系"seat"的元组(12, 3)时'),
        ("FEHLER:  Verklemmung (Deadlock) entdeckt", "ZUSAMMENHANG:  beim Sperren von Tupel (12,3) in Relation »seat«"),
    ],
)
def test_the_servers_context_names_the_table_in_any_language(error: str, context: str) -> None:
    lead = "2026-03-01 13:36:37.816 UTC [71] "
    found = find(evidence(database_log(f"{lead}{error}\n{lead}{context}")))
    assert isinstance(found, Finding)
    assert "rows of seat" in found.summary


def test_numbers_and_names_of_a_statement_are_no_row_of_a_table() -> None:
    text = f'{CLIENT}\n[SQL: UPDATE t SET a = 1 WHERE "id" IN (12, 7) AND "state" = 2]'
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "rows of" not in found.summary


def test_a_row_locked_for_update_is_no_definition() -> None:
    row = DEFINITIONS.replace("relation 16512 of database 163", "tuple (4,2) of relation 16512 of database 163")
    found = find(evidence(app_log("info  running migrations"), database_log(row)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


_STEP = "INFO  [alembic.runtime.migration] Running upgrade 11aa -> 22bb, add a foreign key"
_CIRCLE = """\
sqlalchemy.exc.OperationalError: (psycopg2.errors.DeadlockDetected) deadlock detected
DETAIL:  Process 71 waits for {first} on relation 24601 of database 16384; blocked by process 72.
Process 72 waits for {second} on relation 24588 of database 16384; blocked by process 71."""


@pytest.mark.parametrize("everyday", ["RowShareLock", "RowExclusiveLock", "AccessShareLock"])
def test_one_migration_against_a_service_at_work_is_no_matter_of_replicas(everyday: str) -> None:
    text = f"{_STEP}\n{_CIRCLE.format(first='ShareRowExclusiveLock', second=everyday)}"
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    mends = "\n".join(one.text for one in found.mend)
    assert "lock_timeout" in mends
    assert "advisory" not in mends
    assert not any("replicas" in one for one in found.missing)


def test_two_that_define_are_still_only_possible() -> None:
    text = f"{_STEP}\n{_CIRCLE.format(first='AccessExclusiveLock', second='ShareRowExclusiveLock')}"
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"
    assert "advisory lock" in found.mend[0].text


@pytest.mark.parametrize(
    ("context", "keys"),
    [
        ('while inserting index tuple (3,17) in relation "voucher_code_key"', "the index voucher_code_key"),
        ('while inserting index tuple (3,17) in relation "voucher"', "an index of voucher"),
        ('while locking tuple (3,17) in relation "voucher"', ""),
    ],
)
def test_keys_are_not_rows(context: str, keys: str) -> None:
    found = find(evidence(app_log(f"{CLIENT}\nCONTEXT:  {context}")))
    assert isinstance(found, Finding)
    assert (f"keys into {keys}" if keys else "rows of voucher") in found.mend[1].text
    assert (keys or "on rows of voucher") in found.summary
