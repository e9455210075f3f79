"""Errors of many programs: their stack hangs in the event, their line, their state and their cause are right."""

import pytest

from incidentlab.collectors import log
from incidentlab.model.evidence import LogEvent


def _read(text: str) -> tuple[LogEvent, ...]:
    return log.read(text.strip("\n").split("\n"), "app")


# (what was printed, its last line, a part of the text, the cause, the SQLSTATE)
_STACKS = {
    "node": (
        """
error: relation "users" does not exist
    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:285:98)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {
  length: 104,
  severity: 'ERROR',
  code: '42P01',
  detail: undefined,
  routine: 'parserOpenTable'
}""",
        'relation "users" does not exist', None, "42P01"),
    "java": (
        """
Exception in thread "main" org.springframework.beans.factory.BeanCreationException: Error creating bean
\tat org.springframework.X.y(X.java:1)
Caused by: org.flywaydb.core.api.FlywayException: Unable to obtain connection
\t... 17 more
Caused by: org.postgresql.util.PSQLException: FATAL: database "shop" does not exist
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2676)
\t... 30 more""",
        "Error creating bean", "org.postgresql.util.PSQLException", None),
    "go": (
        """
panic: pq: relation "users" does not exist

goroutine 1 [running]:
main.main()
\t/app/main.go:21 +0x1a2
created by main.(*server).run
\t/app/run.go:3 +0x2""",
        'pq: relation "users" does not exist', None, None),
    "ruby": (
        """
ActiveRecord::StatementInvalid: PG::UndefinedTable: ERROR:  relation "users" does not exist
LINE 1: SELECT "users".* FROM "users"
                              ^
/usr/local/bundle/gems/activerecord-7.0/lib/active_record/x.rb:19:in `exec_params'
\tfrom /app/x.rb:3:in `y'""",
        'relation "users" does not exist', "PG::UndefinedTable", "42P01"),
    "elixir": (
        """
** (Postgrex.Error) ERROR 42P01 (undefined_table) relation "users" does not exist

    query: SELECT u0."id" FROM "users" AS u0
    (ecto_sql 3.10.1) lib/ecto/adapters/sql.ex:913: Ecto.Adapters.SQL.raise_sql_call_error/1""",
        'relation "users" does not exist', "Postgrex.Error", "42P01"),
    "php": (
        """
PHP Fatal error:  Uncaught PDOException: SQLSTATE[08006] [7] could not translate host name "db" to address
Stack trace:
#0 /app/index.php(3): PDO->__construct()
#1 {main}
  thrown in /app/index.php on line 3""",
        "could not translate host name", "PDOException", "08006"),
    "prisma": (
        """
Raw query failed. Code: `42P01`. Message: `relation "public.app_settings" does not exist`
    at ei.handleRequestError (/app/node_modules/@prisma/client/runtime/library.js:121:7268)""",
        'relation "public.app_settings" does not exist', None, "42P01"),
    "libpq": (
        """
psql: could not connect to server: No such file or directory
\tIs the server running locally and accepting
\tconnections on Unix domain socket "/var/run/postgresql/.s.PGSQL.5432"?""",
        "could not connect to server", None, None),
    "a driver's error in a line": (
        """
Migration failed! (psycopg2.errors.UndefinedTable) relation "finding" does not exist

[SQL: ALTER TABLE finding
ADD COLUMN x JSONB]
(Background on this error at: http://sqlalche.me/e/13/f405)""",
        'relation "finding" does not exist', "psycopg2.errors.UndefinedTable", "42P01"),
}  # fmt: skip


@pytest.mark.parametrize("name", _STACKS)
def test_a_stack_hangs_in_its_event(name: str) -> None:
    printed, text, cause, state = _STACKS[name]
    lines = len(printed.strip("\n").split("\n"))
    event, following = _read(f"{printed}\nINFO: the next line")
    assert text in event.text
    assert (event.cause, event.sqlstate, event.last_line) == (cause, state, lines)
    assert event.severity in ("error", "fatal")
    assert following.text == "INFO: the next line"


