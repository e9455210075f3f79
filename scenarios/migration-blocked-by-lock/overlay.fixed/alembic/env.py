"""Migrations run against the very database the service uses: one DATABASE_URL for both.

Called by Alembic, never imported. A caller that already holds a connection (a test, a tool) passes it in
`config.attributes["connection"]`; then nothing is opened here and the caller's logging is left alone.
"""

from logging import getLogger
from logging.config import fileConfig
from random import uniform
from time import sleep

from alembic import context
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.exc import OperationalError

from taskmanager.config import Settings
from taskmanager.models import Base

config = context.config
log = getLogger("alembic.env")

ATTEMPTS = 100
"""How often a lock is asked for before the release is stopped, with nothing changed."""

PATIENCE = "SET lock_timeout = '500ms'"
"""How long a migration stands in the queue for a table: so long everybody who comes after it waits as well."""


def migrate(connection: Connection) -> None:
    """Every script that was asked for runs on `connection`, each release all or nothing.

    Args:
        connection: An open connection to the database to migrate.
    """
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


def migrate_online() -> None:
    """The scripts run on the caller's connection, or else on one opened for this and closed after it.

    Raises:
        taskmanager.config.ConfigurationError: No connection was passed and DATABASE_URL is missing or unusable.
    """
    given: Connection | None = config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    # NullPool: a command that ends at once has no use for a pool that outlives it.
    engine = create_engine(Settings.load().database_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(PATIENCE)
        connection.commit()
        migrate_between_others(connection)


def migrate_between_others(connection: Connection) -> None:
    """A table that is in use is asked for again and again; in between, those who wait behind the migration go on.

    Args:
        connection: One that gives up waiting for a lock.

    Raises:
        sqlalchemy.exc.OperationalError: The last attempt did not get its lock either, or something else is wrong.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            migrate(connection)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            log.warning("The table is in use; attempt %d of %d follows", attempt + 1, ATTEMPTS)
            sleep(uniform(0.5, 1.5))  # noqa: S311 - so that it does not keep time with what it meets
        else:
            return
    migrate(connection)


def print_sql() -> None:
    """`alembic upgrade --sql` prints the statements and touches no database, so it needs no address either."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=Base.metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


if config.config_file_name and "connection" not in config.attributes:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    print_sql()
else:
    migrate_online()
