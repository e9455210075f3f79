"""What is read from a container, without an engine: logs as it sends them, states, secrets, and the database's URL."""

import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import _container_database as databases
from incidentlab.collectors import _container_reading
from incidentlab.collectors._container_secrets import secrets_of
from incidentlab.engines._docker import condition, listing, logpieces, pastlog
from incidentlab.model.evidence import ImageFacts
from incidentlab.redact import Redactor

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def frame(kind: int, text: str, milliseconds: int = 0) -> bytes:
    stamp = (NOON + timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    payload = f"{stamp}000Z {text}".encode()
    return struct.pack(">BxxxL", kind, len(payload)) + payload


def lines_of(raw: bytes, *, tty: bool = False, step: int = 7) -> list[str]:
    return [line.text for line in log_of(raw, tty=tty, step=step).lines]


def log_of(raw: bytes, *, tty: bool = False, step: int = 7) -> pastlog.PastLog:
    """Read a log as it would come in pieces of ``step`` bytes."""
    taking = logpieces.Taking()
    chunks = [raw[at : at + step] for at in range(0, len(raw), step)]
    for stream, piece in logpieces.lines_of_terminal(chunks) if tty else logpieces.frames(chunks, taking):
        taking.add(stream, piece)
    return pastlog.PastLog(logpieces.in_order(taking.pieces, ()), taking.is_cut, taking.broken)


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.text(st.characters(blacklist_categories=["C", "Z"]), max_size=30))),
    st.integers(1, 50),
)
def test_frames_are_put_together_however_they_come(said: list[tuple[int, str]], step: int) -> None:
    raw = b"".join(frame(kind, f"{text}\n", number * 500) for number, (kind, text) in enumerate(said))
    assert lines_of(raw, step=step) == [text for _, text in said]


@given(st.binary(max_size=300), st.integers(1, 50), st.booleans())
def test_no_bytes_are_too_strange(raw: bytes, step: int, tty: bool) -> None:
    lines_of(raw, tty=tty, step=step)


def test_a_line_of_the_other_stream_does_not_stand_within_a_traceback() -> None:
    trace = ["Traceback (most recent call last):", '  File "a.py", line 1', "    f()", "ValueError: x"]
    raw = b"".join(frame(2, f"{text}\n", 2 * number) for number, text in enumerate(trace))
    raw += frame(1, "GET /health\n", 3)
    assert lines_of(raw) == [*trace, "GET /health"]


def test_what_the_engine_says_in_the_stream_is_no_line_of_the_program() -> None:
    log = log_of(frame(1, "up\n") + frame(3, "error from daemon in stream: unexpected EOF\n"))
    assert [line.text for line in log.lines] == ["up"]
    assert "unexpected EOF" in log.unread


def test_a_flood_is_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logpieces, "MOST_BYTES", 1000)
    log = log_of(b"".join(frame(1, f"line {number}\n", number) for number in range(100)), step=64)
    assert log.is_cut
    assert log.lines[-1].text == "line 99"
    assert len(log.lines) < 30


def test_pieces_of_a_long_line_come_together_again_on_a_terminal() -> None:
    stamp = b"2026-01-01T12:00:00.000000000Z "
    raw = stamp + b"a" * 16384 + stamp + b"b" * 16384 + stamp + b"c\r\n" + stamp + b"next\r\n"
    assert lines_of(raw, tty=True, step=4096) == ["a" * 16384 + "b" * 16384 + "c", "next"]


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"DATABASE_URL": "postgresql+psycopg://u:p%40@db:5433/app?sslmode=require"}, "postgresql://u:p%40@db:5433/app?sslmode=require"),
        ({"DATABASE_URL": "mysql://u:p@db/app"}, None),
        ({"DATABASE_URL": "sqlite:///x.db", "PG_URL": "postgres://db/x"}, "postgresql://db/x"),
        ({"SQLALCHEMY_DATABASE_URI": '"postgres://u@db/x"'}, "postgresql://u@db/x"),
        ({"MY_OWN": "postgis://u:p@gis/x"}, "postgresql://u:p@gis/x"),
        (
            {"SPRING_DATASOURCE_URL": "jdbc:postgresql://db:5432/x", "SPRING_DATASOURCE_USERNAME": "u",
             "SPRING_DATASOURCE_PASSWORD": "p/q"},
            "postgresql://u:p%2Fq@db:5432/x",
        ),
        ({"PGHOST": "db", "PGPORT": "6432", "PGUSER": "u", "PGPASSWORD": "p@", "PGDATABASE": "x"}, "postgresql://u:p%40@db:6432/x"),
        ({"POSTGRES_SERVER": "db", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "p", "POSTGRES_DB": "x"}, "postgresql://u:p@db:5432/x"),
        ({"DB_HOST": "db", "DB_NAME": "x", "DB_USER": "u", "DB_PASS": "p"}, "postgresql://u:p@db:5432/x"),
        ({"DB_HOST": "db:5433", "DB_NAME": "x", "DB_USER": "u"}, "postgresql://u@db:5433/x"),
        ({"SQL_ENGINE": "django.db.backends.postgresql", "SQL_HOST": "db", "SQL_DATABASE": "x", "SQL_USER": "u"}, "postgresql://u@db:5432/x"),
        ({"DB_CONNECTION": "mysql", "DB_HOST": "db", "DB_DATABASE": "x"}, None),
        ({"DB_HOST": "db", "DB_PORT": "3306", "DB_NAME": "x"}, None),
        ({"DB_HOST": "db"}, None),
        ({"PGDATA": "/var/lib/postgresql/data", "POSTGRES_PASSWORD": "p"}, "postgresql://postgres:p@:5432/postgres"),
        ({"PGDATA": "/var/lib/postgresql/data"}, None),
        ({"DATABASE_URL": "postgresql://u:p@h1:5432,h2:5432/x"}, None),
        ({"DATABASE_URL": "postgresql://u:p@[bad/x"}, None),
        ({"DATABASE_URL": ""}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_database_that_an_environment_names(environment: dict[str, str], url: str | None) -> None:
    found = databases.named(environment)
    assert (found.url if found else None) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@db/x?a=1", "postgresql://u:p@h:1/x?a=1"),
        ("postgresql://db", "postgresql://h:1"),
        ("postgresql://db:5/x", "postgresql://h:1/x"),
        ("postgresql://u:p@:5432/x", "postgresql://u:p@h:1/x"),
    ],
)
def test_a_url_is_moved(url: str, expected: str) -> None:
    assert databases.moved(url, "h", 1) == expected
    assert databases.moved(url, "::1", 1) == expected.replace("h:1", "[::1]:1")


