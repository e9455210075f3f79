"""How the server says that identifiers are used up, and how that differs from a number that somebody typed."""

import re

from incidentlab.causes._account import Question, whole
from incidentlab.causes._evidence import shows
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import Evidence, LogEvent

# PostgreSQL's sequence.c.
SEQUENCE_END = Sign(
    "sequence-end",
    re.compile(
        r"\bnextval: reached (?:maximum|minimum) value of sequence\b|\bSequenceGeneratorLimitExceeded"
        r"|\bsetval: value \d{1,20} is out of bounds for sequence\b"
    ),
    ("nextval: reached m", "SequenceGeneratorLimitExceeded", "is out of bounds for sequence"),
    (
        'ERROR:  nextval: reached maximum value of sequence "objects_id_seq" (2147483647)',
        "psycopg2.errors.SequenceGeneratorLimitExceeded: nextval: reached maximum value of sequence",
        'ERROR:  setval: value 2147483648 is out of bounds for sequence "tasks_id_seq" (1..2147483647)',
    ),
    frozenset({"2200H"}),
)
# PostgreSQL's int8.c and int.c: a sequence's bigint that does not fit into the column's integer. A number in the
# statement itself reads `value "3000000000" is out of range for type integer`.
NARROW_COLUMN = Sign(
    "narrow-column",
    re.compile(
        r"(?<!\w)(?:integer|smallint) out of range\b|\bUnable to fit integer value '?\d{1,24}'? into an INT[24]\b"
        r"|\bis out of range for ActiveModel::Type::Integer with limit [24] bytes"
    ),
    (
        "integer out of range",
        "smallint out of range",
        "Unable to fit integer value ",
        "is out of range for ActiveModel::Type::Integer",
    ),
    (
        "ERROR:  integer out of range",
        "psycopg2.errors.NumericValueOutOfRange: integer out of range",
        "ERROR:  smallint out of range",
        "Unable to fit integer value '3000000000' into an INT4 (32-bit signed integer).",
        "ActiveModel::RangeError (2159449066 is out of range for ActiveModel::Type::Integer with limit 4 bytes):",
    ),
)
# PostgreSQL's varsup.c and multixact.c; version 17 names what is refused.
WRAPAROUND = Sign(
    "wraparound",
    re.compile(
        r"\bdatabase is not accepting commands\b.{0,80}\bto avoid wraparound data loss\b"
        r"|\bmust be vacuumed within \d{1,10} transactions\b|\bmust be vacuumed before \d{1,12} more MultiXactId"
    ),
    ("to avoid wraparound data loss", "must be vacuumed "),
    (
        'ERROR:  database is not accepting commands to avoid wraparound data loss in database "app"',
        "ERROR:  database is not accepting commands that assign new transaction IDs to avoid wraparound data loss in "
        'database "app"',
        'WARNING:  database "app" must be vacuumed within 10985967 transactions',
    ),
)
REFUSING = "to avoid wraparound data loss"
_WRITES = re.compile(r"\bINSERT\b|\bCOPY [\w\"]|\b_?bulk_create\b|\bUPDATE [\w\"]|\bnextval\b", re.IGNORECASE)
_READS = re.compile(r"^\s{0,20}(?:SELECT|WITH)\b", re.IGNORECASE)
# An UPDATE takes no number from a sequence; only one that sets a reference to a key can meet the end of that key.
_CHANGES = re.compile(r"^\s{0,20}UPDATE\b", re.IGNORECASE)
_SETS_A_KEY = re.compile(r"id\"?\s{0,4}=", re.IGNORECASE)
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)


def fills_a_column(event: LogEvent) -> bool:
    """Whether the event shows that rows were being written, so that the number may be one of a sequence."""
    return bool(_WRITES.search(whole(event)))


def of_values(evidence: Evidence) -> Question:
    """Return what tells events apart in which a number is too large that no sequence gave.

    It went out of range in a query's own arithmetic, or was set by an UPDATE. A client's bare word beside the server's
    statement tells of the same.
    """
    narrow = [event for event in evidence.logs if shows(event, NARROW_COLUMN)]
    values = {event.id for event in narrow if _is_a_value(event)}
    if values and not any(event.id not in values and fills_a_column(event) for event in narrow):
        values |= {event.id for event in narrow}
    return lambda event: event.id in values


def _is_a_value(event: LogEvent) -> bool:
    sql = event.sql or ""
    if _CHANGES.match(sql):
        return not _SETS_A_KEY.search(_WHERE.split(sql, maxsplit=1)[0])
    return bool(_READS.match(sql)) and not _WRITES.search(sql)
