"""Each step on a real database: what it does is there, and is gone when the scene closes."""

from time import monotonic

import psycopg
import pytest

from incidentlab.engines._base import Stack
from incidentlab.errors import StepFailedError
from incidentlab.lab import staging
from incidentlab.model.scenario import DatabaseSpec
from incidentlab.model.step import (
    DelayDatabase,
    DropPrivileges,
    FillVolume,
    HoldLock,
    LimitConnections,
    RunJob,
    Sql,
    StopDatabase,
    Upgrade,
)
from tests.engines.harness import until
from tests.steps.conftest import Stage

OWNER = DatabaseSpec(rights="owner")
TABLE = Sql("CREATE TABLE tasks (id int, title text)")


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as session:
        row = session.execute(query.encode()).fetchone()
        return row[0] if row else None


def blocked(url: str) -> bool:
    try:
        with psycopg.connect(url, options="-c lock_timeout=200ms") as session:
            session.execute("ALTER TABLE tasks ADD COLUMN more int")
            session.rollback()
    except psycopg.errors.LockNotAvailable:
        return True
    return False


def test_sql_runs_as_one_transaction_or_statement_by_statement(stage: Stage) -> None:
    with stage.scene(OWNER) as (scene, stack):
        staging.before((TABLE, Sql("INSERT INTO tasks VALUES (1, 'a;b');\nINSERT INTO tasks VALUES (2, 'c')")), scene)
        staging.before((Sql("CREATE INDEX CONCURRENTLY i ON tasks (id);\nSELECT 1;", autocommit=True),), scene)
        with pytest.raises(StepFailedError) as caught:
            staging.before((Sql("INSERT INTO tasks VALUES (3, 'x'); SELECT 1/0"),), scene)
        assert "division by zero" in caught.value.why
        assert value(stack.database_url, "SELECT count(*) FROM tasks") == 2
    assert stage.told[0] == "SQL as the owner: CREATE TABLE tasks (id int, title text)"


def test_sql_runs_as_the_role_that_is_asked_for(stage: Stage) -> None:
    who = "CREATE TABLE who AS SELECT current_user::text AS name"
    with stage.scene(DatabaseSpec(rights="none")) as (scene, stack):
        staging.before((Sql(who),), scene)
        assert value(stack.owner_url, "SELECT name FROM who") == "taskmanager_owner"
        with pytest.raises(StepFailedError, match="could not be carried out"):
            staging.before((Sql("SELECT * FROM who", "app"),), scene)


def test_a_lock_is_held_until_the_scene_closes(stage: Stage) -> None:
    with stage.scene(OWNER) as (scene, stack):
        staging.before((TABLE, HoldLock("tasks", name="monthly report")), scene)
        seen = "SELECT state FROM pg_stat_activity WHERE application_name = 'monthly report'"
        assert value(stack.admin_url, seen) == "idle in transaction"
        assert blocked(stack.owner_url)
        scene.close()
        until(lambda: not blocked(stack.owner_url), 5)


def test_a_lock_is_released_after_its_time(stage: Stage) -> None:
    with stage.scene(OWNER) as (scene, stack):
        staging.before((TABLE, HoldLock("tasks", seconds=0.3)), scene)
        assert blocked(stack.owner_url) or "The lock on tasks is released" in stage.told
        until(lambda: not blocked(stack.owner_url), 5)
        assert "The lock on tasks is released" in stage.told


def test_so_many_connections_are_left_and_no_more(stage: Stage) -> None:
    with stage.scene(DatabaseSpec(rights="owner", settings={"max_connections": "12"})) as (scene, stack):
        staging.before((LimitConnections(left=2),), scene)
        one, two = psycopg.connect(stack.database_url), psycopg.connect(stack.database_url)
        with one, two, pytest.raises(psycopg.OperationalError, match="reserved"):
            psycopg.connect(stack.database_url)
        scene.close()
        until(lambda: _can_connect(stack), 5)


def _can_connect(stack: Stack) -> bool:
    try:
        psycopg.connect(stack.database_url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_too_many_connections_are_refused_by_name(stage: Stage) -> None:
    with (
        stage.scene(DatabaseSpec(rights="owner", settings={"max_connections": "500"})) as (scene, _),
        pytest.raises(StepFailedError, match="sessions would be needed"),
    ):
        staging.before((LimitConnections(),), scene)


def test_rights_are_taken_away(stage: Stage) -> None:
    grant = Sql("GRANT SELECT, INSERT ON tasks TO taskmanager; GRANT SELECT ON tasks TO PUBLIC")
    with stage.scene(DatabaseSpec(rights="none")) as (scene, stack):
        staging.before((TABLE, grant), scene)
        assert value(stack.database_url, "SELECT count(*) FROM tasks") == 0
        staging.before((DropPrivileges(("select",), "table tasks"),), scene)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            value(stack.database_url, "SELECT count(*) FROM tasks")


def test_a_delayed_database_answers_so_long_after_the_apps_start(stage: Stage) -> None:
    with stage.scene(DatabaseSpec(rights="owner", interrupted=True)) as (scene, stack):
        staging.before((DelayDatabase(0.5),), scene)
        assert not _can_connect(stack)
        began = monotonic()
        scene.started.set()
        until(lambda: _can_connect(stack), 20)
        assert monotonic() - began >= 0.4


def test_a_database_that_is_never_started_again_does_not_hold_the_end_up(stage: Stage) -> None:
    with stage.scene(DatabaseSpec(rights="owner", interrupted=True)) as (scene, stack):
        staging.before((DelayDatabase(3600), StopDatabase()), scene)
        assert not _can_connect(stack)
        began = monotonic()
        scene.close()
        assert monotonic() - began < 10


def test_a_stopped_database_comes_back(stage: Stage) -> None:
    with stage.scene(DatabaseSpec(rights="owner", interrupted=True)) as (scene, stack):
        done = staging.during((StopDatabase(seconds=0.3, after=0.1),), scene)
        assert done.wait(20)
        until(lambda: _can_connect(stack), 20)
    assert stage.bad == []


def test_a_job_that_fails_tells_its_last_lines(stage: Stage) -> None:
    with stage.scene(OWNER) as (scene, _):
        staging.before((RunJob(("python", "patient.py", "job", "0")),), scene)
        with pytest.raises(StepFailedError) as caught:
            staging.before((RunJob(("python", "patient.py", "job", "4")),), scene)
    assert "exit code 4" in caught.value.what
    assert "postgresql://taskmanager:***@" in caught.value.why


def test_an_upgrade_that_fails_tells_its_last_lines(stage: Stage) -> None:
    with stage.scene(OWNER) as (scene, _), pytest.raises(StepFailedError) as caught:
        staging.before((Upgrade("head"),), scene)  # the patient has no migrations
    assert caught.value.why


@pytest.mark.docker
def test_a_filled_volume_takes_no_row_more(docker_stage: Stage) -> None:
    with docker_stage.scene(DatabaseSpec(rights="owner", volume=16 * 1024**2)) as (scene, stack):
        staging.before((TABLE, FillVolume()), scene)
        with psycopg.connect(stack.database_url) as session, pytest.raises(psycopg.errors.DiskFull):
            session.execute("INSERT INTO tasks SELECT n, repeat('x', 500) FROM generate_series(1, 5000) AS n")
