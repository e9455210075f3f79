"""What no cause explains and a person should see all the same: crashes, complaints at no level, the telling line."""

import re

from incidentlab.causes._evidence import cut, from_server, later
from incidentlab.causes._server import ready
from incidentlab.model.evidence import Evidence, LogEvent

TROUBLE = re.compile(
    r"\b(?:fail(?:ed|s|ure|ing)?|errors?|exception|denied|refused|rejected|timed? ?out|unable|can(?:not|'t)|could not"
    r"|invalid|blocked|fatal|abort(?:ed|ing)?|panic|crash(?:ed)?|killed|forbidden|unauthori[sz]ed|unreachable)\b",
    re.IGNORECASE,
)
# A line that names its level means it, and "0 failed jobs" is good news.
MEANT_WELL = re.compile(r"\b(?:INFO|NOTICE|DEBUG|info|debug|notice)\b|\b(?:0|no|without) (?:fail|err)", re.ASCII)
# PostgreSQL's postmaster.c, "%s (PID %d) was terminated by signal %d: %s", in any of its languages.
_BY_SIGNAL = re.compile(r"\(PID \d{1,10}\)\D{1,60}?(?P<signal>\d{1,3})\D{0,30}?[:：]")  # noqa: RUF001 - the sign itself
_BY_SOMEBODY = ("2", "9", "15")  # interrupted, killed, asked to end: by a person or the kernel, not by a fault within
_FRAME = re.compile(r"\s{0,16}(?:at \S|File \"|\.{3} \d{1,5} (?:common frames|more)|from /|#\d{1,4} )")
_CAUSED = re.compile(r"\s{0,16}(?:Caused by: |---> )")
_SHOWN = 160  # characters
_DIGITS = re.compile(r"\d{1,20}")


def crashed(evidence: Evidence, event: LogEvent) -> bool:
    """Whether a process of the server died of a fault of its own, and the server was not ready again afterwards."""
    found = _BY_SIGNAL.search(event.text) if from_server(event) and "(PID " in event.text else None
    if not found or found["signal"] in _BY_SOMEBODY:
        return False
    return not any(ready(one) for one in later(evidence, event))


def complaints(evidence: Evidence) -> tuple[LogEvent, ...]:
    """Return the lines in which programs speak of trouble without calling it an error; each kind once, the last one."""
    last: dict[tuple[str, str, str], LogEvent] = {}
    for event in evidence.logs:
        plain = event.severity in ("info", "warning") and not from_server(event)
        if plain and TROUBLE.search(event.text) and not MEANT_WELL.search(event.text):
            last[event.source, event.service, _DIGITS.sub("0", event.text)] = event
    return tuple(last.values())


def told(event: LogEvent) -> str:
    """Return where an event stands and what it says: of a stack without its head, the deepest exception's line."""
    caused = next((one for one in reversed(event.key_lines) if _CAUSED.match(one[1])), None)
    if caused and _FRAME.match(event.text):
        line, text = caused[0], caused[1].strip()
        # Spring hands a message on within its own: the reason stands last.
        shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN // 3].rstrip()} … {text[-_SHOWN * 2 // 3 :].lstrip()}"
    else:
        line, text = event.first_line, event.text.strip()
        shown = cut(text, _SHOWN)
    return f"line {line} of the log of {event.source}: {shown}"
