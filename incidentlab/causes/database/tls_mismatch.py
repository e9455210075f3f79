"""Client and server disagree about encryption: one demands it, or does not believe the other's certificate."""

import re
from dataclasses import replace

from incidentlab.causes._account import Account, chain, hear, whole
from incidentlab.causes._evidence import cited, from_server, match, shortly_before
from incidentlab.causes._settling import at_work_again
from incidentlab.causes.database._tls import (
    ASYNCPG,
    DISAGREE,
    ENCRYPTED_TOO,
    MANAGED,
    NO_RULE,
    NOT_TRUSTED,
    OF_A_DATABASE,
    OF_ANOTHER_SERVICE,
    WANTS_CLIENTS_OWN,
    key_file,
    only_no_rule,
    server_demands,
)
from incidentlab.causes.database._tls_certificate import Fault, fault, is_echo
from incidentlab.causes.database._tls_mends import mends
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "tls-mismatch"
_TITLE = "Client and server disagree about TLS"
_SIGNS = (NO_RULE, DISAGREE, NOT_TRUSTED)
_ROOT_FILE = re.compile(r"\broot certificate file \\?\"?(?P<path>/[^\s\"\\]{1,300})")
_PROBE = "unsupported frontend protocol 1234.5679"
_LINES_BEFORE = 4
_WANTED = "Whether the server has TLS and demands it: SHOW ssl, and its pg_hba.conf (hostssl, hostnossl)."
_WANTED_OF_IT = "The certificates themselves: openssl s_client -starttls postgres -connect HOST:5432 -showcerts."


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: an encrypted or an unencrypted connection is refused for being so."""
    account = hear(evidence, _SIGNS, lambda event: _something_else(evidence, event))
    if account is None:
        return None
    settled = at_work_again(evidence, account, by_connecting=True)
    if settled:
        why = f"One way to connect was refused, another one worked; {settled.claim[0].lower()}{settled.claim[1:]}."
        return RuledOut(_ID, _TITLE, why, settled.fact)
    if only_no_rule(account) and any(ENCRYPTED_TOO.search(whole(event)) for event in evidence.logs):
        return None  # refused with and without encryption: the access rules know neither host nor user
    if account.events and all(_PROBE in event.text for event in account.events) and not account.hurt:
        return None  # a scanner, or a client that asks again without encryption
    looked = _server_says(evidence)
    confidence = _confidence(evidence, account, looked)
    flaw = None if any(match(event, DISAGREE) for event in account.events) else fault(evidence, account)
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account, flaw),
        evidence=(*_links(account, flaw), *looked),
        mend=mends(evidence, account, flaw),
        missing=() if confidence == "certain" else (_WANTED_OF_IT if flaw else _WANTED,),
    )


def _something_else(evidence: Evidence, event: LogEvent) -> bool:
    """Whether the connection in question is one to another service than the database."""
    text = whole(event)
    if match(event, NO_RULE) or "connection to server at" in text:
        return False
    if OF_ANOTHER_SERVICE.search(text):
        return True
    if match(event, DISAGREE) or _of_the_database(event):
        return False
    around = (*shortly_before(evidence, event, _LINES_BEFORE), *_after(evidence, event))
    near = [one for one in around if OF_A_DATABASE.search(one.text) or OF_ANOTHER_SERVICE.search(one.text)]
    return bool(near) and not any(OF_A_DATABASE.search(one.text) for one in near)


def _of_the_database(event: LogEvent) -> bool:
    return bool(OF_A_DATABASE.search(f"{whole(event)} {' '.join(event.packages)}"))


def _after(evidence: Evidence, event: LogEvent) -> tuple[LogEvent, ...]:
    within = 2 * _LINES_BEFORE
    return tuple(
        one for one in evidence.logs if one.source == event.source and 0 < one.first_line - event.last_line <= within
    )


def _server_says(evidence: Evidence) -> tuple[Link, ...]:
    for database in evidence.databases:
        value = database.settings.get("ssl")
        if value:
            name = f"database {database.database or database.id}"
            return (Link(f"The server's TLS is {value}", database.id, name, quote=f"ssl = {value}",
                         command=database.command),)  # fmt: skip
    return ()


def _confidence(evidence: Evidence, account: Account, looked: tuple[Link, ...]) -> Confidence:
    if all(_PROBE in event.text for event in account.events) and account.events:
        return "possible"  # a scanner, or a proxy that asks twice
    certain = any(match(event, DISAGREE) and _PROBE not in event.text for event in account.events)
    if certain:
        return "certain" if account.hurt or looked or account.facts else "likely"
    if only_no_rule(account):
        managed = any(MANAGED.search(event.text) for event in evidence.logs)
        return "certain" if managed and account.hurt else "likely"
    if not any(_of_the_database(event) for event in (*account.events, *evidence.logs)):
        return "possible"  # nothing says that it is the database's certificate
    own = bool(account.by_client or key_file(account))
    return "certain" if account.hurt and own else "likely"


def _claim(account: Account) -> str:
    key = "Its private key is not accepted"
    return key if key_file(account) else "The connection is refused over its encryption"


def _links(account: Account, flaw: Fault | None) -> tuple[Link, ...]:
    """Return the proof: who found fault with a certificate first, and the server's echo of that after it."""
    echoes = [event for event in account.events if is_echo(event)]
    told = replace(account, events=tuple(event for event in account.events if not is_echo(event)))
    if not flaw or not told.events or all(from_server(event) for event in told.events):
        told, echoes = account, []
    links = chain(told, _claim(account))
    if flaw:
        links = tuple(replace(link, line=flaw.line, quote=flaw.quote) if _hides(link, flaw) else link for link in links)
    return (*links, *(cited(event, "The server is told of the refusal") for event in echoes[:1]))


