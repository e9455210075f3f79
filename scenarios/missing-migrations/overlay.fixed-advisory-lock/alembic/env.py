"""Migrations run against the very database the service uses: one DATABASE_URL for both.

Called by Alembic, never imported. A caller that already holds a connection (a test, a tool) passes it in
`config.attributes["connection"]`; then nothing is opened here and the caller's logging is left alone.
"""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from taskmanager.config import Settings
from taskmanager.models import Base

config = context.config


def migrate(connection: Connection) -> None:
    """Every script that was asked for runs on `connection`, each release all or nothing.

    Args:
        connection: An open connection to the database to migrate.
    """
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        # One replica migrates; the others wait here and then find nothing to do. The lock ends with the transaction.
        connection.execute(text("SELECT pg_advisory_xact_lock(20240115)"))
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
