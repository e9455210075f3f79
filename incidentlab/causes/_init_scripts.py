"""Scripts in ``/docker-entrypoint-initdb.d``: what was said while they ran, and which of them ended the start.

The official image runs them once, against a server that listens on no network, and stops psql at the first error; its
container ends with it. What such a script asks for in vain is its own affair, and no request of the service.
Source: docker-library/postgres, docker-entrypoint.sh (docker_process_init_files, docker_process_sql); psql's place
before a message is "psql:FILE:LINE: ERROR:  …", as it writes it where it reads a file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from incidentlab.causes._evidence import ends, from_server
from incidentlab.model.evidence import LogEvent

FOLDER = "/docker-entrypoint-initdb.d/"
PLACE = re.compile(r"\bpsql:(?P<script>/docker-entrypoint-initdb\.d/[^\n:]{1,300}):(?P<line>\d{1,7}): (?P<said>[^\n]+)")
_FED = re.compile(r"[^\W\d_]{2,16}:  ")  # psql's own lines, where a script feeds it: "ERROR:  …"
_STARTS = re.compile(r"\b(?:running|sourcing|executing) (?P<script>/docker-entrypoint-initdb\.d/\S{1,300})")
_GOES_ON = re.compile(
    r"\bPostgreSQL init process complete\b|\blistening on (?:IPv[46]|Unix)"
    r"|\breceived (?:fast|smart|immediate) shutdown request\b"
)
_NEXT_START = re.compile(r"\bSkipping initialization\b")
_NAMED_END = re.compile(r"^\s{0,8}(?P<name>[\w.\-]{1,120}) exited with code [1-9]")


@dataclass(frozen=True, slots=True)
class Failure:
    """A script over which the initialisation ended, as far as it is known: its path, its line, and what it met."""

    event: LogEvent
    script: str = ""
    line: str = ""
    said: str = ""


@dataclass(slots=True)
class _Run:
    """One script's run, from the line that names it; ``passed`` where the image went on with the next thing."""

    service: str
    script: str = ""
    events: list[LogEvent] = field(default_factory=list)
    passed: bool = False
    ended: bool = False


def said_by(logs: Sequence[LogEvent]) -> frozenset[str]:
    """Return the ids of what the server and psql said of such scripts' statements."""
    return frozenset(event.id for run in _runs(logs) for event in run.events if _of_a_statement(event))


def _of_a_statement(event: LogEvent) -> bool:
    return from_server(event) or by_psql(event) or bool(_FED.match(event.text))


def failures(logs: Sequence[LogEvent]) -> tuple[Failure, ...]:
    """Return the scripts over which an initialisation ended.

    psql's own word is enough. Where a shell script feeds psql there is the server's alone, and it takes the end of the
    container to tell it from a statement that was tried.
    """
    return tuple(failure for run in _runs(logs) if not run.passed and (failure := _failure(run)))


def by_psql(event: LogEvent) -> bool:
    """Whether psql says it of a script that prepares the database."""
    return FOLDER in event.text and not from_server(event) and bool(PLACE.search(event.text))


def _failure(run: _Run) -> Failure | None:
    bad = [event for event in run.events if event.severity in ("error", "fatal")]
    for event in bad:
        if by_psql(event) and (place := PLACE.search(event.text)):
            return Failure(event, place["script"], place["line"], _message(event.english or place["said"]))
    told = next((event for event in bad if from_server(event)), None) if run.ended else None
    return Failure(told, run.script, "", _message(told.english or told.text)) if told else None


def _message(text: str) -> str:
    return text.partition(":  ")[2].strip() or text.strip()


def _runs(logs: Sequence[LogEvent]) -> list[_Run]:
    if not any(FOLDER in event.text for event in logs):
        return []
    every: list[_Run] = []
    at_work: dict[tuple[str, str], _Run] = {}
    for event in logs:
        if ends(event):
            _end(event, at_work)
            continue
        key = event.source, event.service
        run = at_work.get(key)
        started = _STARTS.search(event.text) if FOLDER in event.text else None
        if run and (started or _GOES_ON.search(event.text)):
            run.passed = True
        if started or (run is None and by_psql(event)):
            at_work[key] = _Run(event.service, started["script"] if started else "")
            every.append(at_work[key])
        elif run and (run.passed or _NEXT_START.search(event.text)):
            del at_work[key]
        if key in at_work:
            at_work[key].events.append(event)
    return every


def _end(event: LogEvent, at_work: dict[tuple[str, str], _Run]) -> None:
    """Close the run of the program whose end is told; compose names its container, others stand in its own lines."""
    named = _NAMED_END.search(event.text)
    name = named["name"] if named else event.service
    for key, run in list(at_work.items()):
        if key[0] == event.source and (not run.service or run.service in name or (name and name in run.service)):
            run.ended = True
            del at_work[key]
