"""A sequence, an identifier's column, or the transaction counter has reached its end."""

import re

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import query, shows
from incidentlab.causes.resources._numbers import (
    NARROW_COLUMN,
    REFUSING,
    SEQUENCE_END,
    WRAPAROUND,
    fills_a_column,
    of_values,
)
from incidentlab.model.cause import Cause
from incidentlab.model.database import SequenceUse
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend
from incidentlab.model.evidence import DatabaseFacts, Evidence

_ID = "identifier-overflow"
_TITLE = "The identifiers are used up"
_SIGNS = (SEQUENCE_END, NARROW_COLUMN, WRAPAROUND)
_SEQUENCE = re.compile(r"\bsequence \\?[\"«„“]{1,2}\s?(?P<name>[^\"»“”\\]{1,120})")
_TABLE = re.compile(r"\b(?:INSERT INTO|COPY|UPDATE) {1,4}(?P<name>[\w.\"]{1,130})", re.IGNORECASE)
_SMALL = re.compile(r"(?<!\w)smallint out of range\b|\binto an INT2\b|\bwith limit 2 bytes\b")
_DATABASE = re.compile(r"\bin database \\?\"(?P<name>[^\"\\]{1,63})")
# varsup.c refuses new transactions when three million are left of 2^31.
_NEARLY = 0.99
_LAST_TRANSACTIONS = 2**31 - 3_000_001


def find(evidence: Evidence) -> Finding | None:
    """Hold evidence against the cause: a sequence, a column or the transaction counter cannot count further."""
    account = hear(evidence, _SIGNS, of_values(evidence))
    ended = _ended(evidence)
    aged = next((one for one in evidence.databases if (one.transaction_age or 0) >= _LAST_TRANSACTIONS), None)
    if account is None and not ended and not aged:
        return _nearly(evidence)
    told = account or Account(())
    confidence = _confidence(told, bool(ended or aged))
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(told, ended, aged),
        evidence=(*chain(told, "The server cannot count further"), *_sequence(ended), *_age(aged)),
        mend=_mends(told, ended, aged),
        missing=() if confidence == "certain" else ("Sequences near their end: give --database-url.",),
    )


def _ended(evidence: Evidence) -> tuple[DatabaseFacts, SequenceUse] | None:
    for database in evidence.databases:
        for sequence in database.sequences:
            if sequence.last >= sequence.limit:
                return database, sequence
    return None


def _nearly(evidence: Evidence) -> Finding | None:
    """Return the warning that a sequence is about to end, though nothing has failed yet."""
    for database in evidence.databases:
        for sequence in database.sequences:
            if sequence.last >= _NEARLY * sequence.limit:
                left = sequence.limit - sequence.last
                return Finding(
                    cause=_ID,
                    title=_TITLE,
                    confidence="possible",
                    summary=f"The sequence {sequence.name} has {left:,} values left; nothing fails yet.",
                    evidence=_sequence((database, sequence), "near"),
                    mend=_mends(Account(()), (database, sequence), None),
                    missing=("How fast it is used up: ask again tomorrow.",),
                )
    return None


def _confidence(told: Account, by_fact: bool) -> Confidence:
    if any(shows(event, SEQUENCE_END) for event in told.events) or REFUSING in told.text:
        return "certain" if by_fact or told.by_server or told.hurt else "likely"
    narrow = [event for event in told.events if shows(event, NARROW_COLUMN)]
    if narrow:
        written = any(fills_a_column(event) for event in narrow)
        return "certain" if by_fact and written else "likely" if by_fact or written else "possible"
    return "likely" if by_fact else "possible"


def _name(told: Account, ended: tuple[DatabaseFacts, SequenceUse] | None) -> str:
    found = _SEQUENCE.search(told.text)
    return found["name"].strip() if found else ended[1].name if ended else ""


def _table(told: Account) -> str:
    found = _TABLE.search(told.text)
    return found["name"].replace('"', "") if found else ""


def _summary(told: Account, ended: tuple[DatabaseFacts, SequenceUse] | None, aged: DatabaseFacts | None) -> str:
    if aged or WRAPAROUND.pattern.search(told.text):
        return "The server is at the end of its transaction numbers and must be vacuumed before it counts on."
    name = _name(told, ended)
    if name:
        return f"The sequence {name} has given its last value; no row can be added that takes one from it."
    table = _table(told)
    whose = f" of {table}" if table else ""
    small = _SMALL.search(told.text)
    ends = "of two bytes ends at 32767" if small else "of four bytes ends at 2147483647"
    return f"A number no longer fits into its column{whose}; a serial {ends}."


def _sequence(ended: tuple[DatabaseFacts, SequenceUse] | None, where: str = "at") -> tuple[Link, ...]:
    if not ended:
        return ()
    database, sequence = ended
    quote = f"{sequence.last} of {sequence.limit}" + (f", column {sequence.column}" if sequence.column else "")
    name = f"database {database.database or database.id}"
    command = query(database, f"SELECT last_value FROM {sequence.name}")  # noqa: S608  (to be shown, not run)
    return (Link(f"{sequence.name} is {where} its end", database.id, name, quote=quote, command=command),)


