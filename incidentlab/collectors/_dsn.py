"""Database URLs as programs write them → connection parameters as libpq has them.

Understood are libpq's own URLs and ``keyword=value`` strings, SQLAlchemy's (``postgresql+asyncpg://``), those of
Django, Ecto and golang-migrate (other schemes, same shape), JDBC's and R2DBC's, and Npgsql's ``Host=…;Database=…``.
Sources: PostgreSQL's manual 34.1.1 (connection strings) and 34.18 (service file), SQLAlchemy's dialect pages,
pgJDBC's and Npgsql's tables of connection parameters, Prisma's page on PostgreSQL.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from incidentlab.errors import UsageError

_SCHEMES = frozenset({"postgres", "postgresql", "pgsql", "pgx", "pgx4", "pgx5", "ecto", "postgis", "psql"})
_PREFIXES = ("jdbc:", "r2dbc:")
# Names that other drivers give to a setting which libpq has too; Npgsql writes them with blanks and capitals.
_SAME_AS = {
    "ssl": "sslmode", "ssl mode": "sslmode", "sslmode": "sslmode", "database": "dbname", "db": "dbname",
    "server": "host", "username": "user", "user id": "user", "userid": "user", "uid": "user", "pwd": "password",
    "root certificate": "sslrootcert", "search path": "schema", "searchpath": "schema", "currentschema": "schema",
    "search_path": "schema",
}  # fmt: skip
_SSL_WORDS = {
    "true": "require", "1": "require", "on": "require", "no-verify": "require", "required": "require",
    "false": "disable", "0": "disable", "off": "disable", "disabled": "disable", "preferred": "prefer",
    "verifyca": "verify-ca", "verifyfull": "verify-full",
}  # fmt: skip
_SECRET = frozenset({"password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"})
_PAIR = re.compile(
    r"(?P<name>[A-Za-z_]{1,40})\s{0,8}=\s{0,8}(?:'(?P<quoted>(?:[^'\\]|\\.){0,4096})'|(?P<bare>[^\s']{0,4096}))"
)
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect to.

    ``parameters`` are libpq's, to be joined with the environment and the service file as libpq does it;
    ``search_path`` the schemas that another driver's URL names; ``secrets`` the passwords as written and as meant;
    ``remarks`` what was read otherwise than libpq would have read it, a sentence each.
    """

    parameters: dict[str, str]
    search_path: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def target(url: str, keywords: frozenset[str]) -> Target:
    """Return what ``url`` names; parameters that this libpq does not have are left out.

    Args:
        url: a URL or connection string of a PostgreSQL database; may come with blanks or quotes around it.
        keywords: the connection parameters that this libpq has.

    Raises:
        UsageError: it is none. The message does not repeat it: it may hold a password.
    """
    text = url.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    for prefix in _PREFIXES:
        if text.lower().startswith(prefix):
            text = text[len(prefix) :]
    scheme, separator, rest = text.partition("://")
    remarks: list[str] = []
    if separator and re.fullmatch(r"[A-Za-z][\w+.:\-]{0,40}", scheme):
        # "r2dbc:pool:postgresql", "postgresql+asyncpg"
        if scheme.lower().rpartition(":")[2].partition("+")[0] not in _SCHEMES:
            raise _refusal(f"It begins with {scheme}://." if len(scheme) < 32 else "")
        pairs = _of_url(rest, remarks)
    else:
        pairs = _of_words(text)
    return _target(pairs, keywords, remarks)


def _refusal(why: str) -> UsageError:
    return UsageError(
        "That is not the URL of a PostgreSQL database.",
        why=why,
        mend=("Give it as postgresql://user:password@host:5432/name.",),
    )


def _of_words(text: str) -> list[tuple[str, str]]:
    """Read ``host=db dbname=app`` (libpq) or ``Host=db;Database=app`` (Npgsql)."""
    if ";" in text and text.partition(";")[0].count("=") == 1:
        parts = [part.partition("=") for part in text.split(";") if "=" in part]
        return [(name.strip().lower(), value.strip().strip("\"'")) for name, _, value in parts]
    found = list(_PAIR.finditer(text))
    if not found or _PAIR.sub("", text).strip():
        raise _refusal("It has no scheme://.")
    values = [(one["name"].lower(), one["bare"] if one["quoted"] is None else one["quoted"]) for one in found]
    return [(name, re.sub(r"\\(.)", r"\1", value)) for name, value in values]


def _of_url(rest: str, remarks: list[str]) -> list[tuple[str, str]]:
    login, place, query = _split(rest, remarks)
    hosts, _, database = place.partition("/")
    pairs = [("dbname", unquote(database))] if database else []
    user, colon, password = login.partition(":")
    pairs += [("user", unquote(user))] if user else []
    pairs += [("password", unquote(password))] if colon else []
    named = [_host_and_port(one) for one in hosts.split(",")] if hosts else []
    given = parse_qsl(query, keep_blank_values=True)
    # SQLAlchemy's way to name several: ?host=a:5432&host=b:5432. In libpq the last would win.
    named = [_host_and_port(value) for name, value in given if name == "host" for value in value.split(",")] or named
    if any(host for host, _ in named):
        pairs.append(("host", ",".join(host for host, _ in named)))
    if any(port for _, port in named):
        pairs.append(("port", ",".join(port for _, port in named)))
    return pairs + [(name.lower(), value) for name, value in given if name != "host"]


def _split(rest: str, remarks: list[str]) -> tuple[str, str, str]:
    """Return login, host and path, and query; also where the password has signs that ought to be encoded."""
    head = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, at, _ = head.rpartition("@")
    after = rest[len(login) + len(at) :]
    if not at and "@" in rest.partition("?")[0] and ":" in head and not re.fullmatch(r"[^:]*:\d{1,5}", head):
        login, _, after = rest.partition("?")[0].rpartition("@")
        after += rest[len(rest.partition("?")[0]) :]
    elif not at and "@" in rest and ":" in head and not re.fullmatch(r".*:\d{0,5}", head):
        login, _, after = rest.rpartition("@")
    if re.search(r"[@/?#]|\s", login) or _BAD_PERCENT.search(login):
        remarks.append("The password in the URL holds signs that ought to be percent-encoded; some drivers misread it.")
        login = _BAD_PERCENT.sub("%25", login)
    place, _, query = after.partition("?")
    return login, place.partition("#")[0], query.partition("#")[0]


def _host_and_port(text: str) -> tuple[str, str]:
    """Split ``host:5432``, ``[::1]:5432``, ``/run/postgresql`` and ``%2Frun%2Fpostgresql``."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port.removeprefix(":")
    host, colon, port = text.rpartition(":")
    if not colon or "/" in port or ":" in host:
        return unquote(text), ""
    return unquote(host), port


def _target(pairs: Iterable[tuple[str, str]], keywords: frozenset[str], remarks: list[str]) -> Target:
    parameters: dict[str, str] = {}
    schemas: tuple[str, ...] = ()
    for written, value in pairs:
        name = _SAME_AS.get(written, written)
        if name == "sslmode":
            value = _SSL_WORDS.get(value.lower().replace(" ", ""), value.lower())
        if name == "schema":
            schemas = tuple(part.strip().strip('"') for part in value.split(",") if part.strip())
        elif name in keywords and value:
            parameters[name] = value
    secrets = {parameters[name] for name in _SECRET if name in parameters}
    forms = {form for one in secrets for form in (one, quote(one), quote(one, safe=""), quote_plus(one))}
    return Target(parameters, schemas, tuple(sorted(forms)), tuple(remarks))
