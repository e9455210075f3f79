"""Structured lines: JSON objects and logfmt, as structlog, python-json-logger, pino, zap, ECS and clouds write them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from incidentlab.collectors import _moments

_LONGEST = 262_144  # characters of a JSON line that is read
_MESSAGE = ("message", "msg", "event", "MESSAGE", "textPayload", "@message", "short_message", "log", "body")
_TIME = ("timestamp", "time", "@timestamp", "ts", "log_time", "asctime", "t", "datetime", "record_time")
_LEVEL = ("level", "severity", "log.level", "levelname", "lvl", "log_level", "error_severity", "level_name", "@l")
_ERROR = ("error", "err", "exception", "exc", "cause", "reason", "error.message", "exc_info", "traceback", "stack")
_STACK = (
    "exc_info", "exception", "stack_trace", "error.stack_trace", "stack", "traceback", "exc_text", "stacktrace",
    "errorVerbose", "err.stack", "error.stack",
)  # fmt: skip
_STATUS = ("status", "statusCode", "status_code", "http_status", "http.status_code", "http.response.status_code")
_CODE = ("sqlstate", "sqlState", "sql_state", "code", "pgcode", "state_code", "sql_state_code", "SQLState")
_SERVICE = ("service", "service.name", "compose_service")
# Of a line that a collector passes on (Docker's drivers, fluent-bit, Loki): the container, and the pod it is in. A
# program's own "pod" may be any that it looks after.
_CONTAINER = ("container_name", "kubernetes.container_name", "container", "labels.container", "fields.container")
_POD = ("pod_name", "kubernetes.pod_name", "kubernetes.pod.name", "pod", "labels.pod", "fields.pod")
_WRAPPED = ("log", "textPayload", "line")
# Docker's json-file breaks a line after 16 KiB and leaves the line end out of all but its last piece; CRI's collectors
# say it in a field, and Docker's driver for fluentd. Whoever else leaves line ends out writes whole lines.
_BROKEN_AFTER = 16_000
_BROKEN = (("logtag", "P"), ("_p", "P"), ("partial_last", "false"))
_QUIET = frozenset(
    {"pid", "hostname", "v", "logger", "name", "caller", "host", "thread", "stream", "lineno", "filename", "func_name"}
)
# pino and bunyan: https://github.com/pinojs/pino/blob/main/docs/api.md (levels)
_NUMBERED = {10: "debug", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "fatal"}
_MOST_FIELDS = 24
_LONGEST_FIELD = 2_000
_MOST_LINES = 12  # of a field that is an error
_LOGFMT = re.compile(r"(?:^|\s)(?:level|lvl|msg|ts|time|t)=(?:\"|\S)")


class Record(NamedTuple):
    """What a structured line says: its message, level word, time, and the lines of a traceback or a stack within."""

    text: str
    level: str = ""
    at: datetime | None = None
    more: tuple[str, ...] = ()
    sqlstate: str | None = None
    service: str = ""
    server: tuple[tuple[str, str], ...] = ()  # PostgreSQL's own JSON log: (part, text)
    wraps: bool = False  # a line of another format stands within; ``text`` is that line
    part: bool = False  # which goes on in the next


def read(text: str) -> Record | None:
    """Return what a line says if it is one JSON object that is a log's; ``None`` for any other line."""
    if len(text) > _LONGEST:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _of(data) if isinstance(data, dict) else None


def logfmt(text: str) -> str | None:
    """Return a logfmt line with the quotes within its values as they were meant; ``None`` for any other line."""
    if not _LOGFMT.search(text, 0, 200):
        return None
    return text.replace('\\"', '"').replace("\\n", "\n")


def _of(data: Mapping[str, Any]) -> Record | None:
    flat = dict(_flat(data))
    at = next((found for key in _TIME if (found := _moments.of_value(flat.get(key)))), None)
    level = _level(flat)
    inner = data.get("record") if isinstance(data.get("record"), dict) else data
    if isinstance(inner, dict) and isinstance(inner.get("error_severity"), str):
        return _server(inner, at)
    service = _first(flat, _SERVICE)
    wrapped = next((data[key] for key in _WRAPPED if isinstance(data.get(key), str)), None)
    if wrapped is not None and not any(key in data for key in ("msg", "message", "event")):
        lines = wrapped.rstrip("\r\n").split("\n")
        speaker, part = service or _speaker(flat), _is_broken(flat, wrapped)
        return Record(lines[0], level, at, tuple(lines[1:]), service=speaker, wraps=len(lines) == 1, part=part)
    service = service or _first(flat, _CONTAINER[:2])
    message = next((flat[key] for key in _MESSAGE if isinstance(flat.get(key), str)), "")
    if not message and not level and not any(key in flat for key in _ERROR):
        return None
    stack = next((flat[key] for key in _STACK if isinstance(flat.get(key), str) and "\n" in flat[key]), "")
    lines = message.split("\n")
    code = next((flat[key] for key in _code_keys(flat) if isinstance(flat[key], str) and len(flat[key]) == 5), None)
    said = " ".join([lines[0], *_raised(data), *_fields(flat, message, stack)]).strip()
    more = (*lines[1:], *(stack.split("\n") if stack else ()))
    return Record(said or message, level, at, more, code if code and code.isalnum() else None, service)


