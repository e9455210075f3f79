"""A request that asks only whether a program is alive, or for a file of its own, takes no database for its answer.

A service goes on answering `/healthz` while every login to its database is refused. Whoever took that answer for a
recovery would give the all-clear in the middle of the incident.
"""

import re
from collections.abc import Iterable
from functools import cached_property

from incidentlab.causes._failing import says_it_failed
from incidentlab.causes._serving import says_it_answered
from incidentlab.model.evidence import Evidence, LogEvent

# Where a line names the path of a request: access logs, fields of JSON and logfmt, Go's maps.
_HOST = r"(?:https?://[^/\s\"']{1,253})?"
_PATH = re.compile(
    rf"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)[ =\"'\]:]{{1,4}}{_HOST}(?P<path>/[^\s\"'?;]{{0,300}})"
    rf"|(?:path|url|uri|target|endpoint|route)[\"']?[=:] ?[\"']?{_HOST}"
    r"(?P<field>/[^\s\"'?;,}\]]{0,300})",
    re.IGNORECASE,
)
# Who asks at intervals: Kubernetes, load balancers, monitors; curl within the container is an image's HEALTHCHECK.
_PROBER = re.compile(
    r"\bkube-probe/|\bELB-HealthChecker/|\bGoogleHC/|\bGoogleStackdriverMonitoring|\bAmazon-Route53-Health-Check"
    r"|\bConsul Health Check\b|\bEnvoy/HC\b|\bEdge Health Probe\b|\bHealthCheck(?:er)?/|\bPrometheus/\d"
    r"|\bBlackbox[ -]Exporter|\bUptimeRobot/|\bUptime-Kuma/|\bPingdom|\bStatusCake|\bSite24x7\b"
    r"|\bBetter (?:Uptime|Stack)|\b(?:127\.0\.0\.1|::1)\b[^\n]{0,400}\"(?:curl|Wget)\b",
    re.IGNORECASE,
)
# OPTIONS and HEAD read nothing; a redirection mostly leads to a page that has not been shown yet.
_EMPTY = re.compile(
    r"\b(?:HEAD|OPTIONS)[ =\"'\]:]{1,4}(?:https?:/)?/|\bGET \S{1,300}(?: HTTP/[\d.]{1,3}| for \S{1,80},)?\"? 30\d\b"
)
# These words ask for a sign of life, wherever they stand in a path.
_OF_HEALTH = frozenset((
    "health", "healthy", "healthz", "healthcheck", "health-check", "health_check", "_health", "livez", "liveness",
    "alive", "isalive", "readyz", "readiness", "startupz", "heartbeat", "__heartbeat__", "__lbheartbeat__",
    "lbheartbeat", "actuator", "nginx_status", "stub_status", "server-status",
))  # fmt: skip
# These only where nothing of the service's own stands before them: /orders/17/status is no probe.
_SHORT = frozenset((
    "ping", "_ping", "pong", "up", "live", "ready", "status", "_status", "metrics", "version", "docs", "redoc",
    "openapi.json", "swagger",
))  # fmt: skip
_COMMON = frozenset((
    "api", "internal", "_internal", "management", "misc", "system", "sys", "ops", "k8s", "probe", "probes", "monitor",
    "monitoring", "server", "admin", "app", "-",
))  # fmt: skip
_VERSION = re.compile(r"v\d{1,2}")
_OF_FILES = frozenset(("static", "assets", "_next"))
_FILE = re.compile(r"\.(?:css|m?js|map|ico|png|jpe?g|gif|svg|webp|woff2?|ttf|txt|webmanifest)$", re.IGNORECASE)
_LOOKED_BACK = 40  # events in which the request of an answer is looked for
_TASK = re.compile(r"\bTask (?P<name>[\w.\-:]{1,200})(?:\[(?P<id>[\w\-]{1,64})\])?")
_DONE = re.compile(r"\bTask \S{1,200} succeeded in\b", re.IGNORECASE)


def task(event: LogEvent) -> tuple[str, str] | None:
    """Return name and id of the task that a worker speaks of; the id may be empty."""
    texts = (event.text, *(text for _, text in event.key_lines))
    found = next((found for text in texts if "Task " in text and (found := _TASK.search(text))), None)
    return (found["name"], found["id"] or "") if found else None


def is_task_done(event: LogEvent) -> bool:
    """Whether a worker says that a task has succeeded."""
    return "Task " in event.text and bool(_DONE.search(event.text))


class Work:
    """Tells apart the good answers that take a database at work, as far as a log can show that.

    Args:
        evidence: all facts.
        troubles: what happened before. If it came in a task, another task's success is no proof.
    """

    def __init__(self, evidence: Evidence, troubles: Iterable[LogEvent]) -> None:
        self._logs = evidence.logs
        self._tasks = {one[0] for event in troubles if (one := task(event))}

    def proven_by(self, event: LogEvent) -> bool:
        """Whether the answer to a request, or a task's success, shows that the database is there.

        A probe that was answered with a 5xx looks at what the service needs; its later 2xx counts.
        """
        if event.severity in ("error", "fatal") or not says_it_answered(event.text):
            return False
        if is_task_done(event):
            return _of_a_task(event, self._tasks)
        path = _path(event.text) or self._asked_before(event)
        return not _is_small(event.text, path) or path in self._failed

    def is_mended_probe(self, event: LogEvent) -> bool:
        """Whether a probe was answered with a 5xx, as is its duty while something is wrong, and well later on."""
        if event.exception or event.cause or not says_it_failed(event.text):
            return False
        path = _path(event.text)
        return bool(path) and _is_small(event.text, path) and self._last_answers[event.source, event.service, path]

    @cached_property
    def _last_answers(self) -> dict[tuple[str, str, str], bool]:
        """Log, program and path → whether the last request for it was answered well."""
        answers: dict[tuple[str, str, str], bool] = {}
        for event in self._logs:
            failed = says_it_failed(event.text)
            if failed or says_it_answered(event.text):
                answers[event.source, event.service, _path(event.text)] = not failed
        return answers

    @cached_property
    def _failed(self) -> set[str]:
        return {_path(event.text) for event in self._logs if says_it_failed(event.text)} - {""}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {event.id: place for place, event in enumerate(self._logs)}

    def _asked_before(self, event: LogEvent) -> str:
        """Return the path that the same program was asked for last, where the line of its answer names none."""
        place = self._places[event.id]
        before = reversed(self._logs[max(0, place - _LOOKED_BACK) : place])
        own = (one for one in before if (one.source, one.service) == (event.source, event.service))
        return next((path for one in own if (path := _path(one.text))), "")


def _of_a_task(event: LogEvent, names: set[str]) -> bool:
    name = (task(event) or ("", ""))[0]
    last = name.rpartition(".")[2].lower()
    return name in names if names else not (last in _SHORT or last in _OF_HEALTH)


def _path(text: str) -> str:
    found = _PATH.search(text) if "/" in text else None
    return (found["path"] or found["field"]) if found else ""


def _is_small(text: str, path: str) -> bool:
    """Whether a line is about a request that needs no database: a prober's, or for a sign of life or a file."""
    if _PROBER.search(text) or _EMPTY.search(text):
        return True
    parts = [part.removesuffix(".php").removesuffix(".html") for part in path.lower().split("/") if part]
    if not parts:
        return False
    if _OF_HEALTH.intersection(parts) or parts[0] in _OF_FILES or _FILE.search(path):
        return True
    return parts[-1] in _SHORT and all(part in _COMMON or _VERSION.fullmatch(part) for part in parts[:-1])
