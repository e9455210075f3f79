"""A server that knows no such user, or does not accept what the user shows."""

import re
from collections.abc import Sequence
from typing import Literal

from incidentlab.causes._evidence import from_server, said, shows
from incidentlab.causes._other_products import names_postgres, of_another_product
from incidentlab.causes.startup._placeholder import unfilled
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import Evidence, LogEvent

Reason = Literal["no role", "no password", "expired", "wrong password"]

# PostgreSQL's auth.c ("… authentication failed for user"), its postinit.c ("role … does not exist"), libpq's fe-auth.c
# ("no password supplied"), pgjdbc, Npgsql, Prisma's P1000 and P1010 (28000), pgbouncer, Supavisor.
REFUSED_LOGIN = Sign(
    name="login-refused",
    pattern=re.compile(
        r"authentication failed for user|no password supplied|Authentication failed against database server"
        r"|based authentication, but (?:no password was provided|the password is an empty string)"
        r"|No password has been provided but the backend requires one|provided database credentials for"
        r"|\bP1010\b|was denied access on the database|no such user: |Tenant or user not found"
        r"|client password must be a non-empty string|FATAL: {1,2}SASL authentication failed|is not permitted to log in"
        r"|empty password returned by client|pooler error: (?:password )?authentication failed"
        r"|closing because: (?:password )?authentication failed \("
    ),
    literals=(
        "authentication failed for user", "no password supplied", "Authentication failed against database server",
        "based authentication, but ", "No password has been provided", "provided database credentials", "P1010",
        "was denied access on the database", "no such user: ", "Tenant or user not found",
        "must be a non-empty string", "SASL authentication failed", "is not permitted to log in",
        "empty password returned by client", "pooler error: ", "authentication failed (",
    ),
    examples=(
        'FATAL:  password authentication failed for user "app"',
        'FATAL:  Peer authentication failed for user "postgres"',
        'FATAL:  Ident authentication failed for user "postgres"',
        'connection to server at "db" (172.18.0.2), port 5432 failed: fe_sendauth: no password supplied',
        "The server requested SCRAM-based authentication, but no password was provided.",
        "Npgsql.NpgsqlException: No password has been provided but the backend requires one (in SASL/SCRAM-SHA-256)",
        "Error: P1000: Authentication failed against database server at `db`, the provided database credentials for "
        "`app` are not valid.",
        "P1010: User `app` was denied access on the database `app`",
        "FATAL: no such user: app",
        "WARNING C-0x55: shop/app@10.0.3.14:41022 pooler error: password authentication failed",
        "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string",
    ),
    sqlstates=frozenset({"28P01"}),
)  # fmt: skip
NO_ROLE = Sign(
    name="role-missing",
    pattern=re.compile(r"role \\{0,3}[\"“«] ?(?P<role>[^\"”»\\]{0,200}?) ?\\{0,3}[\"”»] does not exist"),
    literals=("does not exist",),
    examples=(
        'FATAL:  role "root" does not exist',
        'server error (FATAL: role \\"lookout\\" does not exist (SQLSTATE 28000))',
        'asyncpg.exceptions.InvalidAuthorizationSpecificationError: role "app" does not exist',
    ),
)
SIGNS = (REFUSED_LOGIN, NO_ROLE)

# What the server alone says, beneath the refusal that its client sees too (crypt.c and auth.c).
_REASONS: dict[Reason, re.Pattern[str]] = {
    "no role": re.compile(r"\bRole \\?[\"“][^\"”]{0,200}[\"”] does not exist\b", re.IGNORECASE),
    "no password": re.compile(r"\bUser \\?[\"“][^\"”]{0,200}[\"”] has no password assigned\b"),
    "expired": re.compile(r"\bUser \\?[\"“][^\"”]{0,200}[\"”] has an expired password\b"),
    "wrong password": re.compile(r"\bPassword does not match for user \\?[\"“]"),
}
_USER = re.compile(r"(?:for user|credentials for|User|no such user:|role) \\{0,3}[\"`'“]?(?P<user>[^\"`'”\\\s]{0,200})")
# auth.c's own spelling, of the methods that clients tell of. Other servers write the words larger, or the user bare.
_OWN_WORDS = re.compile(r"(?<!\w)(?:password|Peer|Ident|GSSAPI|certificate) authentication failed for user\b")
_QUOTED = re.compile(_OWN_WORDS.pattern + r" \\{0,3}[\"“«]")
_FOR_USER = "authentication failed for user"
# As an ERROR it is a statement that names a role (GRANT, OWNER TO), not a login.
_STATEMENT = re.compile(r"\bERROR:|\bNOTICE:|\b42704\b")


def refused_logins(evidence: Evidence) -> tuple[LogEvent, ...]:
    """Return the events in which a login was refused, by the server's or a client's word, in the logs' order."""
    return tuple(event for event in evidence.logs if is_refused_login(event))


def is_refused_login(event: LogEvent) -> bool:
    """Whether an event says that a login was refused, and by PostgreSQL."""
    if shows(event, REFUSED_LOGIN):
        return not (unfilled(user_in(event) or "postgres") or _elsewhere(event))
    if not shows(event, NO_ROLE) or event.sql or _elsewhere(event):
        return False
    text = said(event)
    return ("FATAL" in text or not _STATEMENT.search(text)) and not unfilled(user_in(event) or "postgres")


def _elsewhere(event: LogEvent) -> bool:
    """Whether another program refused the login: it is named, or words it as nothing of PostgreSQL does."""
    text = said(event)
    if _QUOTED.search(text):
        return False
    if _FOR_USER in text and not _OWN_WORDS.search(text):
        return not names_postgres(event)
    return of_another_product(event)


def is_missing_role(event: LogEvent) -> bool:
    """Whether the refusal is, in so many words, that the role is not there; nobody was asked for a password."""
    return shows(event, NO_ROLE) and not shows(event, REFUSED_LOGIN)


def reason(events: Sequence[LogEvent], user: str) -> tuple[Reason, LogEvent, tuple[int, str]] | None:
    """Return why the server refused a user, the event, and the line in which its own log says so.

    A client is never told: whoever guesses names must not learn which of them exist.
    """
    for event in events:
        if not from_server(event) or user not in ("", user_in(event)):
            continue
        told = [(line, text, text) for line, text in event.key_lines[1:]]
        told += [(line, event.english, text) for line, text in event.key_lines[1:2] if event.english]
        for line, text, shown in told:
            found = next((name for name, pattern in _REASONS.items() if pattern.search(text)), None)
            if found:
                return found, event, (line, shown.strip())
    return None


def user_in(event: LogEvent) -> str | None:
    """Return the user whose login was refused, where the message has it."""
    return user_named(said(event))


def user_named(text: str) -> str | None:
    """Return the user whose login was refused, by a refusal's words."""
    found = _USER.search(text)
    return found["user"] if found else None


def heard_on_both_sides(events: tuple[LogEvent, ...]) -> bool:
    """Whether the server and a client both tell of it."""
    return any(from_server(event) for event in events) and not all(from_server(event) for event in events)
