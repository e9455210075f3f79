"""Why a server let nobody in, as a SQLSTATE.

libpq gives no SQLSTATE for a connection that failed, only text; these are the server's words (auth.c, hba.c,
postinit.c, proc.c, postmaster.c / backend_startup.c, miscinit.c of versions 12 to 18) and PgBouncer's.
"""

import re

from incidentlab.collectors import _languages, _sqlstate

_WORDS = (
    ("28P01", r"password authentication failed for user"),
    ("28000", r"\w{1,20} authentication failed for user|no pg_hba\.conf entry|pg_hba\.conf rejects"
              r"|role \".{0,128}\" (?:does not exist|is not permitted to log in)|no such user"),
    ("3D000", r"database \".{0,128}\" does not exist|no such database"),
    ("42501", r"permission denied for database|must be superuser to connect"),
    ("53300", r"too many clients|remaining connection slots are reserved|too many connections for (?:role|database)"
              r"|no more connections allowed|max_client_conn"),
    ("57P03", r"the database system is (?:starting up|shutting down|in recovery mode|not (?:yet )?accepting)"),
    ("55000", r"is not currently accepting connections|cannot connect to invalid database"),
    ("58P01", r"could not open (?:file|directory)"),
    ("08P01", r"unsupported startup parameter|unsupported frontend protocol"),
)  # fmt: skip
_PATTERNS = tuple((state, re.compile(words, re.IGNORECASE)) for state, words in _WORDS)


def sqlstate(text: str) -> str | None:
    """Return the SQLSTATE that a refusal stands for, or ``None`` where the server said nothing: it was not reached."""
    written = _sqlstate.in_text(text) or next((state for state, words in _PATTERNS if words.search(text)), None)
    if written or not _languages.maybe(text):
        return written
    translated = _languages.english(text)
    return translated.sqlstate if translated else None
