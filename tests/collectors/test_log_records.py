"""Structured lines: JSON of every habit, logfmt, and PostgreSQL's own JSON and CSV."""

import json

import pytest

from incidentlab.collectors import log
from incidentlab.model.evidence import LogEvent

_TRACEBACK = """Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/sqlalchemy/engine.py", line 3, in g
    h()
psycopg.errors.UndefinedTable: relation "tasks" does not exist
LINE 1: SELECT * FROM tasks
                      ^

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/x.py", line 1, in f
    g()
sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist
LINE 1: SELECT * FROM tasks
                      ^
[SQL: SELECT * FROM tasks]
(Background on this error at: https://sqlalche.me/e/20/f405)"""
_NODE_STACK = (
    'error: relation "tasks" does not exist\n    at Parser.parseErrorMessage (/app/pg-protocol/dist/parser.js:285:98)'
)


def _one(record: object) -> LogEvent:
    (event,) = log.read([record if isinstance(record, str) else json.dumps(record)], "app")
    return event


@pytest.mark.parametrize(
    "record",
    [
        {"event": "request failed", "level": "error", "timestamp": "2026-11-23T20:15:30Z", "exception": _TRACEBACK},
        {"message": "boom", "levelname": "ERROR", "exc_info": _TRACEBACK, "taskName": None},
        {"message": f"boom\n{_TRACEBACK}", "severity": "ERROR"},
        {"@timestamp": "2026-11-23T20:15:30Z", "log.level": "error", "message": "x", "error.stack_trace": _TRACEBACK},
        {
            "@timestamp": "2026-11-23T20:15:30Z",
            "log": {"level": "error"},
            "message": "x",
            "error": {"stack": _TRACEBACK},
        },
        {"textPayload": f"ERROR:    {_TRACEBACK}\n", "severity": "ERROR", "timestamp": "2026-11-23T20:15:30Z"},
    ],
)
def test_a_traceback_within_a_record_is_an_exception(record: dict[str, object]) -> None:
    event = _one(record)
    assert (event.cause, event.sqlstate) == ("psycopg.errors.UndefinedTable", "42P01")
    assert (event.exception, event.severity) == ("sqlalchemy.exc.ProgrammingError", "error")
    assert (event.sql, event.packages) == ("SELECT * FROM tasks", ("sqlalchemy",))
    assert (event.first_line, event.last_line) == (1, 1)


@pytest.mark.parametrize(
    ("record", "severity", "text"),
    [
        ({"level": 30, "time": 1764000930123, "msg": "listening"}, "info", "listening"),
        ({"level": 50, "msg": "failed", "err": {"message": "no route", "code": "ECONN"}}, "error",
         "err.message=no route"),
        ({"level": 60, "msg": "gone"}, "fatal", "gone"),
        ({"level": "warn", "msg": "slow", "caller": "x.go:3"}, "warning", "slow"),
        ({"level": "dpanic", "msg": "oh"}, "fatal", "oh"),
        ({"level": "error", "msg": "failed", "error": "pq: no role x"}, "error", "pq: no role x"),
        ({"severity": "CRITICAL", "message": "x"}, "fatal", "x"),
        ({"level": "info", "msg": "request completed", "res": {"statusCode": 200}}, "info", "status=200"),
        ({"level": "error", "event": "x", "exception": [{"exc_type": "UndefinedTable", "exc_value": "no t"}]}, "error",
         "UndefinedTable: no t"),
        ({"msg": "ERROR: the word counts where no level is"}, "error", "the word"),
    ],
)  # fmt: skip
def test_a_record_says_its_level_and_its_text(record: dict[str, object], severity: str, text: str) -> None:
    event = _one(record)
    assert event.severity == severity
    assert text in event.text


def test_an_error_of_node_within_a_record_has_its_code() -> None:
    event = _one({"level": 50, "msg": "x", "err": {"type": "DatabaseError", "stack": _NODE_STACK, "code": "42P01"}})
    assert event.sqlstate == "42P01"


def test_dockers_json_file_holds_lines_of_which_one_traceback_is_made() -> None:
    lines = [
        json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2026-11-23T20:15:30.123456789Z"})
        for line in _TRACEBACK.split("\n")
    ]
    (event,) = log.read(lines, "app")
    assert (event.cause, event.first_line, event.last_line) == ("psycopg.errors.UndefinedTable", 1, len(lines))
    assert event.at


def test_dockers_json_file_may_hold_records_and_pieces() -> None:
    inner = json.dumps({"level": "error", "msg": "x"})
    long = f"ERROR: {'ä' * 8_190}"  # a piece is 16 KiB of bytes, not of characters
    wrapped = [json.dumps({"log": piece, "stream": "stdout", "time": "2026-11-23T20:15:30Z"}) for piece in
               (f"{inner}\n", long, "b\n", "c\n")]  # fmt: skip
    record, joined, following = log.read(wrapped, "app")
    assert (record.text, record.severity) == ("x", "error")
    assert (joined.text, joined.first_line, joined.last_line) == (f"{long}b", 2, 3)
    assert following.text == "c"


