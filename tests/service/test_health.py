"""Health and metrics in every state a database can be in."""

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from taskmanager.config import MIGRATIONS_FOLDER, Settings
from taskmanager.database import Database, PoolUse
from taskmanager.errors import error_class
from taskmanager.health import observe
from taskmanager.metrics import SCHEMA_STATES, Metrics
from taskmanager.migrations import Migrations
from taskmanager.models import Base
from tests.service.harness import Client, execute, free_port, migrate, serve

HEAD = "7ad2f6408bc1"


def metrics_of(client: Client) -> dict[tuple[str, ...], float]:
    answer = client("GET", "/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def set_connections_allowed(server: URL, database: URL, allowed: bool) -> None:
    """Takes a database away from everybody, or gives it back, while the server goes on for the others."""
    execute(
        server,
        f"ALTER DATABASE {database.database} ALLOW_CONNECTIONS {allowed}",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.database}'",
    )


def test_at_head_it_is_ok(client: Client) -> None:
    answer = client("GET", "/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "revision": HEAD,
        "expected_revision": HEAD,
        "reason": None,
    }
    metrics = metrics_of(client)
    assert metrics["taskmanager_migration_revision_info", HEAD, HEAD] == 1
    assert metrics["taskmanager_migrations_pending",] == 0
    assert metrics["taskmanager_database_up",] == 1


def test_behind_it_is_degraded_and_says_by_how_much(empty_database_url: URL) -> None:
    migrate(empty_database_url, "4f1c8a27d93e")
    with serve(empty_database_url) as client:
        answer = client("GET", "/health")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["revision"]) == ("degraded", "4f1c8a27d93e")
        assert answer.json()["reason"] == "The database is behind by 2: run `alembic upgrade head`"
        assert metrics_of(client)["taskmanager_migrations_pending",] == 2
        migrate(empty_database_url)
        assert client("GET", "/health").status_code == 200
        assert metrics_of(client)["taskmanager_migrations_pending",] == 0


def test_what_may_be_asked_is_counted_from_zero_on(client: Client) -> None:
    """A rate sees how a counter grows, never that it has come: the first failures of a route would be missed."""
    metrics = metrics_of(client)
    for route in (("GET", "/tasks"), ("POST", "/tasks"), ("GET", "/tasks/{task_id}"), ("GET", "/health")):
        for kind in ("4xx", "5xx"):
            assert metrics["taskmanager_http_errors_total", *route, kind] == 0
            assert metrics["taskmanager_http_requests_total", *route, kind] == 0


def test_tables_made_without_migrations_are_degraded(empty_database_url: URL, database: Database) -> None:
    with database.connection() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    with serve(empty_database_url) as client:
        answer = client("GET", "/health")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["revision"]) == ("degraded", None)
        assert "never migrated" in answer.json()["reason"]
        assert metrics_of(client)["taskmanager_migration_revision_info", "none", HEAD] == 1
        assert metrics_of(client)["taskmanager_migrations_pending",] == 3


def test_a_revision_of_newer_code_is_degraded(empty_database_url: URL) -> None:
    migrate(empty_database_url)
    execute(empty_database_url, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    with serve(empty_database_url) as client:
        answer = client("GET", "/health")
        assert answer.status_code == 503
        assert "ffffffffffff, which this code does not know" in answer.json()["reason"]
        metrics = metrics_of(client)
        assert metrics["taskmanager_migrations_pending",] == 0
        assert metrics["taskmanager_migrations_unknown",] == 1


def test_while_the_database_is_gone_it_is_unavailable_and_recovers(server_url: URL, empty_database_url: URL) -> None:
    migrate(empty_database_url)
    with serve(empty_database_url) as client:
        assert client("GET", "/health").status_code == 200
        set_connections_allowed(server_url, empty_database_url, False)
        answer = client("GET", "/health")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["database"]) == ("unavailable", "unavailable")
        assert str(empty_database_url.database) not in answer.text
        assert "127.0.0.1" not in answer.text

        answer = client("GET", "/tasks")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json() == {"detail": "The database cannot serve this request now; try again later"}

        metrics = metrics_of(client)
        assert metrics["taskmanager_database_up",] == 0
        assert math.isnan(metrics["taskmanager_migrations_pending",])
        assert math.isnan(metrics["taskmanager_migrations_unknown",])
        assert metrics["taskmanager_migration_revision_info", "unknown", HEAD] == 1
        assert ("taskmanager_migration_revision_info", HEAD, HEAD) not in metrics
        assert metrics["taskmanager_database_errors_total", "connection"] == 3
        assert metrics["taskmanager_http_errors_total", "GET", "/tasks", "5xx"] == 1

        set_connections_allowed(server_url, empty_database_url, True)
        assert client("GET", "/health").status_code == 200
        assert client("GET", "/tasks").status_code == 200


