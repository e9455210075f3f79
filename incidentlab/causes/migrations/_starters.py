"""Did several programs apply the same migrations at one time? Seen from their own words and from the compose file."""

import re
from collections.abc import Sequence

from incidentlab.causes._evidence import ends, from_server
from incidentlab.causes.migrations._course import Step, course
from incidentlab.causes.migrations._start import applies_migrations
from incidentlab.causes.migrations._steps import opens, step_name
from incidentlab.model.compose import ComposeFacts
from incidentlab.model.evidence import Evidence, LogEvent

_GREETING = re.compile(
    r"\bContext impl\b|\bWill assume \w|\bOperations to perform:|\bmigrations? found in\b|^\s{0,4}\$ "
)
_PROCESS = re.compile(r"\[\d{1,10}\]$")  # of one program after another, in a journal


def twice(evidence: Evidence) -> tuple[Step, Step] | None:
    """Return one step that was begun twice at once: by two services, or again with nothing in between that ended it.

    A crash loop begins the same step again and again too; there each attempt has an error or an end after it.
    """
    logs = evidence.logs
    place = {event.id: number for number, event in enumerate(logs)}
    last: dict[tuple[str, str], Step] = {}
    for step in course(logs).begun:
        key = (step.event.source, step.name)
        before = last.get(key)
        if before and _undisturbed(logs[place[before.event.id] + 1 : place[step.event.id]], before.event, step.event):
            return before, step
        last[key] = step
    return None


def together(evidence: Evidence) -> tuple[LogEvent, LogEvent] | None:
    """Return the words by which two programs begin to apply migrations, the second before the first came to an end.

    Two services, or two replicas of one; the steps that each of them happens to take may differ.
    """
    logs = evidence.logs
    place = {event.id: number for number, event in enumerate(logs)}
    known = course(logs)
    over = {event.id for event in (*known.done, *known.passed)}
    first: dict[tuple[str, str, str], LogEvent] = {}
    for event in logs:
        if not _begins(event) or _PROCESS.search(event.speaker):
            continue
        for one in first.values():
            if one.source != event.source or _program(one) == _program(event):
                continue
            between = logs[place[one.id] + 1 : place[event.id]]
            ended = any(each.id in over and not step_name(each) for each in between if _program(each) == _program(one))
            if not ended and _undisturbed(between, one, event):
                return one, event
        first[_program(event)] = event
    return None


def several(evidence: Evidence) -> bool:
    """Whether more than one program says that it applies migrations: two services, or two replicas of one at once."""
    opening = [event for event in evidence.logs if _begins(event)]
    return len({(event.source, event.service) for event in opening}) > 1 or _twice_at_once(evidence, opening)


def replicas_at_once(evidence: Evidence) -> bool:
    """Whether one service says twice that it begins to apply migrations, and nothing ended the first time.

    A tool's greeting does not count: a start script that calls it twice has it in the log twice, too.
    """
    opening = [event for event in evidence.logs if event.service and _begins(event)]
    return _twice_at_once(evidence, [event for event in opening if not _GREETING.search(event.text)])


def _program(event: LogEvent) -> tuple[str, str, str]:
    return event.source, event.service, event.speaker


def _begins(event: LogEvent) -> bool:
    return not from_server(event) and (opens(event) or step_name(event) is not None)


def _twice_at_once(evidence: Evidence, opening: Sequence[LogEvent]) -> bool:
    logs = evidence.logs
    place = {event.id: number for number, event in enumerate(logs)}
    last: dict[tuple[str, str, str], LogEvent] = {}
    for event in opening:
        key = (event.source, event.service, event.text)
        before = last.get(key)
        if before and _undisturbed(logs[place[before.id] + 1 : place[event.id]], before, event):
            return True  # a program says it once at each of its starts
        last[key] = event
    return False


def applying_services(evidence: Evidence) -> tuple[tuple[ComposeFacts, tuple[str, ...]], ...]:
    """Return, for each compose file, the services whose commands apply migrations, one name for each replica."""
    scripts = tuple(script for project in evidence.projects for script in project.scripts)
    found = []
    for file in evidence.compose:
        names: list[str] = []
        for service in file.services:
            argv = (*(service.entrypoint or ()), *(service.command or ()))
            if applies_migrations(argv, scripts) == "applies":
                names += [service.name] * max(1, service.replicas)
        if len(names) > 1:
            found.append((file, tuple(names)))
    return tuple(found)


def _undisturbed(between: tuple[LogEvent, ...], one: LogEvent, other: LogEvent) -> bool:
    if _program(one) != _program(other):
        mine = [event for event in between if _program(event) == _program(one)]
        return not any(event.severity in ("error", "fatal") or ends(event) for event in mine)
    return not any(event.severity in ("error", "fatal") or event.exception or ends(event) for event in between)
