"""Sequences, keys and transaction numbers at their end, and numbers that somebody typed."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.database import SequenceUse
from incidentlab.model.diagnosis import Finding
from incidentlab.testing import app_log, database, database_log, evidence

find = causes.get("identifier-overflow").find
ENDED = 'nextval: reached maximum value of sequence "objects_id_seq" (2147483647)'
INSERT = "[SQL: INSERT INTO measure_value (measure_id, amount) VALUES (%(a)s, %(b)s)]"


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (f"psycopg2.errors.SequenceGeneratorLimitExceeded: {ENDED}", "likely"),
        (f"panic: pq: {ENDED}", "likely"),
        (f"org.postgresql.util.PSQLException: ERROR: {ENDED}", "likely"),
        (
            f"sqlalchemy.exc.DataError: (psycopg2.errors.NumericValueOutOfRange) integer out of range\n\n{INSERT}",
            "likely",
        ),
        ("psycopg2.errors.NumericValueOutOfRange: integer out of range", "possible"),
        ("PG::NumericValueOutOfRange: ERROR:  smallint out of range", "possible"),
        (
            'ERROR:  database is not accepting commands to avoid wraparound data loss in database "app"\n'
            "HINT:  Stop the postmaster and vacuum that database in single-user mode.",
            "likely",
        ),
        ('WARNING:  database "app" must be vacuumed within 10985967 transactions', "possible"),
    ],
)
def test_every_wording_has_its_confidence(text: str, confidence: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == confidence


def test_the_servers_own_word_is_certain_and_the_sequence_is_named() -> None:
    found = find(evidence(database_log(f"2026-03-01 10:00:00.000 UTC [88] ERROR:  {ENDED}")))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "objects_id_seq" in found.summary
    assert any("ALTER SEQUENCE objects_id_seq AS bigint" in mend.text for mend in found.mend)


def test_a_look_into_the_database_finds_the_sequence() -> None:
    end = 2**31 - 1
    used = SequenceUse("public.measure_value_id_seq", end, end, "public.measure_value.id integer")
    facts = dataclasses.replace(database(["rev1"]), sequences=(used,))
    insert = app_log(
        f"sqlalchemy.exc.DataError: (psycopg.errors.NumericValueOutOfRange) integer out of range\n{INSERT}"
    )
    alone, together = find(evidence(facts)), find(evidence(facts, insert))
    assert isinstance(alone, Finding)
    assert isinstance(together, Finding)
    assert (alone.confidence, together.confidence) == ("likely", "certain")
    near = dataclasses.replace(facts, sequences=(dataclasses.replace(used, last=end - 10**8),))
    assert find(evidence(near)) is None


def test_a_transaction_counter_near_its_end_is_found_and_a_usual_age_is_not() -> None:
    old = dataclasses.replace(database(["rev1"]), transaction_age=2**31 - 2_000_000)
    found = find(evidence(old))
    assert isinstance(found, Finding)
    assert "vacuum" in found.summary
    assert find(evidence(dataclasses.replace(old, transaction_age=400_000_000))) is None


@pytest.mark.parametrize(
    "text",
    [
        'psycopg2.errors.NumericValueOutOfRange: value "3000000000" is out of range for type integer',
        "sqlalchemy.exc.DataError: (psycopg2.errors.NumericValueOutOfRange) integer out of range\n"
        "[SQL: SELECT sum(a) * 1000 FROM t]",
        "psycopg2.errors.NumericValueOutOfRange: smallint out of range\n"
        "[SQL: UPDATE items SET priority = %(p)s WHERE id = 4]",
        "db-1 | 2026-03-01 10:00:00.000 UTC [8] ERROR:  integer out of range\n"
        "db-1 | 2026-03-01 10:00:00.000 UTC [8] STATEMENT:  SELECT id FROM rows WHERE id = $1 * 1000\n"
        "web-1 | psycopg2.errors.NumericValueOutOfRange: integer out of range",
        "psycopg2.errors.NumericValueOutOfRange: numeric field overflow",
        "asyncpg.exceptions.DataError: invalid input for query argument $1: 5123456789 (value out of int32 range)",
        'NOTICE:  identifier "a_very_long_name" will be truncated to "a_very_long"',
        "sqlalchemy.exc.IdentifierError: Identifier 'x' exceeds maximum length of 63 characters",
        'LOG:  automatic vacuum to prevent wraparound of table "app.public.tasks": index scans: 0',
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


def test_the_servers_statement_names_the_table_to_widen() -> None:
    lead = "postgres: 2026-03-01 10:00:00.000 UTC [88] "
    text = f"{lead}ERROR:  integer out of range\n{lead}STATEMENT:  COPY sample (sensor, at) FROM STDIN"
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "column of sample" in found.summary
    assert "ALTER TABLE sample" in found.mend[0].text


def test_an_update_that_sets_a_reference_to_a_key_can_meet_its_end() -> None:
    text = "NumericValueOutOfRange: integer out of range\n[SQL: UPDATE items SET order_id = %(o)s WHERE id = 4]"
    assert isinstance(find(evidence(app_log(f"psycopg2.errors.{text}"))), Finding)


def test_a_small_columns_end_is_its_own_and_no_table_is_made_up() -> None:
    found = find(evidence(app_log("PG::NumericValueOutOfRange: ERROR:  smallint out of range")))
    assert isinstance(found, Finding)
    assert found.summary.endswith("a serial of two bytes ends at 32767.")
    texts = " ".join(mend.text for mend in found.mend)
    assert "ALTER TABLE TABLE" not in texts
    assert "-32768" in texts
