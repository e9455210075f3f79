"""Whether the service can do its work, judged by the facts a caller would meet."""

import logging
from typing import Literal

from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from taskmanager.database import Database
from taskmanager.errors import error_class, sqlstate
from taskmanager.metrics import Metrics
from taskmanager.migrations import Migrations, MigrationState

log = logging.getLogger("uvicorn.taskmanager")


class Health(BaseModel):
    """The answer of `GET /health`.

    Attributes:
        status: `ok`; `degraded`, the database answers but its schema is not the expected one; `unavailable`, the
            database does not answer.
        database: Whether it answers.
        revision: Where the database is; several are joined by a comma; none where it is not known.
        expected_revision: Where this code expects it.
        reason: What is wrong and how to mend it; none where all is well. It never holds an address or a password.
    """

    status: Literal["ok", "degraded", "unavailable"]
    database: Literal["ok", "unavailable"]
    revision: str | None
    expected_revision: str | None
    reason: str | None = None


def observe(database: Database, migrations: Migrations, metrics: Metrics) -> Health:
    """The database is asked now, and what it says is also what the metrics show.

    Args:
        database: The one to ask.
        migrations: What this code expects.
        metrics: Told of the state, or of the error.

    Returns:
        The verdict; a database that does not answer is a verdict too, never an exception.
    """
    try:
        with database.connection() as connection:
            state = migrations.state(connection)
    except (DBAPIError, PoolTimeout) as error:
        kind = error_class(error)
        # The text names hosts and users: it is for the log, not for whoever can reach this address.
        log.warning("Health: the database does not answer (%s): %s", kind, error)
        metrics.database_failed(kind, sqlstate(error))
        metrics.migration_state_unknown(migrations.expected)
        return Health(
            status="unavailable",
            database="unavailable",
            revision=None,
            expected_revision=_joined(migrations.expected),
            reason=f"The database does not answer (error class: {kind}); the service's log has the details",
        )
    metrics.migration_state(state)
    return judge(state)


def judge(state: MigrationState) -> Health:
    """A database that answers is healthy only at the revision which the code expects.

    Args:
        state: Both revisions.

    Returns:
        `ok` or `degraded`, with the reason.
    """
    return Health(
        status="degraded" if state.problem else "ok",
        database="ok",
        revision=_joined(state.current),
        expected_revision=_joined(state.expected),
        reason=state.problem,
    )


def _joined(revisions: tuple[str, ...]) -> str | None:
    return ", ".join(revisions) or None
