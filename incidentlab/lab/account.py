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
    record = archive.load(run_id)
    return Account(record.run, record.evidence, diagnose(record.evidence))


def _last_story() -> tuple[Account, ...]:
    """Return the last run and the newest one before it of another variant, oldest first.

    The other one is of the same scenario; of the same engine where there is one, because figures of two engines
    cannot be compared.
    """
    newest = _account("last")
    others = []
    for run_id in reversed(archive.ids()[:-1]):
        if _variant_in(run_id) == newest.run.variant:
            continue
        account = _account(run_id)
        if account.run.scenario == newest.run.scenario:
            others.append(account)
            if account.run.engine == newest.run.engine:
                return (account, newest)
    return (others[0], newest) if others else (newest,)


def _variant_in(run_id: str) -> str:
    """Return the variant that an id names, so that records of the same variant need not be opened."""
    return run_id.split("-", 2)[2].rpartition("-")[0]
