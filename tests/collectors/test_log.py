"""The log reader, on what uvicorn, three drivers and PostgreSQL really printed, and on anything at all."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import _sqlstate, log
from incidentlab.collectors._rows import rows
from incidentlab.model.events import LogLine
from incidentlab.model.evidence import LogEvent

DATA = Path(__file__).parent / "data"


def read(name: str, source: str = "app") -> tuple[LogEvent, ...]:
    return log.read((DATA / f"{name}.log").read_text().splitlines(keepends=True), source, "docker logs app")


@pytest.mark.parametrize(
    ("driver", "cause"),
    [
        ("psycopg", "psycopg.errors.UndefinedTable"),
        ("psycopg2", "psycopg2.errors.UndefinedTable"),
        ("asyncpg", "asyncpg.exceptions.UndefinedTableError"),
    ],
)
def test_a_crash_at_start_is_one_event_with_its_innermost_cause(driver: str, cause: str) -> None:
    started, waiting, crash, failed = read(f"missing-table-{driver}")
    assert (started.text[:5], waiting.severity) == ("INFO:", "info")
    assert crash.exception == "sqlalchemy.exc.ProgrammingError"
    assert (crash.cause, crash.sqlstate, crash.severity) == (cause, "42P01", "error")
    assert crash.cause_text
    assert crash.cause_text.startswith(cause)
    assert 'relation "tasks" does not exist' in crash.cause_text
    assert crash.sql
    assert crash.sql.startswith("SELECT tasks.id, tasks.title")
    assert "LIMIT" in crash.sql.splitlines()[-1]
    assert "parameters" not in crash.sql
    assert "sqlalchemy" in crash.packages
    assert failed.text == "ERROR:    Application startup failed. Exiting."


def test_the_lines_worth_showing_are_the_exception_the_caret_and_the_statement() -> None:
    crash = read("missing-table-psycopg")[2]
    shown = [text for _, text in crash.key_lines]
    assert shown[0].startswith("sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable)")
    assert shown[1].startswith("LINE 2: FROM tasks")
    assert shown[2].strip() == "^"
    assert shown[3].startswith("[SQL: SELECT")
    assert not any("parameters" in text or "Background" in text for text in shown)


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.log")))
def test_key_lines_stand_where_their_numbers_say(name: str) -> None:
    lines = (DATA / f"{name}.log").read_text().splitlines()
    for event in read(name):
        for number, text in event.key_lines:
            assert event.first_line <= number <= event.last_line
            assert lines[number - 1].endswith(text)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_a_refused_connection_is_one_event(driver: str) -> None:
    crash = read(f"refused-{driver}")[2]
    assert "refused" in f"{crash.cause_text}" or "Connect call failed" in f"{crash.cause_text}"
    assert crash.sql is None


def test_a_server_message_holds_its_statement() -> None:
    events = read("server", "database")
    failed = [event for event in events if event.severity == "error"]
    assert [event.last_line - event.first_line for event in failed] == [4, 4, 4]
    assert failed[0].text == 'ERROR:  relation "tasks" does not exist at character 36'
    assert failed[0].sql
    assert failed[0].sql.startswith("SELECT tasks.id, tasks.title \nFROM tasks")
    assert failed[0].at
    assert failed[0].at.isoformat().endswith("+00:00")


@pytest.mark.parametrize("prefix", ["web-1  | ", "web_1               | ", "    "])
def test_what_stands_before_each_line_does_not_break_a_traceback(prefix: str) -> None:
    lines = (DATA / "missing-table-psycopg.log").read_text().splitlines()
    plain = log.read(lines, "app")[2]
    prefixed = [event for event in log.read([prefix + line for line in lines], "app") if event.exception]
    assert [(one.first_line, one.last_line, one.cause, one.sql) for one in prefixed] == [
        (plain.first_line, plain.last_line, plain.cause, plain.sql)
    ]


def test_an_exception_during_handling_does_not_hide_the_drivers_word() -> None:
    text = """Traceback (most recent call last):
  File "/app/cache.py", line 3, in get
    return cache[key]
KeyError: 'tasks'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 9, in get
    cursor.execute(sql)
psycopg2.errors.UndefinedTable: relation "tasks" does not exist
LINE 1: SELECT 1 FROM tasks
                      ^

