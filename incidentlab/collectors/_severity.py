"""How grave a line is by its own word: uvicorn, gunicorn, Alembic, logging, logfmt, access logs, PostgreSQL."""

import re
from typing import Literal

from incidentlab.collectors import _languages

Severity = Literal["debug", "info", "warning", "error", "fatal"]

_WORDS: dict[str, Severity] = {
    "debug": "debug",
    "trace": "debug",
    "verbose": "debug",
    "info": "info",
    "information": "info",
    "notice": "info",
    "log": "info",
    "success": "info",
    "warn": "warning",
    "warning": "warning",
    "err": "error",
    "fail": "error",
    "wrn": "warning",
    "ftl": "fatal",
    "error": "error",
    "severe": "error",
    "critical": "fatal",
    "crit": "fatal",
    "alert": "fatal",
    "emerg": "fatal",
    "emergency": "fatal",
    "dpanic": "fatal",
    "fatal": "fatal",
    "panic": "fatal",
}
# The word in capitals near the start, "level=error" or "level": "error", "[error    ]", or a program's "error:".
_WITHIN = 128
_CAPITALS = re.compile(
    r"\b(?:DEBUG[1-5]?|TRACE|INFO|NOTICE|LOG|WARNING|WARN|WRN|ERROR|ERR|SEVERE|CRITICAL|FATAL|FTL|PANIC)\b"
)
_FIELD = re.compile(r"\b(?:level|severity|lvl)[\"']?\s?[=:]\s?[\"']?(?P<word>[A-Za-z]{3,8})\b", re.IGNORECASE)
_BRACKETED = re.compile(
    r"\[(?P<word>debug|info|notice|warn|warning|err|error|crit|critical|alert|emerg|fatal)\s{0,8}\]", re.IGNORECASE
)
_SAID = re.compile(r"(?:^|[\s:|])(?P<word>[Ee]rror|fatal|panic)(?::| response from )")
# 2026-08-21T14:45:55.101Z info  bootstrapping; E, [2026-… #1] ERROR of Ruby's logger has its capitals
_AFTER_TIME = re.compile(r"\S{0,40}\d\d:\d\d:\d\d\S{0,16}\s{1,4}(?P<word>debug|info|warn|warning|error|fatal)\b")
# '"GET / HTTP/1.1" 500 Internal Server Error' of an access log.
_ACCESS = re.compile(r"\"[A-Z]{3,7} [^\"\s]{1,2048} HTTP/[\d.]{1,3}\" (?P<status>\d{3})\b")
# .NET's console logger: "fail: Microsoft.AspNetCore.Server.Kestrel[13]".
_DOTNET = re.compile(r"(?P<word>fail|crit|warn|info|dbug|trce): [A-Za-z]\S{0,200}\[\d{1,6}\](?:$| )")
# Ruby's way to name an exception, "ActionController::BadRequest (message):", and anybody's for one that nobody caught.
_RUBY = re.compile(r"\s{0,8}(?:[A-Z]\w{0,80}::){1,6}[A-Z]\w{0,80} \(.{1,2000}\):$")
_UNCAUGHT = re.compile(r"\b[Uu]n(?:handled|caught) (?:promise )?(?:exception|rejection|error)\b")
# An exception's line without its traceback: "psycopg.OperationalError: …"
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.:$]{0,200}(?:Error|Exception)\b(?: \(0x[0-9A-Fa-f]{8}\))?:")


def severity(text: str) -> Severity:
    """Return how grave a line says it is; a line that does not say counts as ``info``."""
    # Cheap looks come before each search: most lines of most logs are plain.
    if " HTTP/" in text:
        access = _ACCESS.search(text)
        if access:
            return "error" if access["status"][0] == "5" else "info"
    head = text[:512]
    lower = head.lower()
    if "level" in lower or "severity" in lower or "lvl" in lower:
        field = _FIELD.search(head)
        if field and field["word"].lower() in _WORDS:
            return _WORDS[field["word"].lower()]
    if ("Error:" in head or "Exception:" in head or "Exception (0x" in head) and _EXCEPTION.match(text):
        return "error"
    translated = _languages.level(text)
    if translated:
        return of_word(translated)
    near = text[:_WITHIN]
    if not near.islower():
        capitals = _CAPITALS.search(near)
        if capitals:
            return _WORDS[capitals[0].lower().rstrip("12345")]
    return _in_small_letters(near, lower)


def of_word(word: str) -> Severity:
    """Return the severity that a level's name stands for, in any case; ``info`` where nobody knows it."""
    return _WORDS.get(word.lower().rstrip("12345"), "info")


def says_its_level(text: str) -> bool:
    """Whether a line has a level's word in capitals near its start: one that says ``INFO`` means it."""
    return _CAPITALS.search(text, 0, _WITHIN) is not None


def _in_small_letters(near: str, lower: str) -> Severity:
    if "[" in near:
        bracketed = _BRACKETED.search(near)
        if bracketed:
            return of_word(bracketed["word"])
    if near[4:6] == ": " and "[" in near:
        dotnet = _DOTNET.match(near)
        if dotnet:
            return of_word(dotnet["word"])
    if near.endswith("):") and "::" in near and _RUBY.match(near):
        return "error"
    if ("unhandled" in lower or "uncaught" in lower) and _UNCAUGHT.search(near):
        return "error"
    if "error" in lower or "fatal" in lower or "panic" in lower:
        said = _SAID.search(near)
        if said:
            return of_word(said["word"])
    timed = _AFTER_TIME.match(near) if near[:1].isdecimal() else None
    return of_word(timed["word"]) if timed else "info"
