"""Tasks over HTTP: list, create, read, replace, delete."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response, status
from sqlalchemy import select
from sqlalchemy.orm import Session

from taskmanager.dependencies import DatabaseDep
from taskmanager.models import Task
from taskmanager.schemas import LARGEST_ID, TaskIn, TaskOut

router = APIRouter(tags=["tasks"])

TaskId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]

# The routes are plain functions: FastAPI runs them in threads, where waiting for the database holds up nobody else.
# Each commits before it returns: a client that reads 201 finds the task.


def find(session: Session, task_id: int, *, for_update: bool = False) -> Task:
    """A task that exists, or the answer 404.

    Args:
        session: The request's session.
        task_id: From the path.
        for_update: Whether to hold the row until the commit: of two who change a task at once, the second sees
            what the first did, be it that the task is gone.

    Returns:
        The task, bound to the session.

    Raises:
        HTTPException: 404, there is no such task.
    """
    task = session.get(Task, task_id, with_for_update=for_update)
    if task is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no task {task_id}")
    return task


@router.get("/tasks", response_model=list[TaskOut])
def list_tasks(database: DatabaseDep, limit: Limit = 50, offset: Offset = 0, done: bool | None = None) -> list[Task]:
    """Tasks come oldest first, a bounded number at a time; `done` keeps only those in that state."""
    query = select(Task).order_by(Task.id).limit(limit).offset(offset)
    if done is not None:
        query = query.where(Task.done == done)
    with database.session() as session:
        return list(session.scalars(query))


@router.post("/tasks", response_model=TaskOut, status_code=status.HTTP_201_CREATED)
def create_task(database: DatabaseDep, body: TaskIn, request: Request, response: Response) -> Task:
    """A new task is stored; the header `Location` says where it is read again."""
    task = Task(**body.model_dump())
    with database.session() as session:
        session.add(task)
        session.commit()
    response.headers["Location"] = str(request.url_for("read_task", task_id=task.id))
    return task


@router.get("/tasks/{task_id}", response_model=TaskOut)
def read_task(database: DatabaseDep, task_id: TaskId) -> Task:
    """One task; 404 where there is none."""
    with database.session() as session:
        return find(session, task_id)


@router.put("/tasks/{task_id}", response_model=TaskOut)
def replace_task(database: DatabaseDep, task_id: TaskId, body: TaskIn) -> Task:
    """The task becomes what the body says, whole: what it leaves out returns to its default. 404 if unknown."""
    with database.session() as session:
        task = find(session, task_id, for_update=True)
        for name, value in body.model_dump().items():
            setattr(task, name, value)
        session.commit()
    return task


@router.delete("/tasks/{task_id}", status_code=status.HTTP_204_NO_CONTENT)
def delete_task(database: DatabaseDep, task_id: TaskId) -> None:
    """The task is gone; 404 where there is none, so a second delete says so."""
    with database.session() as session:
        session.delete(find(session, task_id, for_update=True))
        session.commit()