def _first(flat: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((flat[key] for key in keys if isinstance(flat.get(key), str)), "")


def _speaker(flat: Mapping[str, Any]) -> str:
    """Return whose line it is that was passed on, as ``kubectl logs --prefix`` has it: ``pod:container``."""
    pod, container = _first(flat, _POD), _first(flat, _CONTAINER).lstrip("/")
    return f"{pod}:{container}" if pod and container else pod or container


def _is_broken(flat: Mapping[str, Any], wrapped: str) -> bool:
    if any(flat.get(key) == value for key, value in _BROKEN):
        return True
    whole = wrapped.endswith("\n") or "stream" not in flat or len(wrapped) * 4 < _BROKEN_AFTER
    return not whole and len(wrapped.encode(errors="replace")) >= _BROKEN_AFTER


def _server(data: Mapping[str, Any], at: datetime | None) -> Record:
    """PostgreSQL's own JSON log (15 and later), or CloudNativePG's record of its CSV log."""
    at = next((found for key in ("timestamp", "log_time") if (found := _moments.of_value(data.get(key)))), None) or at
    names = (
        ("DETAIL", "detail"), ("HINT", "hint"), ("CONTEXT", "context"), ("QUERY", "internal_query"),
        ("STATEMENT", "statement"), ("STATEMENT", "query"),
    )  # fmt: skip
    parts = [(str(data["error_severity"]), str(data.get("message", "")))]
    parts += [(part, str(data[key])) for part, key in names if data.get(key)]
    code = data.get("state_code") or data.get("sql_state_code")
    state = str(code) if code and code != "00000" else None
    return Record(parts[0][1], str(data["error_severity"]), at, sqlstate=state, server=tuple(parts))


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    # Two levels are enough for err.stack, res.statusCode, log.level and kubernetes.container_name.
    for key, value in list(data.items())[:200]:
        if isinstance(value, dict):
            for inner, found in list(value.items())[:50]:
                yield f"{key}.{inner}", found
                if isinstance(found, dict):
                    yield from ((f"{key}.{inner}.{deep}", most) for deep, most in list(found.items())[:50])
        else:
            yield str(key), value


def _raised(data: Mapping[str, Any]) -> Iterator[str]:
    """Give what structlog's dict_tracebacks holds: one entry an exception of the chain."""
    raised = data.get("exception")
    for one in raised[:8] if isinstance(raised, list) else ():
        if isinstance(one, dict) and isinstance(one.get("exc_type"), str):
            yield f"{one['exc_type']}: {one.get('exc_value', '')}"


def _level(flat: Mapping[str, Any]) -> str:
    for key in _LEVEL:
        value = flat.get(key)
        if isinstance(value, str) and value:
            return _NUMBERED.get(int(value), value) if value.isdecimal() and len(value) < 4 else value
        if isinstance(value, int) and value in _NUMBERED:
            return _NUMBERED[value]
    return ""


def _code_keys(flat: Mapping[str, Any]) -> Iterator[str]:
    return (key for key in flat if key in _CODE or key.rpartition(".")[2] in _CODE)


def _fields(flat: Mapping[str, Any], message: str, stack: str) -> Iterator[str]:
    """Give the rest of the fields as ``key=value``; a status by the name that the other formats have."""
    count = 0
    for key, value in flat.items():
        short = key.rpartition(".")[2]
        if value is None or value == "" or key in _MESSAGE or key in _TIME or key in _LEVEL or short in _QUIET:
            continue
        if isinstance(value, str) and (value == stack or value in message):
            continue
        if not isinstance(value, str | int | float) or count >= _MOST_FIELDS:
            continue
        count += 1
        name = "status" if key in _STATUS or short in _STATUS else key
        lines = str(value)[:_LONGEST_FIELD].split("\n")
        # An error that tells of several attempts (pgx) says why on its further lines.
        told = " ".join(line.strip() for line in lines[:_MOST_LINES]) if short in _ERROR else lines[0]
        yield f"{name}={told}"
