"""Many tasks are done at once: all of them, or none."""

from time import sleep
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from taskmanager.dependencies import DatabaseDep
from taskmanager.routes import find
from taskmanager.schemas import LARGEST_ID

router = APIRouter(tags=["bulk"])


class Selection(BaseModel):
    """What somebody has ticked, in the order of the clicks."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_ID)]], Field(min_length=1, max_length=100)]


@router.post("/done")
def complete(database: DatabaseDep, body: Selection) -> dict[str, int]:
    """All selected tasks are done; 404 where one of them does not exist, and then none is changed."""
    with database.session() as session:
        # Everybody takes the rows in one order, so that nobody holds what another one waits for in a circle.
        for task_id in sorted(body.ids):
            finish(session, task_id)
        session.commit()
    return {"done": len(body.ids)}


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
