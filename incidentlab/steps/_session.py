"""A session of our own in the run's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from incidentlab.engines._base import Stack
from incidentlab.model.step import Login
from incidentlab.steps._base import Scene, failed

if TYPE_CHECKING:
    import psycopg

_OPTIONS = "-c statement_timeout=60s -c lock_timeout=30s -c client_min_messages=warning"


def url_of(stack: Stack, login: Login) -> str:
    """Return the database's address as the role that a step acts as."""
    return stack.owner_url if login == "owner" else stack.database_url


def connect(url: str, *, name: str = "incidentlab", **options: Any) -> "psycopg.Connection[Any]":
    """Open a session that gives up on what takes too long; each statement stands by itself.

    Raises:
        psycopg.Error: it could not be opened.
    """
    import psycopg

    given = {"autocommit": True, "connect_timeout": 10, "options": _OPTIONS, "application_name": name, **options}
    return psycopg.connect(url, **given)


@contextmanager
def speaking(scene: Scene, what: str) -> Iterator[None]:
    """Turn what PostgreSQL refuses into the failure of the step ``what``."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise failed(f"{what} could not be carried out.", scene.redacted(str(error))) from None
