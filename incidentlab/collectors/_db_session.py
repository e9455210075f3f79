"""A read-only session: one transaction that is always rolled back, each answer within its time."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

from incidentlab.collectors import _db_connect
from incidentlab.collectors._dsn import Target

if TYPE_CHECKING:
    from psycopg import Connection

STATEMENT_MILLISECONDS = 2_000
LOCK_MILLISECONDS = 500
# The statement timeout is the server's; this one is ours, for a server that has stopped answering at all.
ANSWER_SECONDS = 4.5

Row = tuple[Any, ...]


class Session:
    """What the collector may do with a connection: ask, several questions in one journey.

    All goes by the simple query protocol, in which several statements travel at once and nothing is prepared: it
    works through PgBouncer whatever its pool mode.
    """

    def __init__(self, connection: "Connection[Row]", given_up: Event) -> None:
        self.connection = connection
        self._given_up = given_up

    @property
    def lost(self) -> bool:
        """Whether nothing more can be asked."""
        return self.connection.closed or self._given_up.is_set()

    @property
    def given_up(self) -> bool:
        """Whether it was ended from our side, for want of an answer."""
        return self._given_up.is_set()

    def begin(self, *queries: str) -> list[list[Row]]:
        """Begin the transaction with some questions that still see the session's own settings."""
        first = ["BEGIN TRANSACTION READ ONLY"]
        if self.connection.info.parameter_status("server_encoding") == "SQL_ASCII":
            # Such a server knows of no encoding; asked for UTF-8, it refuses to send what is none.
            first.append("SET LOCAL client_encoding = SQL_ASCII")
        return self._send(*first, *queries, *_limits())

    def ask(self, *queries: str) -> list[list[Row]]:
        """Return the rows of each query; whatever locks they took are gone afterwards.

        Raises:
            psycopg.Error: one of them was refused; unless ``lost``, the next may be asked.
        """
        import psycopg

        try:
            # Locks that were taken after a savepoint end with it.
            return self._send("SAVEPOINT part", *queries, "ROLLBACK TO SAVEPOINT part")
        except psycopg.Error:
            if not self.lost:
                self.connection.execute("ROLLBACK TO SAVEPOINT part")
            raise

    def _send(self, *statements: str) -> list[list[Row]]:
        cursor = self.connection.execute("; ".join(statements).encode())
        answers: list[list[Row]] = []
        more: bool | None = True
        while more:
            if cursor.description is not None:
                answers.append(cursor.fetchall())
            more = cursor.nextset()
        return answers


def _limits() -> tuple[str, ...]:
    # For this transaction alone: a pooler hands the server's session to somebody else afterwards.
    return (
        f"SET LOCAL statement_timeout = {STATEMENT_MILLISECONDS}",
        f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}",
        # Should this program be stopped half-way, the server does not keep its locks for long.
        "SET LOCAL idle_in_transaction_session_timeout = 10000",
        # Rows that a policy hides must be an error, not an empty answer.
        "SET LOCAL row_security = off",
        # Nobody's function of the same name is called instead of PostgreSQL's own (CVE-2018-1058).
        "SET LOCAL search_path = pg_catalog",
    )


@contextmanager
def opened(target: Target, remarks: list[str]) -> Iterator[Session]:
    """Connect, and roll back and hang up at the end whatever happens; the transaction is yet to begin.

    Raises:
        psycopg.Error: there is no session to be had.
    """
    connection = _db_connect.connect(target, remarks)
    given_up = Event()
    deadline = Timer(ANSWER_SECONDS, _hang_up, [connection.fileno(), given_up])
    deadline.daemon = True
    deadline.start()
    try:
        _take_any_text(connection)
        yield Session(connection, given_up)
    finally:
        _end(connection)
        deadline.cancel()
        deadline.join()  # or it could hang up on whoever gets the descriptor next
        connection.close()


def _end(connection: "Connection[Row]") -> None:
    """Roll back: a pooler gets its server's session back in order, instead of having to drop it."""
    from psycopg import Error

    with suppress(Error):
        if not connection.closed:
            connection.execute("ROLLBACK")


def _hang_up(descriptor: int, given_up: Event) -> None:
    """End the conversation from outside: whoever waits for an answer gets an end of file at once."""
    given_up.set()
    try:
        with socket.socket(fileno=os.dup(descriptor)) as line:
            line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it ended by itself in the same moment


def _take_any_text(connection: "Connection[Row]") -> None:
    """Names in a database without an encoding (SQL_ASCII) may be any bytes; none of them is worth a failure."""
    from psycopg.adapt import Buffer, Loader

    class Text(Loader):
        def load(self, data: Buffer) -> str:
            return bytes(data).decode("utf-8", "replace")

    class Json(Text):
        def load(self, data: Buffer) -> Any:
            return json.loads(super().load(data))

    for name in ("text", "name", "varchar", "bpchar"):
        connection.adapters.register_loader(name, Text)
    connection.adapters.register_loader("json", Json)