"""
    (event,) = log.read(text.split("\n"), "app")
    assert (event.cause, event.exception) == ("psycopg2.errors.UndefinedTable",) * 2
    assert event.sqlstate == "42P01"


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("INFO:     Started server process [1]", "info"),
        ("ERROR:    Application startup failed. Exiting.", "error"),
        ("[2018-04-29 13:32:33 +0000] [1] [INFO] Starting gunicorn 19.7.1", "info"),
        ("[2018-04-29 13:32:33 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:11)", "fatal"),
        ("INFO  [alembic.runtime.migration] Running upgrade  -> 1c7e, create error log", "info"),
        ("FAILED: Can't locate revision identified by 'abc'", "info"),
        ('INFO:     127.0.0.1:1 - "GET / HTTP/1.1" 500 Internal Server Error', "error"),
        ('INFO:     127.0.0.1:1 - "GET /ERROR HTTP/1.1" 200 OK', "info"),
        ('time="2020-08-28T23:56:48Z" level=error msg="retrying"', "error"),
        ('{"level": "warning", "message": "x"}', "warning"),
        ("psycopg.OperationalError: connection failed", "error"),
        ("Error response from daemon: driver failed", "error"),
    ],
)
def test_severity_is_the_lines_own_word(line: str, severity: str) -> None:
    (event,) = log.read([line], "app")
    assert event.severity == severity


def test_a_log_line_keeps_its_number_and_time() -> None:
    line = LogLine("app", 7, "INFO:     hello")
    (event,) = log.read([line], "app", "docker logs app")
    assert (event.id, event.first_line, event.at, event.command) == ("log:app:7", 7, line.at, "docker logs app")


def test_secrets_and_terminal_sequences_of_plain_lines_are_gone() -> None:
    (event,) = log.read(["\x1b[31mERROR\x1b[0m: cannot reach postgresql://app:hunter2@db/app\r\n"], "app")
    assert event.text == "ERROR: cannot reach postgresql://app:***@db/app"


def test_every_state_of_the_table_is_psycopgs_own() -> None:
    from psycopg import errors

    for name, state in _sqlstate._STATES.items():
        known = errors.lookup(state)
        assert known.__name__.rstrip("_") == name, (state, known)


_FRAGMENTS = st.sampled_from(
    [
        "Traceback (most recent call last):",
        "ERROR:    Traceback (most recent call last):",
        "api-1  | Traceback (most recent call last):",
        '  File "/app/main.py", line 1, in f',
        "    f()",
        "psycopg.errors.UndefinedTable: relation",
        "sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) x",
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
        "",
        "api-1  | ",
        "[SQL: SELECT 1",
        "FROM t]",
        "[parameters: {}]",
        "LINE 1: x",
        "     ^",
        "2026-01-20 23:30:13.551 UTC [41] ERROR:  x",
        "2026-01-20 23:30:13.551 UTC [41] STATEMENT:  SELECT",
        "\tFROM x",
        "2026-13-41T25:61:61Z nonsense",
        "web-1  | Traceback (most recent call last):",
        'web-1  |   File "/app/main.py", line 1, in f',
        "web-1  | psycopg.errors.UndefinedTable: relation",
        "web-1 exited with code 1",
        "  + Exception Group Traceback (most recent call last):",
        "  | ExceptionGroup: x (1 sub-exception)",
        "  +-+---------------- 1 ----------------",
        "╭── Traceback (most recent call last) ──╮",
        "╰──╯",
        "2026-01-20T23:30:13.551Z stdout P pa",
        "2026-01-20T23:30:13.551Z stdout F rt",
        '{"level": "error", "msg": "x", "stack": "Error: x\\n    at f"}',
        '{"log": "text\\n", "stream": "stderr", "time": "2026-01-20T23:30:13Z"}',
        "error: x {",
        "  code: '42P01',",
        "}",
        "    at f (a.js:1:2)",
        "Caused by: org.postgresql.util.PSQLException: x",
        "ERREUR:  la relation « t » n'existe pas",
        "\x1b[31mERROR\x1b[0m\x00\r",
    ]
)
_LINES = st.lists(st.one_of(_FRAGMENTS, st.text(max_size=60)), max_size=40)


@given(_LINES)
def test_any_text_is_read_and_each_line_belongs_to_exactly_one_event(lines: list[str]) -> None:
    events = log.read(lines, "app")
    table = list(rows(lines))
    speakers = {row.number: row.speaker for row in table}
    # Two speakers' events may lie between each other; a line is of the event that its own speaker's was at the time.
    covered = [
        number
        for event in events
        for number in range(event.first_line, event.last_line + 1)
        if speakers[number] == speakers[event.first_line]
    ]
    assert len(covered) == len(set(covered))
    assert {row.number for row in table if row.text.strip()} <= set(covered)
    assert len({event.id for event in events}) == len(events)
    assert [event.first_line for event in events] == sorted(event.first_line for event in events)


@pytest.mark.parametrize(
    "lines",
    [
        ["Traceback (most recent call last):"],
        ["Traceback (most recent call last):", "  File x", "a.Error: x", ""],
        ["a.Error: x", "", "The above exception was the direct cause of the following exception:", ""],
        ["psycopg.Error: x", "[SQL: SELECT"],
        ["2026-01-20 23:30:13.551 UTC [41] ERROR:  x", "\ty"],
        ["[1] " * 60],
        [" " * 400],
        ["sqlalchemy.exc.E: " + "(psycopg." * 50],
        ["code: " * 80],
        ["ERROR " * 80 + ":  "],
        ["[SQL: " * 80],
    ],
)
def test_reading_takes_steps_in_proportion_to_the_length(lines: list[str]) -> None:
    """Counted in calls and lines of Python, not in seconds: four times the lines take at most five times the steps."""
    assert _steps(lines * 400) <= 5 * _steps(lines * 100)


def _steps(lines: list[str]) -> int:
    count = 0

    def note(*_: object) -> object:
        nonlocal count
        count += 1
        return note

    before = sys.gettrace()
    sys.settrace(note)  # type: ignore[arg-type]  # a tracer is a function that gives a tracer
    try:
        log.read(lines, "app")
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(("read_at", "own"), [("10.030", True), ("10.000", True), ("12.500", False), ("09.990", False)])
def test_a_line_of_the_server_counts_from_its_own_time_where_it_was_read_a_moment_later(
    read_at: str, own: bool
) -> None:
    """Else an answer that followed it could seem to come before; clocks that differ are not trusted."""
    seen = datetime.fromisoformat(f"2026-11-27T01:00:{read_at}+00:00")
    text = "2026-11-27 01:00:10.000 UTC [26692] ERROR:  canceling statement due to statement timeout"
    [event] = log.read([LogLine("database", 1, text, at=seen)], "database")
    assert event.at == (datetime(2026, 11, 27, 1, 0, 10, tzinfo=UTC) if own else seen)
