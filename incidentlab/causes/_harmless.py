"""Errors that did no harm: a transaction that was tried again with success, a monitor that asks for what is not there.

PostgreSQL refuses one of two transactions that would not fit one after the other, and expects its program to begin
again (its manual, "Serialization Failure Handling"); Odoo's ``service/model.py`` and Django's and SQLAlchemy's retry
helpers say so in their logs. postgres_exporter and its like ask for views of extensions that a server need not have.
"""

import re

from incidentlab.causes._evidence import answered, ends, from_server, later, said
from incidentlab.causes._failing import says_it_failed
from incidentlab.causes._settling import succeeded, tries_again
from incidentlab.causes.migrations._strangers import is_systems, of_the_system
from incidentlab.model.evidence import Evidence, LogEvent

_CONFLICT = re.compile(r"\bcould not serialize access\b|\bSerializationFailure\b|\bSERIALIZATION_FAILURE\b")
_STATE = "40001"
_QUERY = re.compile(r"\bbad query: ")  # Odoo's line before the one that says why
_NEAR = 8  # events of the program within which it says that it tries again
_RELATION = re.compile(r"\brelation \\{0,3}\"(?P<name>[\w.]{1,120})\\{0,3}\" does not exist")
_COLUMN = re.compile(r"\bcolumn \\{0,3}\"?(?:(?P<table>\w{1,80})\.)?(?P<name>\w{1,80})\\{0,3}\"? does not exist")


def harmless(evidence: Evidence, event: LogEvent) -> bool:
    """Whether a program's error is known to have harmed nobody."""
    return not from_server(event) and (_retried(evidence, event) or _of_monitor(evidence, event))


def _retried(evidence: Evidence, event: LogEvent) -> bool:
    """Whether a conflict of transactions was tried again, and the program answers well afterwards and not badly."""
    if not (_is_conflict(event) or _QUERY.search(event.text)):
        return False
    after = [one for one in later(evidence, event) if _same_program(one, event)]
    if not _is_conflict(event) and not (after and _is_conflict(after[0])):
        return False
    again = next((number for number, one in enumerate(after[:_NEAR]) if _begins_again(one)), None)
    if again is None:
        return False
    for one in after[again:]:
        if says_it_failed(one.text) or ends(one):
            return False
        if answered(one) or succeeded(one):
            return True
    return False


def _is_conflict(event: LogEvent) -> bool:
    return event.sqlstate == _STATE or bool(_CONFLICT.search(said(event)))


def _begins_again(event: LogEvent) -> bool:
    return event.severity not in ("error", "fatal") and tries_again(event)


def _of_monitor(evidence: Evidence, event: LogEvent) -> bool:
    """Whether a program asks for the system's own views in vain, while another one answers requests well."""
    text = said(event)
    if " does not exist" not in text:
        return False
    relation, column = _RELATION.search(text), _COLUMN.search(text)
    systems = (relation and is_systems(relation["name"])) or (
        column and of_the_system(column["table"] or "", column["name"])
    )
    if not systems:
        return False
    return any(answered(one) and not _same_program(one, event) for one in later(evidence, event))


def _same_program(one: LogEvent, other: LogEvent) -> bool:
    return (one.source, one.service) == (other.source, other.service)
