"""What stands before a line is taken off and says who spoke and when; what merely looks so stays."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import log
from incidentlab.model.evidence import LogEvent

DATA = Path(__file__).parent / "data"
_DOCKER_TIME = "2026-11-23T20:15:30.123456789Z "

# What a log keeper writes before a line, the service that it names, and whether it gives a time.
PREFIXES = [
    (_DOCKER_TIME, "", True),
    ("2026-11-23T20:15:30.1234567Z ", "", True),
    ("web-1  | ", "web", False),
    ("web_1               | ", "web", False),
    ("\x1b[36mweb-1  | \x1b[0m", "web", False),
    ("web-1  | " + _DOCKER_TIME, "web", True),
    ("label_db  | ", "label_db", False),
    ("studio-6d9c7f5b8d-2xk9w  | ", "studio", False),
    ("[pod/web-6d9c7f5b8d-2xk9w/web] ", "web", False),
    ("[pod/web-6d9c7f5b8d-2xk9w/migrate] " + _DOCKER_TIME, "web/migrate", True),
    ("web-6d9c7f5b8d-2xk9w web ", "web", False),
    ("web-6d9c7f5b8d-2xk9w migrate | ", "web/migrate", False),
    ("default/web-6d9c7f5b8d-2xk9w[web]: ", "web", False),
    ("2026-11-23T20:15:30.123456789Z stdout F ", "", True),
    ("2026-11-23T20:15:30.123456789+01:00 stderr F ", "", True),
    ("Nov 23 20:15:30 host gunicorn[812]: ", "gunicorn", False),
    ("2026-11-23T20:15:30+0100 host web.service[812]: ", "web", True),
    ("<34>1 2026-11-23T20:15:30.003Z host web 812 ID47 - ", "web", True),
    ("2026-11-23T20:15:30.123456+00:00 app[web.1]: ", "web", True),
    ("build\tRun tests\t2026-11-23T20:15:30.1234567Z ", "", True),
]
_ORDINARY = st.sampled_from(
    [
        "INFO:     Started server process [1]",
        'INFO:     127.0.0.1:1 - "GET / HTTP/1.1" 200 OK',
        "ERROR:    Application startup failed. Exiting.",
        "Traceback (most recent call last):",
        '  File "/app/main.py", line 1, in f',
        "    f()",
        "psycopg.errors.UndefinedTable: relation x",
        "LINE 1: SELECT",
        "",
        "2026-01-20 23:30:13.551 UTC [41] ERROR:  x",
        "2026-01-20 23:30:13.551 UTC [41] STATEMENT:  SELECT",
        "\tFROM x",
        "error: relation",
        "    at f (a.js:1:2)",
        'level=error msg="x"',
        "  id | name",
    ]
)


def _alike(events: tuple[LogEvent, ...]) -> list[LogEvent]:
    return [replace(event, service="", at=None) for event in events]


@pytest.mark.parametrize(("prefix", "service", "timed"), PREFIXES)
@pytest.mark.parametrize("name", ["missing-table-psycopg", "missing-table-asyncpg", "server", "port-taken"])
def test_a_prefix_changes_nothing_but_service_and_time(prefix: str, service: str, timed: bool, name: str) -> None:
    lines = (DATA / f"{name}.log").read_text().splitlines()
    events = log.read([prefix + line for line in lines], "app")
    assert _alike(events) == _alike(log.read(lines, "app"))
    assert {event.service for event in events} == {service}
    assert all(event.at for event in events) or not timed


@given(st.lists(_ORDINARY, min_size=2, max_size=30), st.sampled_from([prefix for prefix, _, _ in PREFIXES]))
def test_any_log_reads_the_same_behind_any_prefix(lines: list[str], prefix: str) -> None:
    assert _alike(log.read([prefix + line for line in lines], "app")) == _alike(log.read(lines, "app"))


def test_mixed_replicas_are_put_together_and_keep_their_lines() -> None:
    crash = (DATA / "missing-table-psycopg.log").read_text().splitlines()
    mixed = [f"web-{replica}  | {line}" for line in crash for replica in (1, 2)]
    events = [event for event in log.read(mixed, "compose.log") if event.exception]
    (alone,) = [event for event in log.read(crash, "app") if event.exception]
    assert [event.service for event in events] == ["web", "web"]
    assert [event.first_line for event in events] == [2 * alone.first_line - 1, 2 * alone.first_line]
    for event in events:
        assert (event.cause, event.sql, event.text) == (alone.cause, alone.sql, alone.text)
        assert all(mixed[number - 1].endswith(text) for number, text in event.key_lines)


def test_a_statement_of_the_server_is_found_between_the_lines_of_another_service() -> None:
    lines = [
        "db-1   | 2026-01-20 23:30:13.551 UTC [41] ERROR:  relation \"tasks\" does not exist at character 15",
        "web-1  | INFO:     Waiting",
        "db-1   | 2026-01-20 23:30:13.551 UTC [41] STATEMENT:  SELECT *",
        "web-1  | INFO:     Still waiting",
        "db-1   | \tFROM tasks",
    ]  # fmt: skip
    failed, *others = log.read(lines, "compose.log")
    assert (failed.service, failed.from_server, failed.sql) == ("db", True, "SELECT *\nFROM tasks")
    assert (failed.first_line, failed.last_line) == (1, 5)
    assert [event.from_server for event in others] == [False, False]


def test_compose_says_whose_end_it_was() -> None:
    lines = ["web_1  | bye", "db_1   | 2026-01-20 23:30:13.551 UTC [1] LOG:  x", "shop_web_1 exited with code 3"]
    assert [event.service for event in log.read(lines, "x")] == ["web", "db", "web"]


@pytest.mark.parametrize(
    "lines",
    [
        [" id | name  ", "----+-------", "  1 | first ", "(1 row)"],
        ["pid  | state", "-----+-------", "7    | idle", "8    | active"],
        ["| id | name |", "|----|------|", "| 1  | x    |"],
        ["id | name", "--- | ---", "1 | x", "2 | y"],
        [
            "2026-11-23 20:15:30.123 | INFO     | app.main:run:12 - Started",
            "2026-11-23 20:15:31.123 | ERROR    | a:b:1 - x",
        ],
        ["INFO     | app.main:run:12 - Started", "ERROR    | app.main:run:14 - failed"],
        ["cat dump.sql | psql -h db", "echo  | sh"],
        ["a or b", "x | y of a choice", "more text", "and more", "and again"],
        ["Nov 23 was a Thursday", "Nov 23 20:15:30 something happened"],
        ["[pod] is not ready", "[web] [INFO] hello"],
        ["2026-11-23T20:15:30.123Z", "2026 was a year"],
    ],
)
def test_what_only_looks_like_a_prefix_stays(lines: list[str]) -> None:
    events = log.read(lines, "x")
    assert {event.service for event in events} == {""}
    assert [event.text for event in events][:1] != [""]
    if not lines[0].startswith("2026-11-23T"):
        assert [event.text for event in events] == lines


def test_a_line_that_the_runtime_broke_is_whole_again() -> None:
    lines = [f"{_DOCKER_TIME[:-1]} stderr P ERROR: can", f"{_DOCKER_TIME[:-1]} stderr P not re",
             f"{_DOCKER_TIME[:-1]} stderr F ach the database", f"{_DOCKER_TIME[:-1]} stderr F next"]  # fmt: skip
    broken, following = log.read(lines, "x")
    assert (broken.text, broken.first_line, broken.last_line) == ("ERROR: cannot reach the database", 1, 3)
    assert following.first_line == 4


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("2026-11-23 20:15:30.123 UTC [1] LOG:  x", "2026-11-23T20:15:30.123000+00:00"),
        ("2026-11-23 20:15:30.123 CEST [1] LOG:  x", "2026-11-23T18:15:30.123000+00:00"),
        ("[2026-11-23 20:15:30 +0200] [1] [INFO] x", "2026-11-23T18:15:30+00:00"),
        ('1.2.3.4 - - [23/Nov/2026:20:15:30 -0500] "GET / HTTP/1.1" 200 1', "2026-11-24T01:15:30+00:00"),
        ('{"level":30,"time":1764000930123,"msg":"x"}', "2025-11-24T16:15:30.123000+00:00"),
        ('{"level":"info","ts":1764000930.5,"msg":"x"}', "2025-11-24T16:15:30.500000+00:00"),
        ('time="2026-11-23T20:15:30Z" level=info msg=x', "2026-11-23T20:15:30+00:00"),
        ("2026-11-23 20:15:30,123 INFO x", None),  # no zone
        ("2026-11-23 20:15:30 CST [1] LOG:  x", None),  # China, North America or Cuba
        ("Nov 23 20:15:30 host web[1]: x", None),
        ("LOG:  database system was shut down at 2021-01-10 15:42:00 UTC", None),  # not when it was said
    ],
)
def test_a_time_is_taken_where_its_zone_is_known(line: str, moment: str | None) -> None:
    (event,) = log.read([line], "x")
    assert (event.at.isoformat() if event.at else None) == moment


@pytest.mark.parametrize(
    ("lead", "server"),
    [("postgres: ", True), ("shop-db: ", True), ("worker: ", False), ("psycopg said: db: ", False)],
)
def test_a_name_before_the_time_of_the_servers_line_is_read_past(lead: str, server: bool) -> None:
    lines = [f"{lead}2026-11-23 20:15:30.123 UTC [7] {said}" for said in ("ERROR:  x", "STATEMENT:  INSERT INTO t")]
    event = log.read(lines, "x")[0]
    assert (event.from_server, event.sql) == (server, "INSERT INTO t" if server else None)