def _hides(link: Link, flaw: Fault) -> bool:
    # ".NET's NpgsqlException" says that the handshake failed, and the exception beneath it why.
    return link.fact == flaw.event.id and flaw.line != link.line


def _summary(account: Account, flaw: Fault | None) -> str:
    text = account.text
    if only_no_rule(account):
        return "The server has no rule for unencrypted connections from there, and the client came without encryption."
    if ASYNCPG in text:
        return "The URL says sslmode, which asyncpg does not know under that name."
    if key_file(account):
        whose = "The server" if account.by_server else "The client"
        return f"{whose} does not use the private key {key_file(account)}: its owner or its mode is not accepted."
    if WANTS_CLIENTS_OWN in text:
        return "The server demands a certificate of the client's own, and the client shows none that it accepts."
    if server_demands(account):
        return "The server takes encrypted connections only, and the client came without encryption."
    if _root_file(text):
        return f"The client is to check the server's certificate and has no {_root_file(text)} to check it with."
    if flaw:
        return _told(flaw)
    if any(match(event, NOT_TRUSTED) for event in account.events) and not any(
        match(event, DISAGREE) for event in account.events
    ):
        return "A certificate is not believed, or cannot be read."
    return "One side demands an encrypted connection, and the other one does not have it."


def _told(flaw: Fault) -> str:
    known = f" ({flaw.issued_for})" if flaw.issued_for else ""
    asked = f" ({flaw.asked_for})" if flaw.asked_for else ""
    return {
        "expired": "The server's certificate has run out, or is not valid yet by the client's clock.",
        "other-name": f"The server's certificate is for another name{known} than the one that the client connects "
                      f"to{asked}.",
        "no-client-file": f"The client may not read the certificate at {flaw.path}: the folder is another user's.",
        "no-server-file": f"The server cannot load the certificate {flaw.path}.",
        "clients-own": "The server does not accept the certificate that the client shows.",
        "system-roots": "The client believes the authorities of its own system only, and does not find the server's.",
        "untrusted": "The client does not believe the server's certificate: it does not know the authority.",
        "unbelieved": "The client does not believe the server's certificate; why, the log does not say.",
    }[flaw.kind]  # fmt: skip


def _root_file(text: str) -> str:
    found = _ROOT_FILE.search(text)
    return found["path"].rstrip(".") if found else ""


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="Client and server disagree about encryption, or the client does not believe the server's certificate.",
    explanation="""\
The client asks for TLS before anything else is said. Then four things can disagree: the client demands it and the
server has none (the official image does not, without a certificate); the server takes nothing else and the client
does not offer it; the client checks the certificate against an authority or a name that do not fit; a file of keys
is not there or not readable.

Managed servers mostly express the second as an access rule: their `pg_hba.conf` has `hostssl` lines only, so an
unencrypted client reads "no pg_hba.conf entry … no encryption" ("SSL off" before version 14). libpq's default
`prefer` would try both; node-postgres, Go and Java do what they are told.

The same message with "SSL encryption" ("SSL on") at its end is none of this: the encrypted connection came, and no
rule allows this host, user and database. Both messages together mean the same. "SSL SYSCALL error: EOF detected" is
a connection that broke.""",
    shows=(
        'FATAL:  no pg_hba.conf entry for host "10.0.21.17", user "app", database "app", no encryption',
        "server does not support SSL, but SSL was required: an error of libpq",
        "Error: The server does not support SSL connections",
        "SSL error: certificate verify failed",
        "Error: self-signed certificate in certificate chain",
        'root certificate file "/root/.postgresql/root.crt" does not exist: an error of libpq',
        "TypeError: connect() got an unexpected keyword argument 'sslmode'",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SHOW ssl"',
        "openssl s_client -starttls postgres -connect HOST:5432 -showcerts </dev/null",
        'psql -U postgres -c "SELECT type, database, user_name, address, auth_method FROM pg_hba_file_rules"',
    ),
    mend=(
        "The server demands it: `?sslmode=require` (libpq, Go, Prisma), `ssl: true` (node-postgres), "
        "`?ssl=require` (asyncpg).",
        "The server has none: `?sslmode=disable` in a closed network, or give it a certificate and `ssl = on`.",
        "A private key is refused: `chmod 600`, owned by who reads it (`postgres` for the server's).",
        "A certificate has run out: renew it on the side whose it is; the other one needs nothing new.",
        "It is for another name: connect by the one that is in it.",
        "It is not believed: give the client the authority's certificate, or `ca-certificates` for the system's own.",
    ),
    prevent=(
        "Set `sslmode` in the URL of every environment explicitly, `verify-full` wherever there is a network in "
        "between.",
        "Put the authority's certificate into the image, and alert before certificates end.",
    ),
    confidence="""\
- **certain**: a driver says that the two disagree, or a managed server or one with `sslmode=disable` in its
  client's words refuses the unencrypted connection, and the program ends, or the server's setting was read; or one
  side ends over the owner or mode of its private key.
- **likely**: only the message is there.
- **possible**: nothing says that the certificate is the database's, or the server saw an odd request for TLS, which
  may be a scanner's.

Certificates of other services (HTTPS, mail, Redis) are not looked at.""",
    find=find,
    explains=("bad-credentials", "database-not-ready", "host-not-found", "migration-failed", "migrations-not-applied"),
    links=(
        "https://www.postgresql.org/docs/current/libpq-ssl.html",
        "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html",
        "https://node-postgres.com/features/ssl",
    ),
    signs=_SIGNS,
)
