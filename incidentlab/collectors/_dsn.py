"""Database URLs as programs write them → what libpq understands."""

from urllib.parse import parse_qsl, quote, unquote, urlencode

from incidentlab.errors import UsageError

_SCHEMES = frozenset({"postgres", "postgresql"})
# Names that other drivers give to a setting which libpq has too.
_SAME_AS = {"ssl": "sslmode", "database": "dbname"}
_SSL_WORDS = {"true": "require", "1": "require", "false": "disable", "0": "disable"}


def libpq_url(url: str, keywords: frozenset[str]) -> str:
    """Return ``url`` for libpq: no ``+driver``, and no query parameter that libpq would refuse.

    Args:
        url: ``postgres://``, ``postgresql://`` or ``postgresql+driver://``; may come with blanks or quotes around it.
        keywords: the connection parameters that this libpq has.

    Raises:
        UsageError: it is no URL of a PostgreSQL database. The message does not repeat it: it may hold a password.
    """
    scheme, separator, rest = url.strip().strip("\"'").partition("://")
    if not separator or scheme.lower().partition("+")[0] not in _SCHEMES:
        raise UsageError(
            "That is not the URL of a PostgreSQL database.",
            why=f"It begins with {scheme}://." if separator and len(scheme) < 32 else "It has no scheme://.",
            mend=("Give it as postgresql://user:password@host:5432/name.",),
        )
    place, _, query = rest.partition("?")
    kept = [_parameter(name, value) for name, value in parse_qsl(query)]
    known = [(name, value) for name, value in kept if name in keywords]
    return f"postgresql://{place}" + (f"?{urlencode(known, quote_via=quote)}" if known else "")


def secrets_of(url: str) -> tuple[str, ...]:
    """Return the passwords that stand in a database URL, as written and as meant."""
    place = url.partition("://")[2]
    login = place.rpartition("@")[0]
    written = [login.partition(":")[2]]
    written += [value for name, value in parse_qsl(place.partition("?")[2]) if name == "password"]
    return tuple({form for secret in written if secret for form in (secret, unquote(secret))})


def _parameter(name: str, value: str) -> tuple[str, str]:
    name = _SAME_AS.get(name, name)
    return name, _SSL_WORDS.get(value.lower(), value) if name == "sslmode" else value
