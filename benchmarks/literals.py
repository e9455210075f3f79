"""The strings that logs are searched for: the causes' own, or a stand-in where the catalogue has none."""

from incidentlab import causes

# Of the kind and length of the real ones.
_STAND_IN = (
    'relation "', "does not exist", "n'existe pas", "existiert nicht", "no existe", "не существует", "は存在しません",
    "password authentication failed for user", "authentification par mot de passe échouée", "onnection refused",
    "the database system is ", "sorry, too many clients already", "remaining connection slots are reserved",
    "deadlock detected", "canceling statement due to", "permission denied for", "No space left on device",
    "database files are incompatible with server", "no pg_hba.conf entry for host", "invalid page in block",
    "could not translate host name", "address already in use", "port is already allocated", "Multiple head revisions",
    "Can't locate revision identified by", "Target database is not up to date", "No module named", "exec format error",
    "integer out of range", "value too long for type", "QueuePool limit of size", "certificate verify failed",
    "42P01", "28P01", "3D000", "53300", "57P03", "40P01",
)  # fmt: skip


def literals() -> tuple[str, ...]:
    """Return the strings, in the causes' own spelling."""
    own = getattr(causes, "literals", None)
    return (own() if own else ()) or _STAND_IN
