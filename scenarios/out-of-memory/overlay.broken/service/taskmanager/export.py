"""All tasks in one file, for whoever takes them elsewhere."""

from fastapi import APIRouter, Response
from sqlalchemy import select

from taskmanager.dependencies import DatabaseDep
from taskmanager.models import Task
from taskmanager.schemas import TaskOut

router = APIRouter(tags=["export"])


@router.get("/export")
def export(database: DatabaseDep) -> Response:
    """Every task, one JSON document a line, oldest first."""
    with database.session() as session:
        tasks = list(session.scalars(select(Task).order_by(Task.id)))
    lines = [TaskOut.model_validate(task).model_dump_json() for task in tasks]
    return Response("\n".join(lines), media_type="application/x-ndjson")
