"""gunicorn kills its own workers: one that does not answer in its time gets SIGABRT, and SIGKILL a second later.

The line that follows asks "Perhaps out of memory?", whatever the reason was (gunicorn's ``arbiter.py``:
``murder_workers`` and ``reap_workers``).
"""

import re
from collections.abc import Iterable

from incidentlab.model.evidence import LogEvent

_TIMED_OUT = re.compile(r"\bWORKER TIMEOUT \(pid: ?(?P<pid>\d{1,10})\)")
_KILLED = re.compile(r"\bWorker \(pid: ?(?P<pid>\d{1,10})\) was sent SIGKILL!"
                     r"|\bWorker with pid (?P<older>\d{1,10}) was terminated due to signal 9\b")  # fmt: skip
# A pid comes back when the container starts again, or when the kernel has gone round.
_BOOTS = re.compile(r"\bBooting worker with pid: (?P<pid>\d{1,10})\b")
_SOON = 30  # seconds: the arbiter looks once in a while, and a machine without memory would take its time too


def by_arbiter(logs: Iterable[LogEvent]) -> frozenset[str]:
    """Return the ids of the events that tell of a worker which gunicorn killed itself after its time-out."""
    timed_out: dict[tuple[str, ...], LogEvent] = {}
    found = set()
    for event in logs:
        if "pid" not in event.text:
            continue
        program = (event.source, event.service, event.speaker)
        if named := _TIMED_OUT.search(event.text):
            timed_out[*program, named["pid"]] = event
        elif named := _BOOTS.search(event.text):
            timed_out.pop((*program, named["pid"]), None)
        elif named := _KILLED.search(event.text):
            before = timed_out.pop((*program, named["pid"] or named["older"]), None)
            if before and _is_soon(before, event):
                found.add(event.id)
    return frozenset(found)


def _is_soon(before: LogEvent, event: LogEvent) -> bool:
    if before.at and event.at:
        return (event.at - before.at).total_seconds() <= _SOON
    return True