def test_the_deepest_cause_of_java_is_the_cause() -> None:
    event, *_ = _read(_STACKS["java"][0])
    assert event.cause_text == 'org.postgresql.util.PSQLException: FATAL: database "shop" does not exist'


def test_a_group_of_exceptions_is_one_event() -> None:
    text = """
ERROR:    Exception in ASGI application
  + Exception Group Traceback (most recent call last):
  |   File "/usr/local/lib/python3.11/site-packages/starlette/_utils.py", line 77, in collapse_excgroups
  |     yield
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line 1, in x
    |     y
    | psycopg.errors.UndefinedTable: relation "tasks" does not exist
    |
    | The above exception was the direct cause of the following exception:
    |
    | Traceback (most recent call last):
    |   File "/app/a.py", line 1, in x
    | sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist
    | [SQL: SELECT 1]
    +------------------------------------
INFO:     after"""
    said, group, after = _read(text)
    assert said.text == "ERROR:    Exception in ASGI application"
    assert (group.first_line, group.last_line, group.exception) == (2, 18, "ExceptionGroup")
    assert (group.cause, group.sqlstate, group.sql) == ("psycopg.errors.UndefinedTable", "42P01", "SELECT 1")
    assert group.packages == ("starlette", "sqlalchemy")
    assert after.text == "INFO:     after"


def test_a_box_of_rich_is_one_event() -> None:
    text = """
╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ /usr/lib/python3.11/site-packages/sqlalchemy/engine/base.py:1969 in _exec    │
╰──────────────────────────────────────────────────────────────────────────────╯
UndefinedTable: relation "tasks" does not exist

The above exception was the direct cause of the following exception:

╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ /app/main.py:3 in x                                                          │
╰──────────────────────────────────────────────────────────────────────────────╯
ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not
exist
[SQL: SELECT tasks.id
FROM tasks]

after"""
    box, after = _read(text)
    assert (box.last_line, box.sqlstate, box.packages) == (14, "42P01", ("sqlalchemy",))
    assert 'relation "tasks" does not exist' in box.text
    assert after.text == "after"


def test_celery_writes_its_lead_before_some_lines_and_moves_the_clock() -> None:
    text = """
[2022-07-05 13:54:15,882: WARNING/ForkPoolWorker-1] Traceback (most recent call last):
[2022-07-05 13:54:15,882: WARNING/ForkPoolWorker-1]   File "/x/site-packages/sqlalchemy/default.py", line 584, in f
    return self.dbapi.connect(*cargs, **cparams)
[2022-07-05 13:54:15,885: WARNING/ForkPoolWorker-1] psycopg2.OperationalError: FATAL:  sorry, too many clients already

[2022-07-05 13:54:16,001: INFO/MainProcess] Task x received"""
    crash, after = _read(text)
    assert (crash.cause, crash.packages, crash.from_server) == ("psycopg2.OperationalError", ("sqlalchemy",), False)
    assert crash.text == "psycopg2.OperationalError: FATAL:  sorry, too many clients already"
    assert after.text.endswith("received")


def test_a_traceback_that_a_spreadsheet_flattened_is_one_event() -> None:
    text = """
Traceback (most recent call last):
"File ""/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/base.py"", line 1964, in _exec_single_context"
self.dialect.do_execute(
"File ""/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/default.py"", line 748, in do_execute"
"cursor.execute(statement, parameters)"
psycopg2.errors.QueryCanceled: canceling statement due to statement timeout
The above exception was the direct cause of the following exception:
Traceback (most recent call last):
"File ""/usr/local/lib/python3.11/site-packages/flask/app.py"", line 2528, in wsgi_app"
response = self.full_dispatch_request()
^^^^^^^^^^^^^^^^^^^^^^^^^^^^
sqlalchemy.exc.OperationalError: (psycopg2.errors.QueryCanceled) canceling statement due to statement timeout"""
    (event,) = _read(text)
    assert (event.cause, event.sqlstate) == ("psycopg2.errors.QueryCanceled", "57014")
    assert event.packages == ("sqlalchemy", "flask")


