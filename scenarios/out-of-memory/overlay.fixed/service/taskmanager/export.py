"""All tasks in one file, for whoever takes them elsewhere."""

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from taskmanager.database import Database
from taskmanager.dependencies import DatabaseDep
from taskmanager.models import Task
from taskmanager.schemas import TaskOut

router = APIRouter(tags=["export"])


@router.get("/export")
def export(database: DatabaseDep) -> StreamingResponse:
    """Every task, one JSON document a line, oldest first."""
    return StreamingResponse(lines(database), media_type="application/x-ndjson")


def lines(database: Database) -> Iterator[str]:
    """A hundred tasks at a time are fetched and written, however many there are.

    Args:
        database: The one to ask.

    Yields:
        The lines.
    """
    query = select(Task).order_by(Task.id).execution_options(yield_per=100)
    with database.session() as session:
        for tasks in session.scalars(query).partitions():
            yield "".join(f"{TaskOut.model_validate(task).model_dump_json()}\n" for task in tasks)
