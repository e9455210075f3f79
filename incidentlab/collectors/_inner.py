"""Which exception of a chain says what happened: Java's "Caused by:", .NET's "--->".

The driver's own is the best witness, unless it only says that something failed: pgjdbc's "The connection attempt
failed." stands above the name that was not resolved. The innermost one may be as empty: Npgsql's word that its pool is
used up stands above a bare TimeoutException. Sources: pgjdbc's translation/messages.pot; Npgsql's NpgsqlException;
the texts of .NET's SR resources.
"""

import re
from collections.abc import Sequence

Raised = tuple[str, str]  # the dotted class, its message
_DRIVERS = ("org.postgresql.", "java.sql.", "Npgsql.", "PG::", "Postgrex.", "DBConnection.", "PDOException")
# Messages that say no more than that something did not work, and point to what is within.
_EMPTY = re.compile(
    r"\s{0,4}(?:$|The connection attempt failed\b|Failed to connect to \S{1,300}$|Something unusual has occurred\b"
    r"|An I/O error occurred while sending to the backend\b"
    r"|Exception while (?:reading|writing|connecting|performing SSL handshake)\b"
    r"|The operation has timed out\b|The operation was cancell?ed\b|A task was cancell?ed\b"
    r"|One or more errors occurred\b"
    r"|An (?:exception|error) (?:has been raised that is likely due to|occurred while)\b"
    r"|.{0,200}\b[Ss]ee (?:the )?inner exception\b)"
)


def telling(chain: Sequence[Raised]) -> Raised | None:
    """Return the exception of a chain, outermost first, that says most; of two that say something the driver's.

    Where the driver's says nothing itself, what it hides is given beneath its name: whose trouble it was stays known.
    """
    drivers = [one for one in chain if is_driver(one[0])]
    full = [one for one in chain if not _EMPTY.match(one[1])]
    own = next((one for one in reversed(drivers) if one in full), None)
    inner = (full or chain)[-1] if chain else None
    if own or inner is None or not drivers:
        return own or inner
    hidden = chain.index(inner) > chain.index(drivers[-1])
    if not hidden:
        return inner if full else drivers[-1]
    dotted, message = drivers[-1]
    return dotted, f"{message} {inner[0]}: {inner[1]}".strip()


def is_driver(dotted: str) -> bool:
    """Whether a class is one of a database's driver."""
    return dotted.startswith(_DRIVERS)