def test_an_exception_and_the_one_raised_from_it_are_one_event_without_their_tracebacks_too() -> None:
    text = """
psycopg2.ProgrammingError: relation "member" already exists

sqlalchemy.exc.ProgrammingError: (psycopg2.ProgrammingError) relation "member" already exists
 [SQL: 'CREATE TABLE member (id SERIAL)'] (Background on this error at: http://sqlalche.me/e/f405)"""
    (event,) = _read(text)
    assert (event.cause, event.exception) == ("psycopg2.ProgrammingError", "sqlalchemy.exc.ProgrammingError")


def test_the_fields_that_pydantic_misses_are_of_its_exception() -> None:
    text = """
Traceback (most recent call last):
  File "/code/app/core/config.py", line 47, in <module>
pydantic.error_wrappers.ValidationError: 2 validation errors for Settings
DATABASE_USER
  field required (type=value_error.missing)
DATABASE_HOST
  field required (type=value_error.missing)"""
    (event,) = _read(text)
    assert [text for _, text in event.key_lines][1:] == ["DATABASE_USER", "DATABASE_HOST"]


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-23 20:15:30.123 UTC [41] ",
        "2026-11-23 20:15:30.123 UTC [41] app@shop ",
        "2026-11-23 20:15:30 UTC:10.0.0.1(52114):app@shop:[41]:",
        "2026-11-23 20:15:30 UTC-6553d6a2.29-",
        "2026-11-23 20:15:30.123 UTC [41]: [3-1] db=shop,user=app ",
        "2026-11-23 20:15:30 UTC [41]: [3-1] user=app,db=shop,app=[unknown],client=10.0.0.1 ",
        "[41]: [3-1] sql_error_code = 42P01 ",
        "< 2026-11-23 20:15:30.123 UTC >app@shop [41]",
        "1764000930.123 [41] ",
    ],
)
def test_a_servers_line_is_known_behind_the_prefixes_that_people_use(prefix: str) -> None:
    lines = ['ERROR:  relation "t" does not exist at character 15', "STATEMENT:  SELECT *", "LOG:  x"]
    text = "\n".join(f"{prefix}{line}" for line in lines).replace("SELECT *", "SELECT *\n\tFROM t")
    failed, logged = _read(text)
    assert (failed.from_server, failed.severity, failed.sql) == (True, "error", "SELECT *\nFROM t")
    assert failed.text == 'ERROR:  relation "t" does not exist at character 15'
    assert (logged.from_server, logged.text) == (True, "LOG:  x")


@pytest.mark.parametrize(
    "line",
    [
        '2026-11-23 20:15:30,123 ERROR app: connection failed: FATAL:  password authentication failed for user "app"',
        "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) FATAL:  sorry, too many clients already",
        'psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  role "x" does not exist',
        '[web] [ERROR] [2026-01-20 23:30:13 +0000] PG::UndefinedTable: ERROR:  relation "t" does not exist',
        "[2022-07-05 13:54:15,885: WARNING/ForkPoolWorker-1] psycopg2.OperationalError: FATAL:  sorry",
        'ERROR:  relation "t" does not exist',  # psql says it in the same way
        "INFO:     Started server process [1]",
        "2026-11-23 20:15:30 [41] my note:  two blanks",
    ],
)
def test_a_client_that_repeats_the_server_is_not_the_server(line: str) -> None:
    assert not any(event.from_server for event in _read(line))


def test_a_server_without_a_prefix_gives_itself_away() -> None:
    events = _read('LOG:  database system is ready to accept connections\nFATAL:  role "root" does not exist')
    assert [event.from_server for event in events] == [True, True]


def test_a_log_that_begins_within_a_traceback_is_read_from_there() -> None:
    text = """  File "/app/migrations/env.py", line 99, in run_migrations_online
    with connectable.connect() as connection:
  File "/usr/lib/python3/dist-packages/sqlalchemy/engine/base.py", line 3276, in connect
sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) FATAL:  database "exam-mate" does not exist

(Background on this error at: https://sqlalche.me/e/20/e3q8)"""
    (event,) = log.read(text.split("\n"), "app")
    assert (event.cause, event.packages, event.last_line) == ("psycopg2.OperationalError", ("sqlalchemy",), 6)


