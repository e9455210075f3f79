"""Tasks that were written down twice, as far as that can be told quickly."""

import logging

from fastapi import APIRouter
from psycopg.errors import QueryCanceled
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from taskmanager.dependencies import DatabaseDep
from taskmanager.models import Task

router = APIRouter(tags=["duplicates"])
log = logging.getLogger("uvicorn.taskmanager")


@router.get("/duplicates")
def duplicates(database: DatabaseDep) -> list[int]:
    """The tasks of whose title there is more than one, a hundred at the most; or those among the newest."""
    other = aliased(Task)
    same = select(func.count()).where(other.title == Task.title).scalar_subquery()
    with database.session() as session:
        try:
            return list(session.scalars(select(Task.id).where(same > 1).order_by(Task.id).limit(100)))
        except OperationalError as error:
            if not isinstance(error.orig, QueryCanceled):
                raise
            session.rollback()
            log.warning("The duplicates of all tasks take too long; only the newest are looked at")
        newest = select(Task.id, Task.title).order_by(Task.id.desc()).limit(200).subquery()
        again = select(newest.c.title).group_by(newest.c.title).having(func.count() > 1)
        return list(session.scalars(select(newest.c.id).where(newest.c.title.in_(again)).order_by(newest.c.id)))
