"""A program's environment → the PostgreSQL database that it names, as a URL or in parts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

PORT = 5432
# The usual names of a URL, the usual ones first; any other variable that holds one comes after them.
_URLS = (
    "DATABASE_URL",
    "SQLALCHEMY_DATABASE_URI",
    "SQLALCHEMY_DATABASE_URL",
    "DATABASE_URI",
    "DATABASE_DSN",
    "DB_URL",
    "DB_URI",
    "DB_DSN",
    "POSTGRES_URL",
    "POSTGRES_URI",
    "POSTGRES_DSN",
    "POSTGRESQL_URL",
    "PG_URL",
    "PG_DSN",
    "ASYNC_DATABASE_URL",
    "SPRING_DATASOURCE_URL",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
)
# "postgresql+asyncpg", dj-database-url's "postgis", django-environ's "psql" and "pgsql"; JDBC puts its name before it.
_SCHEME = re.compile(
    r"(?:jdbc:)?(?P<name>postgres|postgresql|postgis|psql|pgsql)(?P<driver>\+\w{1,32})?://", re.IGNORECASE
)
# The prefixes of variables that give the parts: libpq's own, then those of images, Django's tutorials and hosts.
_PREFIXES = ("PG", "POSTGRES_", "POSTGRESQL_", "DATABASE_", "DB_", "SQL_", "DJANGO_DB_", "RDS_", "TYPEORM_")
_HOST = ("HOST", "HOSTNAME", "SERVER", "HOSTADDR")
_PORT = ("PORT",)
_USER = ("USER", "USERNAME", "LOGIN")
_PASSWORD = ("PASSWORD", "PASS", "PASSWD")
_NAME = ("DATABASE", "DB", "NAME", "DB_NAME", "DBNAME")
_KIND = ("ENGINE", "CONNECTION", "DRIVER", "TYPE", "DIALECT")
_FOREIGN = re.compile(r"mysql|maria|sqlite|mssql|sqlserver|oracle|mongo|cockroach", re.IGNORECASE)
_FOREIGN_PORTS = frozenset({"3306", "1433", "1521", "27017", "6379"})


@dataclass(frozen=True, slots=True)
class NamedDatabase:
    """A database that an environment names.

    The URLs hold the password and are hidden from ``repr``: they are for a session that the user has agreed to, and
    for nothing that is kept. ``url`` is as the program has it, ``here`` the one by which this machine reaches the same
    database; ``here`` is empty where there is none, and ``how`` says in a few words why, or what stands behind it.
    """

    variable: str  # "DATABASE_URL", or "PGHOST, PGPORT, PGUSER"
    url: str = field(repr=False)
    host: str
    port: int
    service: str = ""
    here: str = field(default="", repr=False)
    how: str = ""


def named(environment: Mapping[str, str]) -> NamedDatabase | None:
    """Return the PostgreSQL database that a program with this environment would use.

    Args:
        environment: names and values, with the secrets in them.

    Returns:
        The database; ``None`` where the environment names none, or one of another kind. The host is empty where the
        environment is that of a PostgreSQL server itself.
    """
    others = sorted(name for name in environment if name not in _URLS)
    for name in (*_URLS, *others):
        if found := _of_url(name, environment.get(name, ""), environment):
            return found
    for prefix in _PREFIXES:
        if found := _of_parts(prefix, environment):
            return found
    return _of_server(environment)


def moved(url: str, host: str, port: int) -> str:
    """Return the URL with another host and port; login, name and parameters stay."""
    scheme, _, rest = url.partition("://")
    cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    login, at, _ = rest[:cut].rpartition("@")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{login}{at}{shown}:{port}{rest[cut:]}"


def _of_url(name: str, value: str, environment: Mapping[str, str]) -> NamedDatabase | None:
    text = value.strip().strip("\"'")
    scheme = _SCHEME.match(text)
    if not scheme:
        return None
    rest = text[scheme.end() :]
    if text.lower().startswith("jdbc:") and "@" not in rest:
        stem = name.removesuffix("URL")
        rest = _login(environment.get(f"{stem}USERNAME", ""), environment.get(f"{stem}PASSWORD", "")) + rest
    url = f"postgresql://{rest}"
    place = _place(url)
    return NamedDatabase(name, url, *place) if place else None


def _place(url: str) -> tuple[str, int] | None:
    """Return a URL's host and port; ``None`` where it has several hosts or cannot be read."""
    try:
        parts = urlsplit(url)
        return None if "," in parts.netloc.rpartition("@")[2] else (parts.hostname or "", parts.port or PORT)
    except ValueError:
        return None


def _of_parts(prefix: str, environment: Mapping[str, str]) -> NamedDatabase | None:
    def part(names: tuple[str, ...]) -> tuple[str, str]:
        for name in names:
            if value := environment.get(f"{prefix}{name}", "").strip():
                return f"{prefix}{name}", value
        return "", ""

    host, port, user, password, name = (part(names) for names in (_HOST, _PORT, _USER, _PASSWORD, _NAME))
    if not host[1] or _FOREIGN.search(part(_KIND)[1]) or port[1] in _FOREIGN_PORTS:
        return None
    if prefix in {"DB_", "DATABASE_", "SQL_"} and not (user[1] or name[1]):
        return None
    inner, colon, inner_port = host[1].partition(":")  # "db:5432" as some write it
    number = port[1] or (inner_port if colon else "")
    named_by = ", ".join(found for found, _ in (host, port, user, name) if found)
    return _made(named_by, inner if inner_port.isdigit() else host[1], number, user[1], password[1], name[1])


def _of_server(environment: Mapping[str, str]) -> NamedDatabase | None:
    """Return the database of the official image's own environment (docker-library/postgres, docker-entrypoint.sh)."""
    if "PGDATA" not in environment or not any(name.startswith("POSTGRES_") for name in environment):
        return None
    user = environment.get("POSTGRES_USER") or "postgres"
    password = environment.get("POSTGRES_PASSWORD", "")
    return _made(
        "POSTGRES_DB", "", environment.get("PGPORT", ""), user, password, environment.get("POSTGRES_DB") or user
    )


def _made(variable: str, host: str, port: str, user: str, password: str, name: str) -> NamedDatabase:
    number = int(port) if port.isdigit() and int(port) < 65_536 else PORT
    shown = f"[{host}]" if ":" in host else quote(host, safe="")
    url = f"postgresql://{_login(user, password)}{shown}:{number}/{quote(name or user, safe='')}"
    return NamedDatabase(variable, url, host, number)


def _login(user: str, password: str) -> str:
    if not user:
        return ""
    return quote(user, safe="") + (f":{quote(password, safe='')}" if password else "") + "@"
