"""One engine for the process, one session for the request."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine
from sqlalchemy.orm import Session, sessionmaker

from taskmanager.config import Settings


class Database:
    """The way to the database; making one opens no connection yet."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is sent to the database before the first session or connection is used.

        Args:
            settings: Where the database is and how long to wait for it.
        """
        patience = {"connect_timeout": settings.connect_timeout}
        self._engine = create_engine(
            settings.database_url,
            pool_size=settings.pool_size,
            max_overflow=settings.pool_size,
            pool_timeout=settings.pool_timeout,
            # A connection that died in the pool, as after a restart of the database, is replaced unnoticed.
            pool_pre_ping=True,
            # What people write into their tasks does not belong in the log.
            hide_parameters=True,
            # What the address itself says wins.
            connect_args={} if "connect_timeout" in settings.database_url.query else patience,
        )
        # Objects stay readable after the commit: the answer is written then, without asking the database again.
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for one unit of work; what was not committed at its end is rolled back.

        Yields:
            The session.

        Raises:
            sqlalchemy.exc.DBAPIError: The database refused something, or does not answer.
            sqlalchemy.exc.TimeoutError: No connection became free in time.
        """
        with self._sessions() as session:
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection below the ORM, for questions about the database itself; nothing is committed.

        Yields:
            The connection.

        Raises:
            sqlalchemy.exc.DBAPIError: The database does not answer.
            sqlalchemy.exc.TimeoutError: No connection became free in time.
        """
        with self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Every idle connection is closed; a session still in use closes its own."""
        self._engine.dispose()
