"""What stands before a line because of how the log was kept, and what it says: who spoke, and when.

Docker (``logs -t``), compose, Kubernetes, journald and syslog, GitHub Actions, Heroku. Several may stand one before the
other. A prefix that a program writes itself (its level, its own time without a zone) is not taken off here.
"""

import re
from datetime import datetime
from typing import NamedTuple

from incidentlab.collectors._moments import moment

_MOST_LAYERS = 4
_DAY = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
# docker logs -t, kubectl logs --timestamps, GitHub Actions
_TIME = re.compile(rf"{_DAY}(?: (?!\s*$)|\s*$)")
# The container runtime's own files: 2026-01-20T23:30:13.551Z stdout F text; P is a part, the line goes on in the next.
_RUNTIME = re.compile(rf"{_DAY} std(?:out|err) (?P<tag>[FP])(?::\S{{0,20}})?(?: |$)")
# heroku logs, and what speaks its format: 2026-…+00:00 app[web.1]: text
_HEROKU = re.compile(rf"{_DAY} (?P<who>app|heroku)\[(?P<name>[\w.\-]{{1,64}})\]: ?")
# kubectl logs --prefix; kail
_POD = re.compile(r"\[pod/(?P<pod>[\w.\-]{1,253})/(?P<container>[\w.\-]{1,63})\] ?")
_KAIL = re.compile(r"[a-z0-9\-]{1,63}/(?P<pod>[a-z0-9.\-]{1,253})\[(?P<container>[a-z0-9\-]{1,63})\]: ?")
# stern: pod and container, each of a replica set's shape; some people's templates have a bar after them
_STERN = re.compile(
    r"(?:[+\-] )?(?P<pod>[a-z0-9\-]{1,200}-[a-f0-9]{6,10}-[a-z0-9]{5}) (?:\u203a )?(?P<container>[a-z0-9\-]{1,63})"
    r" (?:\| ?)?"
)
# journald and syslog: Nov 23 20:15:30 host unit[pid]: text, with a year and a zone in the precise forms
_JOURNAL = re.compile(
    r"(?:<\d{1,3}>)?(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?|"
    + _DAY
    + r") (?P<host>[\w.\-:]{1,253}) (?:(?P<unit>[\w.@/()\-]{1,120})\[(?P<pid>\d{1,10})\]"
    r"|(?P<alone>kernel|systemd|dockerd|containerd|sudo|CRON|cron|audit)): ?"
)
_SYSLOG = re.compile(
    rf"<\d{{1,3}}>1 {_DAY} (?P<host>\S{{1,255}}) (?P<unit>\S{{1,48}}) (?P<pid>\S{{1,128}}) \S{{1,32}}"
    r" (?:-|\[[^\]]{0,1000}\]) ?"
)
_MONTHS = frozenset({"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"})
# gh run view --log: job, step and time, with tabs
_ACTIONS = re.compile(rf"[^\t]{{1,200}}\t[^\t]{{1,200}}\t(?={_DAY}(?: |$))")
# PostgreSQL sends long messages to syslog in numbered pieces, control characters as #011.
_PIECE = re.compile(r"\[\d{1,10}-\d{1,6}\] ?")


class Peeled(NamedTuple):
    """A line without its prefixes; ``speaker`` tells every replica apart, ``part`` says that the line goes on."""

    text: str
    speaker: str = ""
    at: datetime | None = None
    part: bool = False


def peel(text: str, names: frozenset[str] = frozenset()) -> Peeled:
    """Take the prefixes off a line.

    Args:
        text: the line, clean.
        names: those that stand before a bar in this log and are services; other bars are the program's own.
    """
    speaker, at, part = "", None, False
    for _ in range(_MOST_LAYERS):
        first = text[:1]
        if first.isdecimal():
            layer = _timed(text)
        elif first == "[" or first == "<":
            layer = _bracketed(text)
        else:
            layer = _named(text, names)
        if layer is None:
            break
        text, at = layer.text, at or layer.at
        speaker = f"{speaker}/{layer.speaker}" if speaker and layer.speaker else speaker or layer.speaker
        part = part or layer.part
    return Peeled(text, speaker, at, part)


def _timed(text: str) -> Peeled | None:
    if not text.startswith("20") or text[10:11] != "T":
        return None
    found = _RUNTIME.match(text)
    if found:
        return Peeled(text[found.end() :], "", moment(text), found["tag"] == "P")
    found = _HEROKU.match(text)
    if found:
        name = found["name"] if found["who"] == "app" else f"heroku-{found['name']}"
        return Peeled(text[found.end() :], name, moment(text))
    found = _JOURNAL.match(text)
    if found:
        return _unit(text, found)
    found = _TIME.match(text)
    return Peeled(text[found.end() :], "", moment(text)) if found else None


def _bracketed(text: str) -> Peeled | None:
    if text.startswith("[pod/"):
        found = _POD.match(text)
        return Peeled(text[found.end() :], f"{found['pod']}:{found['container']}") if found else None
    if text.startswith("<"):
        found = _SYSLOG.match(text) or _JOURNAL.match(text)
        return _unit(text, found) if found else None
    return None


def _named(text: str, names: frozenset[str]) -> Peeled | None:
    if names and "|" in text:
        name, _, rest = text.partition("|")
        if name.rstrip() in names:
            return Peeled(rest.removeprefix(" "), name.rstrip().replace(" ", ":"))
    if text[:3] in _MONTHS:
        found = _JOURNAL.match(text)
        return _unit(text, found) if found else None
    if "\t20" in text:
        found = _ACTIONS.match(text)
        return Peeled(text[found.end() :]) if found else None
    head = text[:320]
    found = _KAIL.match(head) if "]: " in head else _STERN.match(head) if head.count("-") >= 2 and " " in head else None
    return Peeled(text[found.end() :], f"{found['pod']}:{found['container']}") if found else None


def _unit(text: str, found: re.Match[str]) -> Peeled:
    rest = text[found.end() :]
    named = found.groupdict()
    unit = (named["unit"] or named["alone"]).removesuffix(".service").removeprefix("(").removesuffix(")")
    if unit.startswith("postgres"):
        piece = _PIECE.match(rest)
        rest = rest[piece.end() :] if piece else rest
        rest = rest.replace("#011", "\t")
        return Peeled(rest, unit, moment(text))
    return Peeled(rest, f"{unit}[{found['pid']}]" if found["pid"] else unit, moment(text))
