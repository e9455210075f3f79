"""A program's log → events: a line each, a traceback or a server message with all its lines as one."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from incidentlab.collectors import _dotnet, _events, _groups, _postgres, _rich, _services, _traceback, _trail
from incidentlab.collectors._record import Record
from incidentlab.collectors._rows import LONGEST, Origin, Row, rows
from incidentlab.collectors._severity import of_word
from incidentlab.model.events import LogLine
from incidentlab.model.evidence import LogEvent

# What begins a stack beneath a line that does not call itself an error.
_STACK_BEGINS = (
    "\tat ", "    at ", "\tIs the server ", "LINE ", "[SQL", "(Background", "DETAIL:", "HINT:", "goroutine ",
    "Caused by: ",
)  # fmt: skip
_MOST_PARTS = 64  # of a line that a runtime broke
# An error object that Node printed over several lines: "message": "…", code: '42P01'
_FIELD = re.compile(
    r"\s{1,12}[\"']?(?P<key>message|severity|code|detail)[\"']?: [\"'](?P<value>.{0,4000})[\"'],?\s{0,4}$"
)
_MOST_FIELDS = 200


def read(lines: Iterable[LogLine | str], source: str, command: str = "") -> tuple[LogEvent, ...]:
    """Read a log into events, in its order; every line that is not blank belongs to exactly one.

    The lines of several services or replicas may come mixed: each one's are put together before its tracebacks and
    messages are, so that the lines of two events may lie between each other. Their numbers are those of the log.

    Args:
        lines: the lines, with or without their ends; a string is cleaned and redacted, a ``LogLine`` is so already.
        source: what wrote the log: ``app``, ``database``, a file's name; part of each event's id.
        command: what a person types to see the log; by default that of a stored run.

    Returns:
        The events. Nothing in a log is an error to this function; time and memory grow with the log's length alone.
    """
    shown_by = command or f"incidentlab runs logs --source {source}"
    speakers: dict[str, list[Row]] = {}
    for row in rows(lines):
        speakers.setdefault(row.speaker, []).append(row)
    origins = _origins(speakers, source, shown_by)
    found = [_of_speaker(said, origins[speaker]) for speaker, said in speakers.items()]
    if len(found) == 1:
        return tuple(found[0])
    return tuple(sorted((event for events in found for event in events), key=lambda event: event.first_line))


def _origins(speakers: Iterable[str], source: str, command: str) -> dict[str, Origin]:
    """Return who each speaker is; where several are one service, its replicas, they keep their own names too."""
    services = {speaker: _services.service(speaker) if speaker else "" for speaker in speakers}
    count = Counter(services.values())
    return {
        # A pod's name is its own; its container's is that of the service.
        speaker: Origin(source, command, service, speaker.partition(":")[0] if count[service] > 1 else "")
        for speaker, service in services.items()
    }


def _of_speaker(table: list[Row], origin: Origin) -> Iterator[LogEvent]:
    table = _joined(table) if any(row.part for row in table) else table
    bare = _postgres.is_bare(table)
    at, last = 0, len(table)
    while at < last:
        row = table[at]
        if not row.text.strip():
            at += 1
            continue
        event, at = _event(table, at, origin, bare=bare)
        if at < last and _may_go_on(event, table[at].text):
            end = _trail.end(table, at)
            if end > at:
                event = _events.with_trail(event, table[at:end])
                at = end
        yield event


def _event(table: Sequence[Row], at: int, origin: Origin, *, bare: bool) -> tuple[LogEvent, int]:
    row = table[at]
    message = _postgres.scan(table, at, bare=bare)
    if message:
        return _events.of_message(message, origin), message.end
    if row.record is not None:
        return _record_event(row, origin), at + 1
    logged = _dotnet.scan(table, at, origin)
    if logged:
        return logged
    block = _groups.scan(table, at) or _traceback.scan(table, at)
    if block and block.raised:
        return _events.of_block(table[at : block.end], block, origin), block.end
    wrapped = _rich.scan(table, at)
    if wrapped:
        return _events.of_line(wrapped[0], origin), wrapped[1]
    event = _events.of_line(row, origin)
    return _object(table, at, event) if row.text.endswith("{") else (event, at + 1)


def _record_event(row: Row, origin: Origin) -> LogEvent:
    """Return the event of a structured line; a traceback within it makes it that of an exception."""
    record = row.record or Record(row.text)
    event = _events.of_line(row, origin)
    if not record.more:
        return event
    within = [Row(row.number, text, row.at) for text in (row.text, *record.more)]
    for index in range(len(within)):
        block = _groups.scan(within, index) or _traceback.scan(within, index)
        if block and block.raised:
            raised = _events.of_block(within[index : block.end], block, origin)
            level = of_word(record.level) if record.level else "error"
            lines = tuple(dict.fromkeys((*event.key_lines, *raised.key_lines)))
            return replace(raised, severity="error" if level == "info" else level, at=row.at, key_lines=lines)
    return _events.with_trail(event, within[1:])


def _may_go_on(event: LogEvent, following: str) -> bool:
    if event.severity in ("debug", "info") and not event.sqlstate and not event.cause:
        return following.startswith(_STACK_BEGINS)
    return not event.from_server


def _joined(table: Sequence[Row]) -> list[Row]:
    """Put lines together that the container runtime broke at 16 KiB."""
    kept: list[Row] = []
    pieces = 0
    for row in table:
        if kept and kept[-1].part and pieces < _MOST_PARTS:
            pieces += 1
            whole = (kept[-1].text + row.text)[:LONGEST]
            kept[-1] = kept[-1]._replace(text=whole, part=row.part, last=row.number)
        else:
            pieces = 0
            kept.append(row)
    return kept


def _object(table: Sequence[Row], at: int, event: LogEvent) -> tuple[LogEvent, int]:
    """Read an error that Node printed as an object over several lines; other braces stay a line each."""
    fields: dict[str, str] = {}
    end = at + 1
    while end < len(table) and end - at < _MOST_FIELDS and table[end].text.startswith((" ", "\t")):
        found = _FIELD.match(table[end].text)
        if found:
            fields.setdefault(found["key"], found["value"].replace('\\"', '"'))
        end += 1
    closed = end < len(table) and table[end].text.strip() in ("}", "},", "})", "};")
    if not closed or not fields.keys() & {"code", "severity"}:
        return event, at + 1
    said = f"{event.text.removesuffix('{').rstrip()} {fields.get('severity', 'ERROR')}:  {fields.get('message', '')}"
    row = Row(event.first_line, f"{said.strip()} (code: '{fields.get('code', '')}')", event.at)
    whole = _events.of_line(row, Origin(event.source, event.command, event.service, event.speaker))
    return replace(whole, last_line=table[end].end), end + 1
