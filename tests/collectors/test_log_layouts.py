"""Messages that a program spreads over several lines: .NET's logger, Rich's grid, psql's rows as blocks."""

from incidentlab.collectors import log
from incidentlab.model.evidence import LogEvent


def _read(text: str) -> tuple[LogEvent, ...]:
    return log.read(text.strip("\n").split("\n"), "app")


def test_a_dotnet_message_is_one_event_with_the_drivers_word() -> None:
    (event,) = _read(
        """
fail: Microsoft.EntityFrameworkCore.Query[10100]
      An exception occurred while iterating over the results of a query for context type 'Shop.ShopContext'.
      Npgsql.PostgresException (0x80004005): 42P01: relation "Accounts" does not exist

      POSITION: 29
         at Npgsql.Internal.NpgsqlConnector.ReadMessageLong(Boolean async)
      Exception data:
        Severity: ERROR
        SqlState: 42P01"""
    )
    assert (event.severity, event.sqlstate, event.cause) == ("error", "42P01", "Npgsql.PostgresException")
    assert event.last_line == 9
    assert 'relation "Accounts" does not exist' in (event.cause_text or "")


def test_the_statement_that_ef_core_could_not_execute_is_kept() -> None:
    event, after = _read(
        """
fail: Microsoft.EntityFrameworkCore.Database.Command[20102]
      Failed executing DbCommand (12ms) [Parameters=[], CommandType='Text', CommandTimeout='30']
      SELECT a."Id"
      FROM "Accounts" AS a
info: Microsoft.Hosting.Lifetime[14]"""
    )
    assert event.sql == 'SELECT a."Id"\nFROM "Accounts" AS a'
    assert after.severity == "info"


def test_a_dotnet_exception_without_a_logger_is_one_event_too() -> None:
    (event,) = _read(
        """
Unhandled exception. Npgsql.PostgresException (0x80004005): 3D000: database "Shop" does not exist
   at Npgsql.Internal.NpgsqlConnector.ReadMessageLong(Boolean async)
  Exception data:
    Severity: FATAL
    SqlState: 3D000
    MessageText: database "Shop" does not exist"""
    )
    assert (event.severity, event.sqlstate, event.last_line) == ("error", "3D000", 6)


def test_what_rich_broke_at_the_width_of_its_column_is_put_together() -> None:
    (event,) = _read(
        """
[10/22/24 12:07:46] ERROR    service - Error initializing           service.py:196
                             alembic: Can't find Python file
                             /app/.venv/lib/python3.12/site-packa
                             ges/flowbase/alembic/env.py"""
    )
    assert event.severity == "error"
    assert event.text.endswith(
        "service - Error initializing alembic: Can't find Python file "
        "/app/.venv/lib/python3.12/site-packages/flowbase/alembic/env.py"
    )


def test_a_traceback_in_a_box_beneath_a_message_of_rich_is_left_to_its_reader() -> None:
    events = _read(
        """
[10/22/24 12:07:46] ERROR    Exception in the application            main.py:19
                             ╭──────── Traceback (most recent call last) ────────╮
                             │ /app/main.py:3 in <module>                        │
                             ╰───────────────────────────────────────────────────╯
                             ValueError: no"""
    )
    assert events[0].last_line == 1


def test_psqls_rows_as_blocks_are_no_services_of_compose() -> None:
    events = _read(
        """
shop=> select relation::regclass, * from pg_locks where not granted;
-[ RECORD 1 ]------+--------------------
relation           | orders
mode               | AccessExclusiveLock
granted            | f
fastpath           | f"""
    )
    assert {event.service for event in events} == {""}
    assert events[-2].text.split() == ["granted", "|", "f"]


def test_an_error_field_of_several_lines_is_read_to_its_end() -> None:
    (event,) = _read(
        '{"level":"fatal","msg":"cannot start","error":"failed to connect to `user=app database=app`:\\n\\t'
        '10.96.4.4:5432: FATAL: password authentication failed for user \\"app\\" (SQLSTATE 28P01)"}'
    )
    assert 'password authentication failed for user "app"' in event.text
    assert event.sqlstate == "28P01"


def test_an_asynchronous_stack_of_dotnet_is_one_event_and_names_the_driver_that_it_went_through() -> None:
    event, after = _read(
        """
Unhandled exception. System.Net.Sockets.SocketException (11): Resource temporarily unavailable
   at System.Net.Dns.GetHostEntryOrAddressesCore(String hostName)
--- End of stack trace from previous location ---
   at Npgsql.Internal.NpgsqlConnector.ConnectAsync(NpgsqlTimeout timeout)
   at Program.<Main>$(String[] args) in /src/Program.cs:line 5
Now listening on: http://[::]:8080"""
    )
    assert (event.last_line, event.packages, event.severity) == (5, ("npgsql",), "error")
    assert after.first_line == 6