def _age(aged: DatabaseFacts | None) -> tuple[Link, ...]:
    if not aged:
        return ()
    name = f"database {aged.database or aged.id}"
    quote = f"age(datfrozenxid) = {aged.transaction_age}"
    command = query(aged, "SELECT datname, age(datfrozenxid) FROM pg_database")
    return (Link("Nearly all transaction numbers are used", aged.id, name, quote=quote, command=command),)


def _mends(
    told: Account, ended: tuple[DatabaseFacts, SequenceUse] | None, aged: DatabaseFacts | None
) -> tuple[Mend, ...]:
    if aged or WRAPAROUND.pattern.search(told.text):
        found = _DATABASE.search(told.text)
        name = found["name"] if found else aged.database if aged and aged.database else "app"
        return (
            Mend("text", "End old prepared transactions, long sessions and abandoned replication slots first: "
                         "they hold "
                 "back the vacuum (pg_prepared_xacts, pg_stat_activity.backend_xmin, pg_replication_slots)."),
            Mend("command", f"vacuumdb --freeze --jobs 2 {name}", "Gives the used numbers back; as a superuser."),
        )  # fmt: skip
    name = _name(told, ended)
    table = _table(told) or name.removesuffix("_id_seq")
    wider = "Rewrites the table under a lock: on a large one add a bigint column, fill it in batches and swap."
    alter = f"psql \"$DATABASE_URL\" -c 'ALTER TABLE {table} ALTER COLUMN id TYPE bigint'"
    words = "Make the column that ran out a bigint, and its sequence: ALTER TABLE … ALTER COLUMN … TYPE bigint."
    steps = [Mend("command", alter, wider) if table else Mend("text", words, wider)]
    if name:
        steps.append(Mend("command", f'psql "$DATABASE_URL" -c \'ALTER SEQUENCE {name} AS bigint\'',
                          "A serial's sequence has its column's type, and does not follow it."))  # fmt: skip
    least = -(2**15) if _SMALL.search(told.text) else -(2**31)
    steps.append(Mend("text", "At once, where old rows are gone: restart the sequence below its start, or at 1 "
                      f"(ALTER SEQUENCE … MINVALUE {least} RESTART WITH {least})."))  # fmt: skip
    return tuple(steps)


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="A sequence, an integer key or the transaction counter has reached its end, and nothing can be written.",
    explanation="""\
`serial` and Django's old `AutoField` are integers of four bytes: they end at 2 147 483 647. Rolled back inserts,
upserts and re-imports use numbers as well, so a table can run out long before it has two thousand million rows. The
sequence then fails with "reached maximum value", or, where it is a bigint itself, its next value does not fit into
the column: "integer out of range".

Columns that refer to the key have the same width and fail the same way, and so does a column for other people's
identifiers that was made too narrow.

Transaction numbers are identifiers too: there are two thousand million of them until `VACUUM` gives old ones back.
Three million before the end the server refuses to write, so as not to take old rows for future ones.

`value "3000000000" is out of range for type integer` is another thing: there somebody typed the number, and the
statement names it.""",
    shows=(
        'ERROR:  nextval: reached maximum value of sequence "objects_id_seq" (2147483647)',
        "psycopg2.errors.NumericValueOutOfRange: integer out of range",
        'ERROR:  database is not accepting commands to avoid wraparound data loss in database "app"',
        "a sequence at its end, in pg_sequences",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SELECT schemaname, sequencename, data_type, last_value, max_value FROM pg_sequences '
        'ORDER BY last_value::numeric / max_value DESC NULLS LAST LIMIT 10"',
        'psql "$DATABASE_URL" -c "SELECT datname, age(datfrozenxid) FROM pg_database ORDER BY 2 DESC"',
    ),
    mend=(
        "Make the key, its sequence, and every column that refers to it, a bigint.",
        "On a large table: add a bigint column, fill it in batches, swap the two in one short transaction.",
        "To gain time: let the sequence count through the negative numbers.",
        "For the transaction counter: end what holds the vacuum back, then `vacuumdb --freeze`.",
    ),
    prevent=(
        "Make new keys `bigint` (`BigAutoField`, `BigInteger`, `GENERATED … AS IDENTITY` on bigint).",
        "Alert at 80 % of `pg_sequences.max_value` and at an `age(datfrozenxid)` of a thousand million.",
    ),
    confidence="""\
- **certain**: the server's own log says that a sequence has ended, or that it refuses to write, or a look into the
  database found the sequence at its end and a write failed on it.
- **likely**: a client says so, or "integer out of range" came while rows were written.
- **possible**: "integer out of range" without the statement, or the server only warns of the wraparound.""",
    find=find,
    explains=("migration-failed",),
    links=(
        "https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL",
        "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND",
    ),
    signs=_SIGNS,
)
