"""How a log's migrations went: which step was open when something was said, and which steps are known to be done."""

from collections.abc import Mapping
from dataclasses import dataclass

from incidentlab.causes._evidence import from_server
from incidentlab.causes._once import once_per_log
from incidentlab.causes.migrations._steps import is_done, name_within, opens, starts_server, step_name
from incidentlab.model.evidence import LogEvent


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was announced; ``name`` is empty where only the run as a whole was."""

    event: LogEvent
    name: str


@dataclass(frozen=True, slots=True)
class Course:
    """``during`` gives the step that was open when an event was said, by the event's id.

    ``begun`` are the named steps in the logs' order; ``done`` the events at which it is known that a step, or all of
    them, came to a good end. ``passed`` are the starts of servers that came, without an error, after a run of which
    the log names no step: there may have been nothing to do, or nothing to do it with.
    """

    during: Mapping[str, Step]
    begun: tuple[Step, ...]
    done: tuple[LogEvent, ...]
    passed: tuple[LogEvent, ...]


@once_per_log
def course(logs: tuple[LogEvent, ...]) -> Course:
    """Follow the migrations through a log; each program of it has a course of its own.

    Alembic does not say that a step is done: the next step says so, or the server that starts after it.
    """
    opened: dict[tuple[str, str, str], Step] = {}
    disturbed: set[tuple[str, str, str]] = set()  # programs in which something went wrong since their last step began
    during: dict[str, Step] = {}
    begun: list[Step] = []
    done: list[LogEvent] = []
    passed: list[LogEvent] = []
    for event in logs:
        if from_server(event):
            continue
        who = (event.source, event.service, event.speaker)
        step = opened.get(who)
        name = step_name(event) or (name_within(event) if step else None)
        if name:
            if step and step.name and step.name != name and who not in disturbed and _continues(step.name, name):
                done.append(event)
            opened[who] = Step(event, name)
            begun.append(opened[who])
            disturbed.discard(who)
            if is_done(event):
                done.append(event)
                opened[who] = Step(event, "")
        elif is_done(event):
            done.append(event)
            opened.pop(who, None)
            disturbed.discard(who)
        elif starts_server(event):
            if step and who not in disturbed:
                (done if step.name else passed).append(event)
            opened.pop(who, None)
        elif opens(event):
            opened[who] = Step(event, "") if step is None or not step.name else step
            if step is None:
                disturbed.discard(who)
        elif step:
            during[event.id] = step
            if event.severity in ("error", "fatal") or event.exception:
                disturbed.add(who)
    return Course(during, tuple(begun), tuple(done), tuple(passed))


def _continues(before: str, after: str) -> bool:
    # Alembic's "a -> b" is followed by "b -> c"; "a -> b" again, or from the base, is another attempt.
    if "->" not in before or "->" not in after:
        return True
    return before.rpartition("->")[2].strip() in after.partition("->")[0]
