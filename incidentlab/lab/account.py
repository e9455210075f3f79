"""Picks the runs that an account is about and brings each together with its evidence and diagnosis."""

from collections.abc import Sequence

from incidentlab.causes import diagnose
from incidentlab.lab import archive
from incidentlab.model.report import Account


def accounts(run_ids: Sequence[str]) -> tuple[Account, ...]:
    """Return the accounts of the named runs; without names, of the last break and the last proof of its fix.

    Raises:
        UsageError: nothing has been run yet.
        UnknownNameError: a name fits no run.
        StorageError: a record cannot be read.
    """
    if run_ids:
        return tuple(_account(run_id) for run_id in dict.fromkeys(map(archive.resolve, run_ids)))
    return _last_story()


def _account(run_id: str) -> Account:
    return _told(archive.load(run_id))


def _told(record: archive.Record) -> Account:
    return Account(record.run, record.evidence, diagnose(record.evidence))


def _last_story() -> tuple[Account, ...]:
    """Return the last run and its counterpart among those before it, oldest first: a break and its fix.

    The counterpart is of the same scenario, and well where the last one was not, or the other way round: whoever has
    tried several remedies wants the account of the last one and the break, not of two remedies. Of the same engine
    where there is one, because figures of two engines cannot be compared.
    """
    newest = archive.load("last")
    best: archive.Record | None = None
    for run_id in reversed(archive.ids()[:-1]):
        if _variant_in(run_id) == newest.run.variant:
            continue
        other = archive.load(run_id)
        if other.run.scenario != newest.run.scenario:
            continue
        if best is None or _closeness(newest, other) > _closeness(newest, best):
            best = other
        if all(_closeness(newest, best)):
            break
    return (_told(best), _told(newest)) if best else (_told(newest),)


def _closeness(newest: archive.Record, other: archive.Record) -> tuple[bool, bool]:
    counterpart = (newest.run.outcome == "healthy") != (other.run.outcome == "healthy")
    return counterpart, newest.run.engine == other.run.engine


def _variant_in(run_id: str) -> str:
    """Return the variant that an id names, so that records of the same variant need not be opened."""
    return run_id.split("-", 2)[2].rpartition("-")[0]
