"""What every engine promises to the steps of a scenario, held against each of them for real."""

from functools import partial
from pathlib import Path
from threading import Event, Timer
from time import monotonic
from urllib.parse import urlsplit

import psycopg
import pytest

from incidentlab.engines._base import Stack
from incidentlab.errors import EnvironmentUnfitError
from incidentlab.model.scenario import DatabaseSpec
from tests.engines.harness import Bench, dockerfile, until
from tests.engines.test_contract import ask, query, serving


def test_an_owner_is_no_superuser_and_owns_its_database(bench: Bench) -> None:
    with bench.up(dockerfile("crash"), database=DatabaseSpec(rights="owner")) as stack:
        assert stack.owner_url == stack.database_url
        assert query(stack.database_url, "SELECT current_user") == "taskmanager"
        assert query(stack.database_url, "SHOW is_superuser") == "off"
        assert query(stack.admin_url, "SHOW is_superuser") == "on"
        with psycopg.connect(stack.database_url) as session:
            session.execute("CREATE TABLE own (id int)")
        for url in (stack.database_url, stack.owner_url, stack.admin_url):
            assert urlsplit(url).password in stack.secrets
    bench.assert_nothing_left()


def test_sql_of_an_owner_cannot_reach_out_of_the_database(bench: Bench) -> None:
    reaching = (
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY (SELECT 1) TO '/tmp/reached'",
        "SELECT pg_read_file('/etc/hostname')",
        "ALTER SYSTEM SET archive_command = 'true'",
        "GRANT pg_execute_server_program TO CURRENT_USER",
        "CREATE EXTENSION dblink",
        "SET ROLE postgres",
    )
    with (
        bench.up(dockerfile("crash"), database=DatabaseSpec(rights="owner")) as stack,
        psycopg.connect(stack.owner_url, autocommit=True) as session,
    ):
        for statement in reaching:
            with pytest.raises(psycopg.Error):
                session.execute(statement.encode())


