"""What a log's events say about the schema and its migrations; each event has one meaning for all causes.

A table that is missing while a migration runs is that migration's failure; the same words from a request are a missing
table. Deciding it here, once, is what keeps ten causes from claiming one line.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from incidentlab.causes import _init_scripts
from incidentlab.causes._evidence import ends, from_server, said
from incidentlab.causes._once import once_per_log
from incidentlab.causes.migrations import _announcements, _locks, _looked_up, _objects, _races, _reasons, _refusals
from incidentlab.causes.migrations._course import Step, course
from incidentlab.causes.migrations._schemas import schema_in
from incidentlab.causes.migrations._steps import GAVE_UP, step_name
from incidentlab.model.evidence import Evidence, LogEvent

Kind = Literal[
    "heads", "unknown", "files", "race", "lock", "exists", "schema", "missing-table", "missing-column", "bookkeeping",
    "failed", "behind", "never",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """One event and what it means; ``name`` is the table, column, revision or object that it names.

    ``announced`` marks a word about a failure whose reason stands elsewhere; ``mild`` one that the program itself
    takes lightly (a notice, a warning).
    """

    kind: Kind
    event: LogEvent
    name: str = ""
    table: str = ""
    step: Step | None = None
    announced: bool = False
    mild: bool = False


# Reasons for which a step can fail and that other causes tell: no connection, no rights, no room, a deadlock.
_ELSEWHERE_STATES = ("08", "28", "3D", "53", "57", "58", "42501", "40", "25006", "XX001", "XX002")
_ELSEWHERE = re.compile(
    r"\bconnection refused\b|\bcould not connect\b|\bcould not translate\b|\btimeout expired\b|\bserver closed the conn"
    r"|\bterminating connection\b|\bNo space left\b|\bpassword authentication\b|\bpermission denied\b|\bmust be owner\b"
    r"|\bmust be (?:superuser|member of)\b|\bno pg_hba\b|\bSSL\b|\btoo many (?:clients|connections)\b|\bout of memory\b"
    r"|\bOutOfMemory\b|\bdeadlock detected\b|\bstarting up\b|\brecovery mode\b|\bNo module named\b|\bModuleNotFound"
    r"|\bName or service\b|\bgetaddrinfo\b|\bECONN\w{1,20}|\bENOTFOUND\b|\bcanceling statement due to statement timeout"
    r"|\bread-only\b|\bdatabase \"[^\"]{1,200}\" does not exist|\brole \"[^\"]{1,200}\" does not exist"
    r"|\bCan't reach database\b|\bAuthentication failed\b|\bConnection terminated\b|\bImproperlyConfigured\b"
    r"|\bValidationError\b|\bNoSuchModule\b|\bcould not (?:extend|write|resize)\b|\bdroit refusé\b",
    re.IGNORECASE,
)
# Those of them that are a failure whether their line says so or not.
_PLAIN = re.compile(
    r"\b[Cc]onnection refused\b|\bcould not (?:connect|translate)\b|\bpassword authentication failed\b"
    r"|\bNo space left on device\b|\bCan't reach database\b|\bpermission denied for\b"
)
_ABORTED = "25P02"  # "current transaction is aborted": an echo of what failed before
_SERVERS = frozenset({"uvicorn", "gunicorn", "starlette", "fastapi", "werkzeug", "celery", "aiohttp", "tornado", "rq"})
_MIGRATORS = frozenset({"alembic", "flask_migrate", "aerich", "yoyo"})
# The first word for a level in a line; a driver's exception may be quoted behind it.
_LEVEL = re.compile(
    r"\b(?:(?P<mild>DEBUG|INFO|NOTICE|WARNING|WARN|debug|info|notice|warn|warning)|ERROR|FATAL|CRITICAL|PANIC|error|fatal)\b"
)
# A framework that quotes an error at the level of a warning and ends by it: Spring's context.
_GIVES_UP = re.compile(r"\bcancelling refresh attempt\b|\bException encountered during context initialization\b")
_STOPPED = frozenset({"KeyboardInterrupt", "SystemExit", "GeneratorExit"})  # somebody ended it; it did not fail
_SAYS_WHY = re.compile(r"[A-Za-z]\w{2,}\W{1,3}\w{2,}")  # a rest of two words and more
_CODE_ALONE = "Database error code: "
_FOLLOWING = 8  # events after the word that something failed, among which its reason may be
_NEAR = 30  # lines in which a reason and the word that something failed belong together


def troubles(evidence: Evidence, *kinds: Kind) -> tuple[Trouble, ...]:
    """Return what is wrong by the logs, in their order; of some kinds only, where they are named."""
    found = _read(evidence.logs)
    return tuple(one for one in found if one.kind in kinds) if kinds else found


@once_per_log
def _read(logs: tuple[LogEvent, ...]) -> tuple[Trouble, ...]:
    during = course(logs).during
    looked_up = {wait.event.id: Trouble("lock", wait.event, wait.statement) for wait in _looked_up.waits(logs)}
    own = _init_scripts.said_by(logs)  # their statements are neither a request's nor a migration's
    asked = [event for event in logs if event.id not in own]
    found = [one for event in asked if (one := looked_up.get(event.id) or _meaning(event, during.get(event.id)))]
    reasons = [one.event for one in found if not one.announced]
    reasons += [event for event in logs if _is_elsewhere(event) and (_is_bad(event) or _PLAIN.search(event.text))]
    lines: dict[str, list[int]] = {}
    for event in reasons:
        lines.setdefault(event.source, []).append(event.first_line)
    for numbers in lines.values():
        numbers.sort()
    found = [_with_message(one, logs) for one in found]
    told = [one for one in found if not (one.announced and _has_reason(one, lines))]
    return tuple(_with_reason(one, logs) if one.announced else _with_name(one, found) for one in told)


def _meaning(event: LogEvent, step: Step | None) -> Trouble | None:
    if step_name(event) and not _is_bad(event):
        return None
    level = None if event.exception else _LEVEL.search(event.text, 0, 160)
    mild = bool(level and level["mild"]) and not _GIVES_UP.search(event.text)
    return _by_tool(event, step, mild=mild) or _by_server(event, step, mild=mild) or _as_a_whole(event, step, mild=mild)


def _by_tool(event: LogEvent, step: Step | None, *, mild: bool) -> Trouble | None:
    """What migration tools say of the revisions, and what only a race or a lock brings about."""
    signs: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("heads", _refusals.HEADS.pattern),
        ("unknown", _refusals.UNKNOWN.pattern),
        ("files", _refusals.FILES.pattern),
    )
    text = said(event)
    for kind, pattern in signs:
        found = pattern.search(text)
        if found:
            name = next((group for group in found.groups() if group), "")
            return Trouble(kind, event, _bare(name), step=step, mild=mild)
    if _races.is_race(event):
        return Trouble("race", event, _races.contended(event), step=step, mild=mild)
    if _locks.is_lock(event) or (
        _locks.timed_out(event) and (_locks.defines(event) or _within(event, step) or _says_failed(event))
    ):
        return Trouble("lock", event, _locks.waiting_statement(event), step=step, mild=mild)
    if _locks.timed_out(event):
        return Trouble("lock", event, step=step, announced=True)
    return None


def _by_server(event: LogEvent, step: Step | None, *, mild: bool) -> Trouble | None:
    """What PostgreSQL says of the schema, through whatever driver."""
    existing = _objects.existing_in(event)
    if existing is not None:
        return (
            None if mild and not _objects.refuses(event) else Trouble("exists", event, existing[1], existing[0], step)
        )
    schema = schema_in(event)
    if schema is not None:
        return Trouble("schema", event, schema, step=step, mild=mild)
    table, column = _objects.table_in(event), _objects.column_in(event)
    within = _within(event, step)
    failed = within or _says_failed(event)
    if table and _objects.is_bookkeeping(table) and not _says_failed(event):
        return Trouble("bookkeeping", event, table, step=step, mild=mild)
    if (table or column) and failed:
        return Trouble("failed", event, _step(step), step=step)
    if table:
        return Trouble("missing-table", event, table, mild=mild)
    if column:
        return Trouble("missing-column", event, column[1], column[0], mild=mild)
    if _is_bad(event) and _reasons.missing_extension(event):
        # CREATE EXTENSION is part of a schema's making, by whatever tool or hand.
        return Trouble("failed", event, _step(step), step=step, mild=mild)
    told = _is_bad(event) and not ends(event) and event.sqlstate != _ABORTED
    own = within or (event.sqlstate and failed)
    if own and told and not (_is_elsewhere(event) or event.exception in _STOPPED or GAVE_UP.search(event.text)):
        return Trouble("failed", event, _step(step), step=step, announced=_only_announces(event))
    return None


def _only_announces(event: LogEvent) -> bool:
    # EF Core logs the command that failed, and then the driver's exception says why; Rails and Prisma say as little.
    if event.text.lstrip().startswith(_CODE_ALONE):
        return True
    if event.sqlstate or event.cause:
        return False
    found = _announcements.FAILED.pattern.search(event.text)
    return "Failed executing DbCommand" in event.text or bool(found and not _SAYS_WHY.search(event.text, found.end()))


def _as_a_whole(event: LogEvent, step: Step | None, *, mild: bool) -> Trouble | None:
    """What tools say of the whole: one has failed, none was applied, some are not applied."""
    signs: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("failed", _announcements.FAILED.pattern),
        ("never", _announcements.NEVER.pattern),
        ("behind", _announcements.BEHIND.pattern),
    )
    if from_server(event):
        return None
    for kind, pattern in signs:
        found = pattern.search(said(event))
        if found and not _is_elsewhere(event):
            name = next((group for group in found.groups() if group), "") or _step(step)
            return Trouble(kind, event, _bare(name), step=step, announced=kind == "failed", mild=mild)
    return None


def _within(event: LogEvent, step: Step | None) -> bool:
    """Whether a statement failed within a migration, and not in a request or a query of the application."""
    if _locks.defines(event) or _MIGRATORS & set(event.packages):
        return True
    if from_server(event) or _SERVERS & set(event.packages):
        return False
    return bool(step and (step.name or (event.sqlstate and not _reads(event))))


def _says_failed(event: LogEvent) -> bool:
    return bool(_announcements.FAILED.pattern.search(said(event)))


def _reads(event: LogEvent) -> bool:
    # "SELECT …", or a message whose statement is not shown: whose it is cannot be told.
    missing = _objects.table_in(event) or _objects.column_in(event)
    return bool(missing) or (event.sql or "").lstrip().upper().startswith(("SELECT", "WITH"))


def _bare(name: str) -> str:
    return name.strip().strip("\"`'").removesuffix(":")


def _step(step: Step | None) -> str:
    return step.name if step else ""


def _is_bad(event: LogEvent) -> bool:
    return event.severity in ("error", "fatal") or bool(event.exception or event.cause or event.sqlstate)


def _is_elsewhere(event: LogEvent) -> bool:
    state = event.sqlstate or ""
    if _reasons.missing_extension(event):
        return False
    return bool(state and state.startswith(_ELSEWHERE_STATES)) or bool(_ELSEWHERE.search(said(event)))


def _with_reason(one: Trouble, logs: Sequence[LogEvent]) -> Trouble:
    """Return an announced failure as told by the next lines, where they say of data or of the SQL why it failed."""
    if one.kind != "failed" or one.event.sqlstate:
        return one
    place = next((number for number, event in enumerate(logs) if event is one.event), len(logs))
    for event in logs[place + 1 : place + 1 + _FOLLOWING]:
        same = event.source == one.event.source and event.service == one.event.service
        if same and _is_bad(event) and not from_server(event) and _reasons.is_of_the_step(event):
            return replace(one, event=event, announced=False)
    return one


def _with_message(one: Trouble, logs: Sequence[LogEvent]) -> Trouble:
    """Return the error that follows a line which has its code alone, as Prisma prints them, with that code."""
    if not one.event.text.lstrip().startswith(_CODE_ALONE):
        return one
    place = next((number for number, event in enumerate(logs) if event is one.event), len(logs))
    for event in logs[place + 1 : place + 4]:
        if event.source == one.event.source and event.text.startswith("ERROR: "):
            return replace(one, event=replace(event, sqlstate=one.event.sqlstate), announced=False)
    return replace(one, announced=False)


def _with_name(one: Trouble, found: Sequence[Trouble]) -> Trouble:
    """Return a failure under the name that the tool gives it beside the reason, where no step was begun by a name."""
    if one.kind != "failed" or one.name:
        return one
    near = (
        other.name
        for other in found
        if other.announced and other.kind == "failed" and other.name and other.event.source == one.event.source
        and abs(other.event.first_line - one.event.first_line) <= _NEAR
    )  # fmt: skip
    return replace(one, name=next(near, ""))


def _has_reason(one: Trouble, lines: Mapping[str, Sequence[int]]) -> bool:
    """Whether the reason for an announced failure stands beside it; ``lines`` are those of all reasons, by source."""
    near, line = lines.get(one.event.source, ()), one.event.first_line
    place = bisect_left(near, line - _NEAR)
    return place < len(near) and near[place] <= line + _NEAR
