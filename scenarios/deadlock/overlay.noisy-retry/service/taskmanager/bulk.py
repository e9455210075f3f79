"""Many tasks are done at once: all of them, or none."""

import logging
from random import uniform
from time import sleep
from typing import Annotated

from fastapi import APIRouter
from psycopg.errors import DeadlockDetected
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from taskmanager.database import Database
from taskmanager.dependencies import DatabaseDep
from taskmanager.routes import find
from taskmanager.schemas import LARGEST_ID

router = APIRouter(tags=["bulk"])
log = logging.getLogger("uvicorn.taskmanager")

ATTEMPTS = 20
"""How often a transaction is begun before the client is told; each deadlock lets at least one other one through."""


class Selection(BaseModel):
    """What somebody has ticked, in the order of the clicks."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_ID)]], Field(min_length=1, max_length=100)]


@router.post("/done")
def complete(database: DatabaseDep, body: Selection) -> dict[str, int]:
    """All selected tasks are done; 404 where one of them does not exist, and then none is changed."""
    for attempt in range(1, ATTEMPTS):
        try:
            return finish_all(database, body.ids)
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected):
                raise
            log.warning("Deadlock, the transaction is tried again (attempt %d of %d)", attempt + 1, ATTEMPTS)
            sleep(uniform(0, 0.1 * attempt))  # noqa: S311 - so that the same two do not meet again at once
    return finish_all(database, body.ids)


def finish_all(database: Database, ids: list[int]) -> dict[str, int]:
    """All of them are done in one transaction; one that fails has changed nothing, and may be tried again.

    Args:
        database: Where the tasks are.
        ids: Which tasks.

    Returns:
        How many are done.

    Raises:
        sqlalchemy.exc.OperationalError: The database has ended the transaction, such as for a deadlock.
    """
    with database.session() as session:
        for task_id in ids:
            finish(session, task_id)
        session.commit()
    return {"done": len(ids)}


def finish(session: Session, task_id: int) -> None:
    """The task is done, and whoever watches it has been told.

    Args:
        session: The request's; it holds the row from here to its commit.
        task_id: Which task.
    """
    task = find(session, task_id, for_update=True)
    task.done = True
    session.flush()
    sleep(0.02)  # the time that another service takes to be told