def test_a_role_without_rights_stands_beside_the_owner(bench: Bench) -> None:
    with bench.up(dockerfile("crash"), database=DatabaseSpec(rights="none")) as stack:
        assert query(stack.owner_url, "SELECT current_user") == "taskmanager_owner"
        with psycopg.connect(stack.owner_url) as session:
            session.execute("CREATE TABLE theirs (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(stack.database_url, "SELECT count(*) FROM theirs")


def test_by_default_all_three_roles_are_one(bench: Bench) -> None:
    with bench.up(dockerfile("crash")) as stack:
        assert stack.database_url == stack.owner_url == stack.admin_url


def test_the_database_can_be_stopped_and_started_where_it_is(bench: Bench) -> None:
    with bench.up(dockerfile("crash"), database=DatabaseSpec(interrupted=True)) as stack:
        with psycopg.connect(stack.database_url) as session:
            session.execute("CREATE TABLE kept AS SELECT 7 AS number")
        address = stack.database_url
        stack.stop_database()
        with pytest.raises(psycopg.OperationalError):
            query(address, "SELECT 1")
        stack.start_database()
        assert stack.database_url == address
        assert query(address, "SELECT number FROM kept") == 7
        until(lambda: sum("ready to accept connections" in line.text for line in stack.logs("database")) > 1)
    bench.assert_nothing_left()


def test_a_stopped_database_goes_with_its_stack(bench: Bench) -> None:
    with bench.up(dockerfile("crash"), database=DatabaseSpec(interrupted=True)) as stack:
        stack.stop_database()
    bench.assert_nothing_left()


def test_a_job_runs_in_the_image_with_its_output_and_exit_code(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "over").mkdir()
    (tmp_path / "over" / "laid-over.txt").write_text("laid over")
    with bench.up(dockerfile("crash"), env={"DATABASE_URL": "wrong"}, database=DatabaseSpec(rights="none")) as stack:
        done = stack.run_once(("python", "patient.py", "job", "3"))
        assert done.exit_code == 3
        assert done.output[0].startswith("in app with postgresql://taskmanager:***@")
        assert done.output[1] == "nothing laid over"
        done = stack.run_once(("python", "patient.py", "job", "0"), files=tmp_path / "over", login="owner")
        assert done.exit_code == 0
        assert done.output[0].startswith("in app with postgresql://taskmanager_owner:***@")
        assert done.output[1] == "laid over"
        assert stack.run_once(("python", "patient.py", "job", "0")).output[1] == "nothing laid over"
    bench.assert_nothing_left()


def test_a_job_that_hangs_is_ended_and_one_that_is_not_there_is_said(bench: Bench) -> None:
    with bench.up(dockerfile("crash")) as stack:
        assert stack.run_once(("python", "patient.py", "hang"), timeout=1.5).exit_code == 137
        assert stack.run_once(("no-such-program",)).exit_code == 127
    bench.assert_nothing_left()


def test_a_job_that_nobody_waits_for_any_more_is_ended(bench: Bench) -> None:
    over = Event()
    with bench.up(dockerfile("crash")) as stack:
        Timer(0.7, over.set).start()
        began = monotonic()
        assert stack.run_once(("python", "patient.py", "hang"), over=over).exit_code == 137
        assert monotonic() - began < 60
    bench.assert_nothing_left()


def test_replicas_have_addresses_and_logs_of_their_own(bench: Bench) -> None:
    with bench.up(dockerfile("healthy"), replicas=3) as stack:
        stack.start_app()
        for replica in (1, 2, 3):
            until(partial(stack.logs, "app", replica))
            assert [line.text for line in stack.logs("app", replica)] == ["ready"]
            assert stack.app(replica).status == "running"
            assert stack.logs("app", replica)[0].replica == replica
        assert len(set(stack.app_urls)) == 3
        assert stack.app_url == stack.app_urls[0]
        assert [stack.app(replica).id for replica in (1, 2)] == ["container:app", "container:app-2"]
        assert not stack.wait_app_exit(0.05)
    bench.assert_nothing_left()


def test_the_exit_of_any_replica_is_seen(bench: Bench) -> None:
    with bench.up(dockerfile("crash"), replicas=2) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        until(lambda: all(stack.app(replica).status == "exited" for replica in (1, 2)))
    bench.assert_nothing_left()


def test_an_occupied_port_is_the_apps_failure(bench: Bench) -> None:
    with bench.up(dockerfile("healthy")) as stack:
        stack.occupy_port()
        stack.start_app()
        assert stack.wait_app_exit(30)
        said = " ".join((stack.app().error, *(line.text for line in stack.logs("app"))))
        assert "address already in use" in said.lower()
    bench.assert_nothing_left()


def _env(stack: Stack) -> dict[str, str]:
    env: dict[str, str] = ask(serving(stack))["env"]
    return env


def test_a_variant_takes_variables_away_and_fills_in_the_address(bench: Bench) -> None:
    env = {"DATABASE_URL": None, "FIRST": None, "OTHER": "postgresql://{user}:{password}@{host}:{port}/{name}?x={y}"}
    with bench.up(dockerfile("healthy", "ENV FIRST=1"), env=env) as stack:
        told = _env(stack)
        assert "DATABASE_URL" not in told
        assert "FIRST" not in told
        parts = urlsplit(told["OTHER"])
        assert (parts.username, parts.path, parts.query) == ("taskmanager", "/taskmanager", "x={y}")
        assert parts.password in stack.secrets


def test_memory_is_limited_truthfully_or_refused(bench: Bench) -> None:
    if bench.engine.name == "local":
        with pytest.raises(EnvironmentUnfitError, match="cannot limit memory"), bench.up("", memory=1):
            pytest.fail("a limit was ignored")
        bench.assert_nothing_left()
        return
    with bench.up(dockerfile("greedy"), memory=64 * 1024**2) as stack:
        stack.start_app()
        assert stack.wait_app_exit(60)
        facts = stack.app()
        assert (facts.exit_code, facts.oom_killed) == (137, True)
    bench.assert_nothing_left()


def test_a_small_volume_is_small_or_refused(bench: Bench) -> None:
    database = DatabaseSpec(volume=16 * 1024**2)
    if bench.engine.name == "local":
        with pytest.raises(EnvironmentUnfitError, match="small volume"), bench.up("", database=database):
            pytest.fail("a volume was ignored")
        return
    with bench.up(dockerfile("crash"), database=database) as stack:
        folder = f"{stack.volume}/x"
        with psycopg.connect(stack.admin_url, autocommit=True) as session:
            session.execute(f"COPY (SELECT 1) TO PROGRAM 'mkdir -m 700 {folder}'".encode())
            session.execute(f"CREATE TABLESPACE small LOCATION '{folder}'".encode())
            with pytest.raises(psycopg.errors.DiskFull):
                session.execute(
                    "CREATE TABLE big TABLESPACE small AS SELECT repeat('x', 2000) FROM generate_series(1, 20000)"
                )
    bench.assert_nothing_left()
