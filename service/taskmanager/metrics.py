"""What the service counts, for Prometheus. Every label has few values, whatever clients send."""

import math
import platform
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from taskmanager import __version__
from taskmanager.database import PoolUse
from taskmanager.migrations import MigrationState

REQUEST = ("method", "route", "status")

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Bounds of the histogram. The alert's 2 s are one of them: between two bounds a quantile is a guess."""

SCHEMA_STATES = frozenset({"42P01", "42703", "42704", "42883", "3F000"})
"""SQLSTATEs of a table, column, type, function or schema that is not there: code and schema do not fit each other."""


class Metrics:
    """All instruments of one application, in a registry of its own."""

    def __init__(self) -> None:
        """Counters start at nothing; what is not known yet is shown as NaN, not as a good value."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter("taskmanager_http_requests", "Requests answered", REQUEST, registry=registry)
        self._errors = Counter("taskmanager_http_errors", "Answers of 4xx and 5xx", REQUEST, registry=registry)
        self._duration = Histogram(
            "taskmanager_http_request_duration_seconds",
            "Time to answer",
            REQUEST[:2],
            registry=registry,
            buckets=SECONDS,
        )
        self.in_flight = Gauge("taskmanager_http_requests_in_flight", "Requests being answered", registry=registry)
        # Looking a series up by its labels takes as long as counting; there are few, so that each is looked up once.
        self._of_request = cache(self._series_of_request)
        self._database_errors = Counter(
            "taskmanager_database_errors", "Errors by SQLSTATE class", ("sqlstate_class",), registry=registry
        )
        self._schema_errors = Counter(
            "taskmanager_schema_errors", "Statements that named what the schema lacks", ("sqlstate",), registry=registry
        )
        for state in SCHEMA_STATES:
            # From zero on, or a rate would not see the first one.
            self._schema_errors.labels(state)
        self._pool = Gauge(
            "taskmanager_database_pool_connections", "Connections of the pool", ("state",), registry=registry
        )
        self._pool_limit = Gauge(
            "taskmanager_database_pool_limit", "Connections that the pool may open", registry=registry
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
        self._unknown = Gauge(
            "taskmanager_migrations_unknown",
            "Revisions of the database that the code does not know; NaN if not known",
            registry=registry,
        )
        self._nothing_known()
        build = Gauge("taskmanager_build_info", "What is running", ("version", "python"), registry=registry)
        build.labels(__version__, platform.python_version()).set(1)

    def route_served(self, method: str, route: str) -> None:
        """Requests of this kind may come: their counters are shown from zero on, or a rate would not see the first.

        Args:
            method: Of a small set.
            route: The template.
        """
        for kind in (2, 4, 5):
            self._of_request(method, route, kind)

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is counted.

        Args:
            method: Of a small set.
            route: The template, such as `/tasks/{task_id}`, never the path itself.
            status: The HTTP status; its class is what is kept.
            seconds: From the request's arrival to the end of the answer.
        """
        requests, errors, duration = self._of_request(method, route, status // 100)
        requests.inc()
        if errors is not None:
            errors.inc()
        duration.observe(seconds)

    def database_failed(self, kind: str, sqlstate: str | None) -> None:
        """One database error is counted.

        Args:
            kind: From `taskmanager.errors.error_class`.
            sqlstate: PostgreSQL's own code, where it gave one; only those of `SCHEMA_STATES` are kept.
        """
        self._database_errors.labels(kind).inc()
        if sqlstate in SCHEMA_STATES:
            self._schema_errors.labels(sqlstate).inc()

    def pool_use(self, use: PoolUse) -> None:
        """The pool is as it is now.

        Args:
            use: Its connections.
        """
        self._pool.labels("in_use").set(use.in_use)
        self._pool.labels("idle").set(use.idle)
        self._pool_limit.set(use.limit)

    def migration_state(self, state: MigrationState) -> None:
        """The database answered, and this is where it is.

        Args:
            state: Both revisions.
        """
        self._database_up.set(1)
        self._pending.set(state.pending)
        self._unknown.set(len(state.unknown))
        self._show_revision(",".join(state.current) or "none", state.expected)

    def migration_state_unknown(self, expected: tuple[str, ...]) -> None:
        """The database did not answer: the last state seen is no longer shown as if it still held.

        Args:
            expected: The revisions which the code expects.
        """
        self._database_up.set(0)
        self._nothing_known()
        self._show_revision("unknown", expected)

    def render(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)

    def _series_of_request(self, method: str, route: str, kind: int) -> tuple[Counter, Counter | None, Histogram]:
        labels = (method, route, f"{kind}xx")
        errors = self._errors.labels(*labels) if kind >= 4 else None
        return self._requests.labels(*labels), errors, self._duration.labels(method, route)

    def _nothing_known(self) -> None:
        self._pending.set(math.nan)
        self._unknown.set(math.nan)

    def _show_revision(self, current: str, expected: tuple[str, ...]) -> None:
        # One series at a time: an old revision that stays on show would look like a second database.
        self._revision.clear()
        self._revision.labels(current, ",".join(expected) or "none").set(1)
