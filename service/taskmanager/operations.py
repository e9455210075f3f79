"""What whoever runs the service asks it: how it is, and what it has counted."""

from fastapi import APIRouter, Response, status
from prometheus_client import CONTENT_TYPE_LATEST

from taskmanager.dependencies import ServicesDep
from taskmanager.health import Health, observe

router = APIRouter(tags=["operations"])


@router.get("/health", responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Health}})
def health(services: ServicesDep, response: Response) -> Health:
    """200 when the database answers at the revision this code expects; otherwise 503 with the reason."""
    verdict = observe(services.database, services.migrations, services.metrics)
    if verdict.status != "ok":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return verdict


@router.get("/metrics", response_class=Response)
def metrics(services: ServicesDep) -> Response:
    """Prometheus' text format, also while the database is down: that it is down is one of the figures."""
    # Before the database is asked for its revision, or that question's own connection would be in it.
    services.metrics.pool_use(services.database.pool_use())
    observe(services.database, services.migrations, services.metrics)
    return Response(services.metrics.render(), media_type=CONTENT_TYPE_LATEST)