def test_a_table_lost_while_serving_is_503_and_counted_by_sqlstate(empty_database_url: URL) -> None:
    migrate(empty_database_url)
    with serve(empty_database_url) as client:
        execute(empty_database_url, "DROP TABLE tasks")
        for method, path in [("GET", "/tasks"), ("POST", "/tasks"), ("GET", "/tasks/1"), ("DELETE", "/tasks/1")]:
            answer = client(method, path, json={"title": "x"} if method == "POST" else None)
            assert answer.status_code == 503
            assert "SELECT" not in answer.text
        metrics = metrics_of(client)
        assert metrics["taskmanager_database_errors_total", "42"] == 4
        assert metrics["taskmanager_schema_errors_total", "42P01"] == 4
        assert metrics["taskmanager_schema_errors_total", "42703"] == 0
        states = {key[1] for key in metrics if key[0] == "taskmanager_schema_errors_total"}
        assert states == SCHEMA_STATES  # whatever else goes wrong, there is no other value


def test_the_pool_is_shown_as_it_is_used(database: Database, empty_database_url: URL) -> None:
    assert database.pool_use() == PoolUse(0, 0, 10)
    with database.connection(), database.connection():
        assert database.pool_use() == PoolUse(2, 0, 10)
    assert database.pool_use() == PoolUse(0, 2, 10)
    migrate(empty_database_url)
    with serve(empty_database_url) as client:
        client("GET", "/tasks")
        metrics = metrics_of(client)
        assert metrics["taskmanager_database_pool_connections", "in_use"] == 0  # the scrape's own is not counted
        assert metrics["taskmanager_database_pool_connections", "idle"] == 1
        assert metrics["taskmanager_database_pool_limit",] == 10


def test_an_address_where_nobody_listens_is_a_verdict_not_an_exception() -> None:
    url = URL.create("postgresql+psycopg", "somebody", "s3cret", "127.0.0.1", free_port(), "nothing")
    database, metrics = Database(Settings(url)), Metrics()
    verdict = observe(database, Migrations(MIGRATIONS_FOLDER), metrics)
    database.close()
    assert (verdict.status, verdict.expected_revision) == ("unavailable", HEAD)
    assert "s3cret" not in verdict.model_dump_json()
    assert b'taskmanager_database_errors_total{sqlstate_class="connection"} 1.0' in metrics.render()


def test_an_image_without_scripts_says_so(empty_database_url: URL, database: Database) -> None:
    migrations = Migrations(MIGRATIONS_FOLDER / "not-here")
    verdict = observe(database, migrations, Metrics())
    assert (verdict.status, verdict.expected_revision) == ("degraded", None)
    assert "holds no migration scripts" in str(verdict.reason)


def test_labels_are_bounded_whatever_clients_send(client: Client) -> None:
    client("POST", "/tasks", json={"title": "x"})
    for number in range(5):
        assert client("GET", f"/nowhere/{number}").status_code == 404
        assert client(f"ODD{number}", "/tasks").status_code == 405
        assert client("GET", f"/tasks/{2_000_000_000 + number}").status_code == 404
        assert client("GET", f"/tasks/x{number}").status_code == 422
    requests_seen = {
        key[1:]: value for key, value in metrics_of(client).items() if key[0] == "taskmanager_http_requests_total"
    }
    assert requests_seen["GET", "unmatched", "4xx"] == 5
    assert requests_seen["other", "/tasks", "4xx"] == 5
    assert requests_seen["GET", "/tasks/{task_id}", "4xx"] == 10
    assert requests_seen["POST", "/tasks", "2xx"] == 1
    routes = {route for _, route, _ in requests_seen}
    assert routes <= {"unmatched", "/tasks", "/tasks/{task_id}", "/health", "/metrics"}
    metrics = metrics_of(client)
    assert metrics["taskmanager_http_errors_total", "GET", "unmatched", "4xx"] == 5
    assert metrics["taskmanager_http_request_duration_seconds_count", "POST", "/tasks"] == 1
    assert metrics["taskmanager_http_requests_in_flight",] == 1  # the one that asks
    assert any(key[0] == "taskmanager_build_info" for key in metrics)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(PoolTimeout("no connection free"), "pool"), (OperationalError("", {}, Exception()), "connection")],
)
def test_an_error_without_sqlstate_has_a_class_too(error: PoolTimeout | OperationalError, expected: str) -> None:
    assert error_class(error) == expected


@pytest.mark.parametrize(
    ("code", "expected"), [("42P01", "42"), ("53300", "53"), ("MY001", "other"), ("T0000", "other")]
)
def test_a_code_that_a_function_has_made_up_is_no_label_of_its_own(
    database: Database, code: str, expected: str
) -> None:
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
    with database.connection() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement))
    assert error_class(caught.value) == expected
