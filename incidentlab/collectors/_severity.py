"""How grave a line is by its own word: uvicorn, gunicorn, Alembic, logging, logfmt, access logs, PostgreSQL."""

import re
from typing import Literal

Severity = Literal["debug", "info", "warning", "error", "fatal"]

_WORDS: dict[str, Severity] = {
    "debug": "debug",
    "trace": "debug",
    "info": "info",
    "notice": "info",
    "log": "info",
    "warn": "warning",
    "warning": "warning",
    "err": "error",
    "error": "error",
    "critical": "fatal",
    "fatal": "fatal",
    "panic": "fatal",
}
# The word in capitals near the start, "level=error" or "level": "error", or a program's "error:".
_WITHIN = 128
_CAPITALS = re.compile(r"\b(?:DEBUG|TRACE|INFO|NOTICE|LOG|WARNING|WARN|ERROR|CRITICAL|FATAL|PANIC)\b")
_FIELD = re.compile(r"\b(?:level|severity|lvl)[\"']?\s?[=:]\s?[\"']?(?P<word>[A-Za-z]{3,8})\b", re.IGNORECASE)
_SAID = re.compile(r"(?:^|[\s:|])(?P<word>[Ee]rror|fatal|panic)(?::| response from )")
# '"GET / HTTP/1.1" 500 Internal Server Error' of an access log.
_ACCESS = re.compile(r"\"[A-Z]{3,7} [^\"\s]{1,2048} HTTP/[\d.]{1,3}\" (?P<status>\d{3})\b")
# An exception's line without its traceback: "psycopg.OperationalError: …"
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]{0,200}(?:Error|Exception)\b:")


def severity(text: str) -> Severity:
    """Return how grave a line says it is; a line that does not say counts as ``info``."""
    access = _ACCESS.search(text)
    if access:
        return "error" if access["status"].startswith("5") else "info"
    field = _FIELD.search(text, 0, 512)
    if field and field["word"].lower() in _WORDS:
        return _WORDS[field["word"].lower()]
    if _EXCEPTION.match(text):
        return "error"
    capitals = _CAPITALS.search(text, 0, _WITHIN)
    if capitals:
        return _WORDS[capitals[0].lower()]
    said = _SAID.search(text, 0, _WITHIN)
    return _WORDS[said["word"].lower()] if said else "info"
