"""What the service counts, for Prometheus. Every label has few values, whatever clients send."""

import math
import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from taskmanager import __version__
from taskmanager.migrations import MigrationState

REQUEST = ("method", "route", "status")


class Metrics:
    """All instruments of one application, in a registry of its own."""

    def __init__(self) -> None:
        """Counters start at nothing; what is not known yet is shown as NaN, not as a good value."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter("taskmanager_http_requests", "Requests answered", REQUEST, registry=registry)
        self._errors = Counter("taskmanager_http_errors", "Answers of 4xx and 5xx", REQUEST, registry=registry)
        self._duration = Histogram(
            "taskmanager_http_request_duration_seconds", "Time to answer", REQUEST[:2], registry=registry
        )
        self.in_flight = Gauge("taskmanager_http_requests_in_flight", "Requests being answered", registry=registry)
        self._database_errors = Counter(
            "taskmanager_database_errors", "Errors by SQLSTATE class", ("sqlstate_class",), registry=registry
        )
        self._database_up = Gauge("taskmanager_database_up", "1 if the database answers", registry=registry)
        self._revision = Gauge(
            "taskmanager_migration_revision_info",
            "The database's revision and the one the code expects",
            ("current", "expected"),
            registry=registry,
        )
        self._pending = Gauge(
            "taskmanager_migrations_pending", "Migrations still to run; NaN if not known", registry=registry
        )
        self._pending.set(math.nan)
        build = Gauge("taskmanager_build_info", "What is running", ("version", "python"), registry=registry)
        build.labels(__version__, platform.python_version()).set(1)

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is counted.

        Args:
            method: Of a small set.
            route: The template, such as `/tasks/{task_id}`, never the path itself.
            status: The HTTP status; its class is what is kept.
            seconds: From the request's arrival to the end of the answer.
        """
        labels = (method, route, f"{status // 100}xx")
        self._requests.labels(*labels).inc()
        if status >= 400:
            self._errors.labels(*labels).inc()
        self._duration.labels(method, route).observe(seconds)

    def database_failed(self, kind: str) -> None:
        """One database error is counted.

        Args:
            kind: From `taskmanager.errors.error_class`.
        """
        self._database_errors.labels(kind).inc()

    def migration_state(self, state: MigrationState) -> None:
        """The database answered, and this is where it is.

        Args:
            state: Both revisions.
        """
        self._database_up.set(1)
        self._pending.set(state.pending)
        self._show_revision(",".join(state.current) or "none", state.expected)

    def migration_state_unknown(self, expected: tuple[str, ...]) -> None:
        """The database did not answer: the last state seen is no longer shown as if it still held.

        Args:
            expected: The revisions which the code expects.
        """
        self._database_up.set(0)
        self._pending.set(math.nan)
        self._show_revision("unknown", expected)

    def render(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)

    def _show_revision(self, current: str, expected: tuple[str, ...]) -> None:
        # One series at a time: an old revision that stays on show would look like a second database.
        self._revision.clear()
        self._revision.labels(current, ",".join(expected) or "none").set(1)
