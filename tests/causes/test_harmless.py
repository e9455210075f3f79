"""Transactions that were tried again with success, monitors that ask in vain, and the same with harm."""

import pytest

from incidentlab.causes import diagnose
from incidentlab.testing import app_log, evidence

CONFLICT = "ERROR: could not serialize access due to concurrent update"
QUERY = 'shop-1  | 2024-10-10 10:00:00,101 1 ERROR erp odoo.sql_db: bad query: UPDATE "a" SET "b" = 3'
ODOO = f"{QUERY}\nshop-1  | {CONFLICT}"
AGAIN = (
    "shop-1  | 2024-10-10 10:00:00,110 1 INFO erp odoo.service.model: SERIALIZATION_FAILURE, retry 1/5 in 0.4 sec..."
)
GOOD = 'shop-1  | 10.0.0.9 - - [10/Oct/2024 10:00:01] "POST /web/call HTTP/1.1" 200 -'
BAD = 'shop-1  | 10.0.0.9 - - [10/Oct/2024 10:00:01] "POST /web/call HTTP/1.1" 500 -'
VIEW = (
    'level=error msg="collector failed" name=stat_statements err="pq: relation \\"pg_stat_statements\\" does not exist"'
)


@pytest.mark.parametrize(
    "text",
    [
        f"{ODOO}\n{AGAIN}\n{GOOD}",
        f"{ODOO}\n{AGAIN}\n{ODOO}\n{AGAIN.replace('1/5', '2/5')}\n{GOOD}",
        f"shop-1  | psycopg.errors.SerializationFailure: {CONFLICT[7:]}\nshop-1  | INFO retrying in 0.1 s\n{GOOD}",
        f"exporter-1  | {VIEW}\n{GOOD}",
        f'exporter-1  | ERROR collecting: pq: column "checkpoints_timed" does not exist\n{GOOD}',
    ],
    ids=["once", "twice", "psycopg", "a view of an extension", "a column of another version"],
)
def test_what_did_no_harm_does_not_speak_against_the_service(text: str) -> None:
    assert diagnose(evidence(app_log(text))).verdict == "healthy"


@pytest.mark.parametrize(
    "text",
    [
        f"{ODOO}\n{GOOD}",
        f"{ODOO}\n{AGAIN}\n{BAD}\n{GOOD}",
        f"{ODOO}\n{AGAIN}",
        f"{ODOO}\n{AGAIN}\n{GOOD.replace('shop', 'mail')}",
        f'{QUERY}\nshop-1  | ERROR: relation "b" is frozen\n{AGAIN}\n{GOOD}',
        f"exporter-1  | {VIEW}",
        f"shop-1  | {VIEW}\n{GOOD}",
    ],
    ids=["not tried again", "the retry failed", "no word after it", "another answers", "another bad query",
         "nobody answers", "the one that answers asks"],
)  # fmt: skip
def test_what_may_have_done_harm_is_not_passed_over(text: str) -> None:
    assert diagnose(evidence(app_log(text))).verdict != "healthy"