def test_a_line_that_says_info_stays_information_whatever_it_repeats() -> None:
    text = """
[9] [bench.db] INFO: ignore exception, probably concurrent create_all(): (psycopg2.errors.UniqueViolation) duplicate key
DETAIL:  Key (typname, typnamespace)=(member, 2200) already exists."""
    (event,) = _read(text)
    assert (event.severity, event.sqlstate, event.last_line) == ("info", "23505", 2)


_FAILED = "org.postgresql.util.PSQLException: The connection attempt failed."


@pytest.mark.parametrize(
    ("lines", "cause", "text"),
    [
        # pgjdbc's own word is empty: what it hides says why, and stays the driver's.
        ([f"ERROR boot failed: {_FAILED}", "\tat org.X.y(X.java:1)", "Caused by: java.net.UnknownHostException: pg"],
         "org.postgresql.util.PSQLException", "java.net.UnknownHostException: pg"),
        (["ERROR boot failed", "\tat org.X.y(X.java:1)", f"Caused by: {_FAILED}", "\t... 9 more",
          "Caused by: java.net.SocketTimeoutException: Connect timed out"],
         "org.postgresql.util.PSQLException", "java.net.SocketTimeoutException: Connect timed out"),
        (["ERROR boot failed", "\tat org.X.y(X.java:1)", "Caused by: org.acme.BadStart: no data source",
          "Caused by: java.net.UnknownHostException: pg"],
         "java.net.UnknownHostException", "pg"),
        # Where it says something, what is within is a consequence of the wire's.
        (["ERROR boot failed", "\tat org.X.y(X.java:1)",
          "Caused by: org.postgresql.util.PSQLException: Connection to pg:5432 refused. Check that the host is right.",
          "Caused by: java.net.ConnectException: Connection refused (Connection refused)"],
         "org.postgresql.util.PSQLException", "Connection to pg:5432 refused."),
        # Npgsql, with and without a logger's head before it.
        (["fail: Shop.Orders[0]", "      Cannot load orders.",
          "      Npgsql.NpgsqlException (0x80004005): The connection pool has been exhausted, raise 'Max Pool Size'",
          "       ---> System.TimeoutException: The operation has timed out."],
         "Npgsql.NpgsqlException", "The connection pool has been exhausted"),
        (["Unhandled exception. Npgsql.NpgsqlException (0x80004005): The connection pool has been exhausted, raise it",
          " ---> System.TimeoutException: The operation has timed out."],
         "Npgsql.NpgsqlException", "The connection pool has been exhausted"),
        (["fail: Shop.Orders[0]", "      Cannot load orders.",
          "      Npgsql.NpgsqlException (0x80004005): Failed to connect to 10.0.0.7:5432",
          "       ---> System.Net.Sockets.SocketException (111): Connection refused"],
         "Npgsql.NpgsqlException", "System.Net.Sockets.SocketException: Connection refused"),
        (["fail: Shop.Orders[0]", "      An error occurred while saving.",
          "      Microsoft.EntityFrameworkCore.DbUpdateException: See the inner exception for details.",
          "       ---> Npgsql.PostgresException (0x80004005): 23505: duplicate key value"],
         "Npgsql.PostgresException", "23505: duplicate key value"),
        (["fail: Shop.Orders[0]", "      Cannot load orders.",
          "      System.InvalidOperationException: An exception has been raised that is likely due to a failure.",
          "       ---> Npgsql.NpgsqlException (0x80004005): Exception while reading from stream",
          "       ---> System.TimeoutException: Timeout during reading attempt"],
         "Npgsql.NpgsqlException", "System.TimeoutException: Timeout during reading attempt"),
    ],
)  # fmt: skip
def test_of_a_chain_that_exception_counts_which_says_what_happened(lines: list[str], cause: str, text: str) -> None:
    (event,) = _read("\n".join(lines))
    assert (event.cause, event.severity) == (cause, "error")
    assert text in (event.cause_text or "")
