"""One engine for the process, one session for the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, QueuePool, create_engine
from sqlalchemy.orm import Session, sessionmaker

from taskmanager.config import Settings


@dataclass(frozen=True)
class PoolUse:
    """What the pool's connections are doing.

    Attributes:
        in_use: Lent out.
        idle: Open, and waiting to be lent.
        limit: How many it may open; who wants one more has to wait.
    """

    in_use: int
    idle: int
    limit: int


class Database:
    """The way to the database; making one opens no connection yet."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is sent to the database before the first session or connection is used.

        Args:
            settings: Where the database is and how long to wait for it.
        """
        patience = {"connect_timeout": settings.connect_timeout}
        self._limit = 2 * settings.pool_size
        self._engine = create_engine(
            settings.database_url,
            pool_size=settings.pool_size,
            max_overflow=self._limit - settings.pool_size,
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

    def pool_use(self) -> PoolUse:
        """The pool is looked at; the database is not asked.

        Returns:
            The connections there are.
        """
        pool = cast(QueuePool, self._engine.pool)
        return PoolUse(pool.checkedout(), pool.checkedin(), self._limit)

    def close(self) -> None:
        """Every idle connection is closed; a session still in use closes its own."""
        self._engine.dispose()
