"""One request, answered and refused in turns: some sessions find the table, so it is there and others do not look.

A pooler hands out connections on which different clients have set their search_path. A table that nobody had created
would be missed every time.
"""

import re

from incidentlab.causes._evidence import from_server
from incidentlab.causes.migrations._reading import Trouble
from incidentlab.model.evidence import Evidence, LogEvent

_REQUEST = re.compile(
    r"\b(?P<asked>(?:GET|POST|PUT|PATCH|DELETE) /[^\s\"?]{0,300})[^\s\"]{0,300}(?: HTTP/[\d.]{1,3})?\"? "
    r"(?P<status>[2-5]\d\d)\b"
)
_NEAR = 12  # lines between a statement that failed and the answer of the request that it was for


def in_turns(evidence: Evidence, one: Trouble) -> tuple[LogEvent, LogEvent] | None:
    """Return a good answer before and one after a request that failed where a table was missed, for the same path."""
    good: dict[str, LogEvent] = {}
    failed: dict[str, LogEvent] = {}
    for event in evidence.logs:
        if event.source != one.event.source or from_server(event):
            continue
        found = _REQUEST.search(event.text)
        if not found:
            continue
        asked = f"{event.service} {found['asked']}"
        if found["status"] >= "500":
            near = -_NEAR <= event.first_line - one.event.last_line <= _NEAR
            if near and asked in good:
                failed.setdefault(asked, event)
        elif found["status"] < "400":
            if asked in failed:
                return good[asked], event
            good.setdefault(asked, event)
    return None