def test_passwords_are_secret_and_words_of_the_log_stay() -> None:
    environment = {
        "DATABASE_URL": "postgresql://taskapp:taskapp@db/tasks",
        "DB_PASSWORD": "postgres",
        "REDIS_URL": "redis://:hunter%2142@cache/0",
        "API_TOKEN": "abcd-efgh",
        "POSTGRES_USER": "abcd-user",
        "MIGRATE_PASSWORD": "abcd-user",
        "X_SECRET": "web",
    }
    assert set(secrets_of([environment], ["web"])) == {"hunter%2142", "hunter!42", "abcd-efgh"}


def _states() -> Iterator[tuple[dict[str, object], str, int | None]]:
    yield {"Status": "running", "Running": True, "ExitCode": 0}, "running", None
    yield {"Status": "running", "Restarting": True, "Running": True, "ExitCode": 3}, "restarting", 3
    yield {"Status": "exited", "ExitCode": 0}, "exited", 0
    yield {"Status": "dead", "ExitCode": 255, "Dead": True}, "dead", 255
    yield {"Status": "removing", "ExitCode": 1}, "missing", 1
    yield {"Status": "configured", "ExitCode": 0}, "created", None
    yield {"Status": "stopped", "ExitCode": 2}, "exited", 2


@pytest.mark.parametrize(("state", "status", "code"), list(_states()))
def test_states_of_docker_and_podman(state: dict[str, object], status: str, code: int | None) -> None:
    facts = condition.container_facts({"Id": "abc", "Name": "/x", "State": state}, Redactor(), "x")
    assert (facts.status, facts.exit_code, facts.name) == (status, code, "x")
    assert (facts.restarts, facts.health, facts.health_output, facts.networks) == (0, "none", "", ())


def test_the_last_health_check_counts_and_is_redacted() -> None:
    log = [
        {"ExitCode": 0, "Output": "fine"},
        {"ExitCode": 1, "Output": "\x1b[31mpassword=hunter22\x1b[0m\n" + "x" * 5000},
    ]
    state = {"Status": "running", "Health": {"Status": "unhealthy", "Log": log}}
    facts = condition.container_facts({"Id": "abc", "Name": "/x", "State": state}, Redactor(), "x")
    assert facts.health_output.startswith("exit code 1: password=***\nxxx")
    assert len(facts.health_output) == 2000


def test_labels_of_compose() -> None:
    text = "db:service_healthy:false,migrate:service_completed_successfully:true"
    assert listing.waits_for(text) == {"db": "service_healthy", "migrate": "service_completed_successfully"}
    assert listing.waits_for("") == {}
    assert listing.waits_for("db") == {"db": "service_started"}
    assert listing.config_files("/a/b.yml, /a/c.yml") == ("/a/b.yml", "/a/c.yml")
    assert json.dumps(listing.config_files("")) == "[]"


@pytest.mark.parametrize(
    ("command", "policy", "expected"),
    [
        (("alembic", "upgrade", "head"), "no", True),
        (("sh", "-c", "cd /app && alembic -c a.ini upgrade head"), "", True),
        (("python", "manage.py", "migrate", "--noinput"), "on-failure", True),
        (("sh", "-c", "alembic upgrade head && uvicorn app:app"), "no", False),
        (("sh", "-c", "alembic upgrade head; exec gunicorn app"), "no", False),
        (("alembic", "upgrade", "head"), "always", False),
        (("uvicorn", "app:app"), "no", False),
        ((), "no", False),
    ],
)
def test_what_only_migrates_is_meant_to_end(command: tuple[str, ...], policy: str, expected: bool) -> None:
    inspected = {"HostConfig": {"RestartPolicy": {"Name": policy}}}
    assert _container_reading._is_one_shot(inspected, ImageFacts("image:x", "x", cmd=command)) is expected