@pytest.mark.parametrize("broken", [{"logtag": "P"}, {"_p": "P"}, {"partial_message": "true", "partial_last": "false"}])
def test_collectors_say_in_a_field_that_a_line_goes_on(broken: dict[str, str]) -> None:
    pieces = ({**broken, "log": "ERROR: a "}, {"logtag": "F", "partial_last": "true", "log": "b"}, {"log": "c"})
    joined, following = log.read([json.dumps(piece) for piece in pieces], "app")
    assert (joined.text, following.text) == ("ERROR: a b", "c")


@pytest.mark.parametrize("more", [{"stream": "stderr"}, {"stream": "stdout", "logtag": "F"}, {}])
@pytest.mark.parametrize("key", ["log", "line"])
def test_lines_that_were_passed_on_without_their_ends_are_lines(more: dict[str, str], key: str) -> None:
    texts = ["ERROR cannot connect: connection refused", "INFO connected to the database", "INFO Listening on :80"]
    events = log.read([json.dumps({"date": 1.5e9, key: text, **more}) for text in texts], "app")
    assert [event.text for event in events] == texts


@pytest.mark.parametrize(
    ("fields", "services"),
    [
        ([{"pod": "shop-web-0"}, {"pod": "shop-worker-0"}], ["shop-web", "shop-worker"]),
        ([{"labels": {"pod": f"shop-6d9c7f5b8d-2xk{n}w", "container": "shop"}} for n in (1, 2)], ["shop", "shop"]),
        ([{"container_name": "/shop_web_1"}, {"container_name": "/shop_db_1"}], ["shop_web", "shop_db"]),
        ([{"kubernetes": {"pod_name": f"shop-{n}", "container_name": "web"}} for n in (0, 1)], ["shop/web"] * 2),
    ],
)
def test_who_said_a_line_that_was_passed_on_is_in_its_fields(
    fields: list[dict[str, object]], services: list[str]
) -> None:
    # Each begins a traceback, and none of its lines may be taken for the other's.
    said = ("Traceback (most recent call last):", '  File "/a.py", line 1', "ValueError: x")
    lines = [json.dumps({"log": text, **who}) for text in said for who in fields]
    events = log.read(lines, "app")
    assert [(event.service, event.exception) for event in events] == [(one, "ValueError") for one in services]


@pytest.mark.parametrize(
    "line",
    [
        {"timestamp": "2026-11-23 20:15:30.123 UTC", "pid": 33, "error_severity": "ERROR", "state_code": "42P01",
         "message": 'relation "x" does not exist', "statement": "SELECT 1\nFROM x", "detail": "d"},
        {"level": "info", "ts": "2026-11-23T20:15:30Z", "logger": "postgres", "msg": "record", "logging_pod": "c-1",
         "record": {"log_time": "2026-11-23 20:15:30.123 UTC", "process_id": "33", "error_severity": "ERROR",
                    "sql_state_code": "42P01", "message": 'relation "x" does not exist', "query": "SELECT 1\nFROM x"}},
        '2026-11-23 20:15:30.123 UTC,"app","shop",41,"10.0.0.1:52114",6565.29,1,"SELECT",2026-11-23 20:15:29 UTC,3/1,0,'
        'ERROR,42P01,"relation ""x"" does not exist",,,,,,"SELECT 1\tFROM x",15,,"psql","client backend",,0',
    ],
)  # fmt: skip
def test_postgresqls_own_structured_logs_are_the_servers(line: object) -> None:
    event = _one(line)
    assert (event.from_server, event.severity, event.sqlstate) == (True, "error", "42P01")
    assert event.text == 'ERROR:  relation "x" does not exist'
    assert (event.sql or "").split() == ["SELECT", "1", "FROM", "x"]
    assert event.at
    assert event.at.isoformat() == "2026-11-23T20:15:30.123000+00:00"


def test_logfmt_keeps_its_fields_and_loses_its_escapes() -> None:
    line = r'time="2026-11-23T20:15:30Z" level=fatal msg="FATAL: role \"x\" does not exist (SQLSTATE 28000)"'
    event = _one(line)
    assert 'role "x" does not exist' in event.text
    assert (event.severity, event.sqlstate) == ("fatal", "28000")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "{}",
        '{"a": 1}',
        "[1]",
        '{"level": }',
        '{"x": ' * 3000 + "}",
        '{"msg": "' + "x" * 300_000 + '"}',
        '{"msg": null, "level": null}',
        '{"level": [1], "msg": {"a": 1}}',
        '{"time": 1e400, "msg": "x"}',
        '{"time": -1, "level": 999999999999, "msg": "x"}',
        '{"msg": "\\ud800"}',
    ],
)
def test_what_is_no_record_is_a_line(line: str) -> None:
    (event,) = log.read([line], "app")
    assert event.text


def test_an_error_that_node_printed_over_several_lines_is_one_event() -> None:
    text = """Error object: {
  "severity": "FATAL",
  "code": "28000",
  "message": "no pg_hba.conf entry for host \\"10.0.21.17\\", user \\"a\\", database \\"b\\", SSL off",
  "stack": "error"
}
next"""
    failed, following = log.read(text.split("\n"), "app")
    assert (failed.sqlstate, failed.severity, failed.last_line) == ("28000", "fatal", 6)
    assert 'no pg_hba.conf entry for host "10.0.21.17"' in failed.text
    assert following.text == "next"
