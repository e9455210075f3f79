"""What the application lacks in its database and nothing has brought since: tables and columns."""

from incidentlab.causes._evidence import ends, from_server, is_after, last_ones, later, serves
from incidentlab.causes.migrations._account import applied_since, only_the_server_minds
from incidentlab.causes.migrations._course import course
from incidentlab.causes.migrations._reading import Kind, Trouble, troubles
from incidentlab.causes.migrations._strangers import asks_the_system, is_systems, of_the_system
from incidentlab.model.evidence import Evidence, LogEvent


def lacking(evidence: Evidence, kind: Kind) -> tuple[Trouble, ...]:
    """Return the application's failures for want of a table or column, without those of monitors and the like."""
    return tuple(one for one in troubles(evidence, kind) if not _is_strangers(one))


def of_no_account(evidence: Evidence, *kinds: Kind) -> tuple[Trouble, ...]:
    """Return the same failures where a monitor has them, or a migration tool that asks for its own table at first."""
    return tuple(one for one in troubles(evidence, *kinds) if one.kind == "bookkeeping" or _is_strangers(one))


def settled(evidence: Evidence, found: tuple[Trouble, ...]) -> LogEvent | None:
    """Return the event by which these failures are over, or are nobody's: migrations since, or all serve regardless."""
    return (
        applied_since(evidence, found)
        or _begun_since(evidence, found)
        or _started_since(evidence, found)
        or only_the_server_minds(evidence, found)
    )


def hindered(evidence: Evidence) -> bool:
    """Whether something kept migrations from being applied; what is lacking then is a consequence of that."""
    known = course(evidence.logs).during
    within = any(event.id in known and event.severity in ("error", "fatal") for event in evidence.logs)
    return within or bool(troubles(evidence, "heads", "unknown", "files", "race", "lock", "exists", "schema", "failed"))


def migrated_before(evidence: Evidence, one: Trouble) -> LogEvent | None:
    """Return the sign that the same log had migrations applied to their end *before* something was found lacking."""
    done = course(evidence.logs).done
    source = one.event.source
    before = [event for event in done if event.source == source and event.last_line < one.event.first_line]
    return before[-1] if before else None


def lead_of(found: tuple[Trouble, ...]) -> Trouble:
    """Return the failure to show: the first that a program raised, then the first that it told, then the server's."""
    raised = [one for one in found if one.event.exception]
    told = [one for one in found if not from_server(one.event)]
    return next(iter(raised or told or list(found)))


def _begun_since(evidence: Evidence, found: tuple[Trouble, ...]) -> LogEvent | None:
    """Return a step that began after all of these failures and went well as far as the log shows."""
    last = last_ones(one.event for one in found)
    failing = {one.step.event.id for one in troubles(evidence) if one.step}
    for step in reversed(course(evidence.logs).begun):
        if step.event.id not in failing and all(is_after(step.event, one) for one in last):
            return step.event
    return None


def _started_since(evidence: Evidence, found: tuple[Trouble, ...]) -> LogEvent | None:
    """Return the start that succeeded after these failures had ended an earlier one: what was lacking is there now."""
    starts = [_next_start(evidence, one) for one in last_ones(one.event for one in found if not from_server(one.event))]
    return starts[-1] if starts and all(starts) else None


def _next_start(evidence: Evidence, failure: LogEvent) -> LogEvent | None:
    ended = False
    for event in later(evidence, failure):
        if (event.source, event.service) != (failure.source, failure.service):
            continue
        if ends(event):
            ended = True
        elif ended and ("Application startup complete" in event.text or serves(event)):
            return event
    return None


def _is_strangers(one: Trouble) -> bool:
    if one.kind == "missing-column" and of_the_system(one.table, one.name):
        return True
    if one.kind == "missing-table" and is_systems(one.name):
        return True
    return from_server(one.event) and asks_the_system(one.event)
