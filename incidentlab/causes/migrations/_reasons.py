"""Why a migration failed: by PostgreSQL's code, or by its words where a tool passes on nothing else.

Sources: PostgreSQL's manual, appendix A; ``execMain.c``, ``tablecmds.c``, ``nbtsort.c``, ``ri_triggers.c``,
``dependency.c`` and ``extension.c`` for the words.
"""

import re
from collections.abc import Iterable

from incidentlab.causes._evidence import said
from incidentlab.model.evidence import LogEvent

# Data, constraints, dependent objects and the migration's own SQL: what these say is about this step alone.
_OF_THE_STEP = ("22", "23502", "23503", "23514", "2BP01", "42601", "42804", "42830", "42P16", "42846", "44000")
_BUILDS_UNIQUE = "could not create unique index"
_EXTENSION = re.compile(
    r"\bextension control file \\?\"[^\"\\\n]{0,300}?(?P<file>[\w-]{1,80})\.control"
    r"|\bextension \\?\"(?P<named>[\w-]{1,80})\\?\" is not available\b"
)
# Debian's path to what belongs to one version, which the images have as well.
_VERSION = re.compile(r"/postgresql/(?P<version>\d{2})/extension/")
_WORDS = (
    ("23502", re.compile(r"\bcontains null values\b|\bviolates not-null constraint\b")),
    ("23503", re.compile(r"\bviolates foreign key constraint\b")),
    ("23505", re.compile(r"\bcould not create unique index\b|\bviolates unique constraint\b")),
    ("23514", re.compile(r"\bviolates check constraint\b|\bcheck constraint [^\n]{1,200} is violated by\b")),
    ("2BP01", re.compile(r"\bbecause other objects depend on it\b|\bused by a view or rule\b")),
    ("42601", re.compile(r"\bsyntax error at (?:or near|end of input)\b")),
    ("42804", re.compile(r"\bcannot be cast automatically to type\b|\bis of type [\w ]{1,60} but \w{1,20}ault")),
    ("42830", re.compile(r"\bno unique constraint matching given keys\b")),
    ("22001", re.compile(r"\bvalue too long for type\b")),
    ("22P02", re.compile(r"\binvalid input (?:syntax|value) for\b")),
    ("22003", re.compile(r"\bout of range for type\b|\bnumeric field overflow\b|\b(?:integer|bigint) out of range\b")),
)  # fmt: skip
_WHAT = {
    "22001": "values in rows that are there are too long for the type",
    "22003": "values in rows that are there are too large for the type",
    "22": "values in rows that are there do not fit the type",
    "23502": "rows that are there hold NULL where the migration wants a value",
    "23503": "rows that are there point to rows that are not",
    "23505": "rows that are there are not unique",
    "23514": "rows that are there break the new check",
    "2BP01": "other objects, such as a view, depend on what it wants to drop or change",
    "0A000": "PostgreSQL does not allow this change as it is written",
    "42P01": "it needs a table that is not there",
    "42703": "it needs a column that is not there",
    "42704": "it needs a type, index or constraint that is not there",
    "42883": "it calls a function that is not there; an extension may be missing",
    "42601": "its SQL has a syntax error",
    "42804": "the types of the values do not fit",
    "42830": "what a foreign key points to is not unique",
}


def reason(event: LogEvent) -> str:
    """Return the SQLSTATE of what an event complains of, also where only its words tell; "" where neither does."""
    if event.sqlstate:
        return event.sqlstate
    text = said(event)
    return next((state for state, pattern in _WORDS if pattern.search(text)), "")


def is_of_the_step(event: LogEvent) -> bool:
    """Whether the reason is one that lies in the data or in the migration itself, and in nothing around it."""
    if missing_extension(event) or _BUILDS_UNIQUE in said(event):
        return True  # a row that is inserted twice may be another starter's, an index that cannot be built is not
    return reason(event).startswith(_OF_THE_STEP)


def missing_extension(event: LogEvent) -> str:
    """Return the extension that the server's image does not hold, "" where it is another reason."""
    found = _EXTENSION.search(said(event))
    return found["file"] or found["named"] if found else ""


def version_in(logs: Iterable[LogEvent]) -> str:
    """Return the server's version, as the path of an extension that it looked for tells it; "" where none does."""
    texts = (text for event in logs if event.key_lines for _, text in event.key_lines)
    return next((found["version"] for text in texts if (found := _VERSION.search(text))), "")


def in_words(event: LogEvent) -> str:
    """Return the reason as the end of a sentence, "" where it has no words here."""
    name, state = missing_extension(event), reason(event)
    if name:
        return f"the server does not have the extension {name}"
    return _WHAT.get(state) or (_WHAT["22"] if state.startswith("22") else "")
