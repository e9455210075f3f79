"""Which values of an environment are secret, so that they can be masked wherever else they stand."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote

from incidentlab.redact import MASK, Redactor

# As passwords these are no secret, and as words they stand in every other line of a log.
_COMMON = frozenset(
    {"postgres", "postgresql", "password", "passwd", "secret", "changeme", "change_me", "example", "default", "admin",
     "administrator", "root", "user", "username", "test", "testing", "demo", "development", "production", "staging",
     "local", "localhost", "database", "django", "flask", "fastapi", "alembic", "public", "schema", "debug", "info",
     "none", "null", "true", "false", "token"}
)  # fmt: skip
_SHORTEST = 4
# What such a variable holds is a name, and names are what a diagnosis speaks of, also where one serves as password.
_HOLDS_A_NAME = re.compile(r"(?:USER|USERNAME|NAME|DB|DATABASE|HOST|HOSTNAME|SCHEMA|ROLE)$", re.IGNORECASE)


def secrets_of(environments: Iterable[Mapping[str, str]], names: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the secret values of some environments, to be masked in whatever text they stand.

    Args:
        environments: names and values, with the secrets in them.
        names: words that stay readable although somebody has made one of them a password: names of services,
            containers and projects. Names of users and databases are taken from the environments.

    Returns:
        The values; words that stand in every other line of a log are not among them, also where one is a password.
    """
    readable = set(_COMMON) | {name.lower() for name in names}
    values: set[str] = set()
    for environment in environments:
        shown = Redactor().environment(environment)
        for name, value in environment.items():
            if shown[name] == MASK:
                values.add(value)
            elif shown[name] != value:
                values.update(_in_url(value))
                readable.update(re.split(r"\W+", shown[name].lower()))
            elif _HOLDS_A_NAME.search(name):
                readable.add(value.lower())
    return tuple(sorted(value for value in values if len(value) >= _SHORTEST and value.lower() not in readable))


def _in_url(url: str) -> set[str]:
    """Return the passwords that stand in a URL, as written and as meant."""
    place, _, query = url.partition("://")[2].partition("?")
    written = [place.rpartition("@")[0].partition(":")[2]]
    written += [value for name, value in parse_qsl(query) if "password" in name.lower()]
    return {form for secret in written for form in (secret, unquote(secret))}
