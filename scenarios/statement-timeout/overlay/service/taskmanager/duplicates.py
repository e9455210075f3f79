"""Tasks that were written down twice."""

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from taskmanager.dependencies import DatabaseDep
from taskmanager.models import Task

router = APIRouter(tags=["duplicates"])


@router.get("/duplicates")
def duplicates(database: DatabaseDep) -> list[int]:
    """The tasks of whose title there is more than one, oldest first, a hundred at the most."""
    other = aliased(Task)
    same = select(func.count()).where(other.title == Task.title).scalar_subquery()
    with database.session() as session:
        return list(session.scalars(select(Task.id).where(same > 1).order_by(Task.id).limit(100)))
