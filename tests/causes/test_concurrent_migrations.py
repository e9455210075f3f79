"""Several programs that define the same at one time: who lost, who took it lightly, and what only looks like it."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, evidence, probe

find = causes.get("concurrent-migrations").find

RACE = 'duplicate key value violates unique constraint "pg_type_typname_nsp_index"'
DETAIL = "DETAIL:  Key (typname, typnamespace)=(alembic_version, 2200) already exists."
TURNED_AWAY = "Error: Another migration is already running"
STEP = "INFO  [alembic.runtime.migration] Running upgrade  -> rev1, init"


@pytest.mark.parametrize(
    "text",
    [
        f"sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) {RACE}\n{DETAIL}\napp exited with code 1",
        f"web-1  | asyncpg.exceptions.UniqueViolationError: {RACE}\nweb-1  | {DETAIL}\nweb-1 exited with code 1",
        f"web-1  | django.db.utils.IntegrityError: {RACE}\nworker-1  | django.db.utils.IntegrityError: {RACE}",
        "ActiveRecord::ConcurrentMigrationError:\n\nCannot run migrations because another migration process "
        "is currently "
        "running.\nweb exited with code 1",
    ],
    ids=["psycopg2", "asyncpg", "two services", "rails"],
)
def test_a_catalogue_that_two_wrote_and_a_program_that_ended_are_certain(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"


@pytest.mark.parametrize(
    "text",
    [
        f"2026-01-20 14:45:55.377 UTC [95] ERROR:  {RACE}\n2026-01-20 14:45:55.377 UTC [95] {DETAIL}",
        "error: tuple concurrently updated\napp exited with code 1",
        "alembic.util.exc.CommandError: Online migration expected to match one row when updating 'a1' to 'b2' in "
        "'alembic_version'; 0 found",
        'psycopg.errors.UniqueViolation: duplicate key value violates unique constraint "alembic_version_pkc"',
        f"api-1     | {STEP}\nworker-1  | {STEP}\n"
        'worker-1  | psycopg.errors.DuplicateTable: relation "tasks" already exists\nworker-1 exited with code 1',
        "psycopg2.errors.UniqueViolation: ERREUR:  la valeur d'une clé dupliquée rompt la contrainte unique "
        "« pg_type_typname_nsp_index »",
    ],
    ids=["server", "tuple", "alembic", "version table", "one step twice", "french"],
)
def test_a_race_without_its_other_half_is_likely(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_the_contended_object_is_named_and_the_compose_file_shows_the_starters() -> None:
    command = ("sh", "-c", "alembic upgrade head && exec uvicorn main:app")
    services = (ComposeService("api", command=command, replicas=2), ComposeService("db"))
    facts = dataclasses.replace(
        evidence(app_log(f"psycopg.errors.UniqueViolation: {RACE}\n{DETAIL}")),
        compose=(ComposeFacts("compose:app", services=services, command="docker compose config"),),
    )
    found = find(facts)
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "alembic_version" in found.summary
    assert any("api, api" in link.claim for link in found.evidence)


@pytest.mark.parametrize(
    "text",
    [
        'psycopg.errors.UniqueViolation: duplicate key value violates unique constraint "users_email_key"',
        f'{STEP}\npsycopg.errors.DuplicateTable: relation "tasks" already exists',
        f'{STEP}\npsycopg.errors.DuplicateTable: relation "tasks" already exists\n{STEP}\n'
        'psycopg.errors.DuplicateTable: relation "tasks" already exists',
        "sqlalchemy.exc.OperationalError: (psycopg.errors.DeadlockDetected) deadlock detected",
        "psycopg.errors.SerializationFailure: could not serialize access due to concurrent update",
        f"api-1     | {STEP}\nworker-1  | {STEP}\napi-1     | INFO:     Application startup complete.",
        "",
    ],
    ids=["a row", "one starter", "a crash loop", "deadlock", "serialization", "nobody lost", "nothing"],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


LIGHTLY = (
    f"app-1  | 2026-01-20 12:53:17 [app.db] INFO: create_all raced, ignored: (psycopg2.errors.UniqueViolation) {RACE}"
)
SERVES = 'app-1  | 172.18.0.1 - - [20/Jan/2026:12:53:32 +0000] "GET /api/ping HTTP/1.1" 200 134'


def test_a_program_that_expected_it_and_serves_is_no_incident() -> None:
    said = find(evidence(app_log(f"{LIGHTLY}\n{SERVES}")))
    assert isinstance(said, RuledOut)
    assert said.fact == "log:app:2"


def test_a_service_that_works_now_is_no_incident() -> None:
    assert isinstance(find(evidence(app_log(f"psycopg.errors.UniqueViolation: {RACE}"), probe())), RuledOut)


def test_deadlocks_and_leftovers_hang_beneath_it() -> None:
    text = (
        "a-1 | error: deadlock detected { code: '40P01' }\n"
        f"b-1 | error: {RACE}\nb-1 | Back-off restarting failed container"
    )
    roots = causes.diagnose(evidence(app_log(text))).findings
    assert [one.cause for one in roots] == ["concurrent-migrations"]


def test_two_replicas_that_make_the_tools_own_table_have_raced() -> None:
    text = (
        "web-1  | INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n"
        "web-2  | INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n"
        'web-2  | psycopg2.errors.DuplicateTable: relation "alembic_version" already exists\n'
    )
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


BEGIN = "[pod/api-5d9c7f5b8d-{}/api] applying migrations\n"
EXISTS = '[pod/api-5d9c7f5b8d-2xk9w/api] 0012_add_tags.up.sql: ERROR: relation "tags" already exists (SQLSTATE 42P07)\n'


@pytest.mark.parametrize(
    ("text", "raced"),
    [
        (BEGIN.format("2xk9w") + BEGIN.format("7mm4t") + EXISTS, True),
        (BEGIN.format("2xk9w") + EXISTS + BEGIN.format("2xk9w") + EXISTS, False),
        (BEGIN.format("2xk9w") + EXISTS, False),
        ("web  | INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n" * 2 + EXISTS, False),
    ],
    ids=["two replicas", "a crash loop", "one", "a tool called twice"],
)
def test_two_replicas_that_begin_at_once_have_raced(text: str, raced: bool) -> None:
    assert isinstance(find(evidence(app_log(text))), Finding) is raced


TWINS = """\
api_1  | Running migrations:
api_2  | Running migrations:
api_1  |   Applying shop.0007_note... OK
api_1  | django.db.utils.ProgrammingError: column "note" of relation "shop_order" already exists
api_2  |   Applying shop.0008_note_index... OK"""


@pytest.mark.parametrize(
    ("first", "second"),
    [("api_1", "api_2"), ("api-6d9c7f5b8d-2xk9w api", "api-6d9c7f5b8d-9fw4d api")],
    ids=["replicas", "pods"],
)
def test_both_programs_are_shown_and_the_logs_of_all_are_not_asked_for(first: str, second: str) -> None:
    found = find(evidence(app_log(TWINS.replace("api_1", first).replace("api_2", second))))
    assert isinstance(found, Finding)
    assert [link.line for link in found.evidence][:3] == [1, 2, 4]
    assert "begins too, before" in found.evidence[1].claim
    assert found.missing == ()


def test_one_replica_after_the_other_is_not_at_once() -> None:
    lines = TWINS.replace("api_1  |   Applying shop.0007_note... OK", "api_1  | Starting gunicorn 21.2.0").split("\n")
    told = find(evidence(app_log("\n".join([lines[0], lines[2], lines[1], *lines[3:]]))))
    assert not (isinstance(told, Finding) and any("begins too" in link.claim for link in told.evidence))


@pytest.mark.parametrize(
    "text",
    [
        "Database migration skipped, another migration is already running\n"
        'INFO:     172.18.0.1:50022 - "GET /health HTTP/1.1" 200 OK',
        "WARN another migration is already running, skipping",
    ],
)
def test_a_program_that_leaves_the_migrations_to_another_has_not_failed(text: str) -> None:
    assert find(evidence(app_log(text))) is None


def test_a_program_that_serves_after_it_was_turned_away_has_not_failed_either() -> None:
    served = "[2026-01-20 10:00:02 +0000] [1] [INFO] Listening at: http://0.0.0.0:5001 (1)"
    one, other = f"web-1  | {TURNED_AWAY}\nweb-1  | {served}", f"web-1  | {TURNED_AWAY}\nadmin-1  | {served}"
    assert isinstance(find(evidence(app_log(one))), RuledOut)
    assert isinstance(find(evidence(app_log(other))), Finding)


def test_a_program_that_ended_over_it_has() -> None:
    found = find(evidence(app_log(f"{TURNED_AWAY}\napp exited with code 1")))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert found.summary == "Another program was applying migrations, so this one was refused and its program failed."
