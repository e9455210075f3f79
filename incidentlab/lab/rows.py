"""Counts rows when it is over: what was there before has to be there after."""

from incidentlab.engines._base import Stack
from incidentlab.model.run import Check
from incidentlab.model.scenario import ExpectedRows
from incidentlab.redact import Redactor

# Read-only, and bounded: a lock that is still held must not hold us too.
_OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=10s -c lock_timeout=5s"


def checks(expected: tuple[ExpectedRows, ...], stack: Stack) -> list[Check]:
    """Ask each query as the role that owns the database; one that fails is a check that is not met."""
    return [_check(each, stack) for each in expected]


def _check(expect: ExpectedRows, stack: Stack) -> Check:
    import psycopg

    wanted = str(expect.count) if expect.count is not None else f"at least {expect.at_least}"
    try:
        with psycopg.connect(stack.owner_url, connect_timeout=5, options=_OPTIONS) as session:
            row = session.execute(expect.sql.encode()).fetchone()
    except psycopg.Error as error:
        said = Redactor(stack.secrets).text(str(error).strip().splitlines()[0] if str(error).strip() else "no answer")
        return Check(f"rows: {expect.sql}", False, wanted, said)
    found = row[0] if row else None
    met = isinstance(found, int) and (found == expect.count if expect.at_least is None else found >= expect.at_least)
    return Check(f"rows: {expect.sql}", met, wanted, str(found))
