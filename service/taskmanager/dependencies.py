"""What a route may ask for in its signature."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from taskmanager.database import Database
from taskmanager.metrics import Metrics
from taskmanager.migrations import Migrations


@dataclass(frozen=True)
class Services:
    """What lives as long as the process does.

    Attributes:
        database: The way to the database.
        migrations: The migration scripts shipped with this code.
        metrics: What is counted.
    """

    database: Database
    migrations: Migrations
    metrics: Metrics


def get_services(request: Request) -> Services:
    """The services are those of the application that got the request, not of the module: two may live side by side.

    Args:
        request: The request being answered.

    Returns:
        The services which the application's start put into its state.
    """
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


def get_database(services: ServicesDep) -> Database:
    """A route opens its session itself, and closes it before it returns.

    A session handed in by FastAPI would be closed by one of the threads that run the routes. Once all of these wait
    for a connection, nobody is left to give one back, and a busy service stands still.

    Args:
        services: Those of the application.

    Returns:
        The way to the database.
    """
    return services.database


DatabaseDep = Annotated[Database, Depends(get_database)]
