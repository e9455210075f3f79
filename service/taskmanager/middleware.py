"""Every request is measured, also those that no route matches and those that fail."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskmanager.metrics import Metrics

KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MeasureRequests:
    """An ASGI middleware by hand: it looks at two messages and copies none."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """The application is wrapped.

        Args:
            app: What answers the requests.
            metrics: What is told of them.
        """
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request passes unchanged; when its answer has been sent, it is counted.

        Args:
            scope: The request; the router leaves the route that matched in it.
            receive: Passed on.
            send: Passed on; the status is read on the way.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500  # what the server answers if the application raises before it has answered

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            with self._metrics.in_flight.track_inprogress():
                await self._app(scope, receive, send_and_note)
        finally:
            # The path itself would make a series for every address that anybody tries.
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
            self._metrics.request_answered(method, route, status, time.perf_counter() - started)
