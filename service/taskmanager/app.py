"""The parts put together: `create_app()` builds the application, its start-up proves that the tables are there."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from taskmanager import __version__, errors, operations, routes
from taskmanager.config import MIGRATIONS_FOLDER, Settings
from taskmanager.database import Database
from taskmanager.dependencies import Services
from taskmanager.metrics import Metrics
from taskmanager.middleware import MeasureRequests
from taskmanager.migrations import Migrations
from taskmanager.models import Task

log = logging.getLogger("uvicorn.taskmanager")


def create_app(settings: Settings | None = None) -> FastAPI:
    """An application is built without reading settings or touching a database: both happen when it starts.

    Args:
        settings: None means those of the environment.

    Returns:
        The application; each call makes one with its own metrics and its own connections.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with closing(Database(settings or Settings.load())) as database:
            # Waiting here blocks nobody: nothing is served before this is done.
            log.info("Serving %d tasks", count_tasks(database))
            # Only now: whoever has built the application may have added routes of their own to it.
            for path, methods in app.openapi()["paths"].items():
                for method in methods:
                    metrics.route_served(method.upper(), path)
            app.state.services = Services(database, Migrations(MIGRATIONS_FOLDER), metrics)
            yield

    app = FastAPI(title="TaskManager API", version=__version__, lifespan=lifespan)
    app.add_middleware(MeasureRequests, metrics=metrics)
    app.add_exception_handler(DBAPIError, errors.database_failed)
    app.add_exception_handler(PoolTimeout, errors.database_failed)
    app.add_exception_handler(RequestValidationError, errors.input_refused)
    app.include_router(routes.router)
    app.include_router(operations.router)
    return app


def count_tasks(database: Database) -> int:
    """The first query, asked before anything is served: a service without its tables must not look alive.

    There is no waiting and no second try. Who starts the service is told at once, and decides.

    Args:
        database: The one to ask.

    Returns:
        How many tasks are stored.

    Raises:
        sqlalchemy.exc.ProgrammingError: The table does not exist: the migrations were not applied.
        sqlalchemy.exc.OperationalError: The database does not answer.
    """
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(Task)) or 0
