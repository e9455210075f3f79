"""What to do where client and server disagree about encryption."""

import shlex

from incidentlab.causes._account import Account
from incidentlab.causes._evidence import match
from incidentlab.causes.database._tls import (
    ASYNCPG,
    NOT_TRUSTED,
    WANTS_CLIENTS_OWN,
    key_file,
    only_no_rule,
    server_demands,
)
from incidentlab.causes.database._tls_certificate import Fault, address
from incidentlab.causes.database._tls_certificate_mends import of_a_certificate
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence


def mends(evidence: Evidence, account: Account, fault: Fault | None) -> tuple[Mend, ...]:
    """Return what to do, by which side wants what, or by what is wrong with whose certificate."""
    text = account.text
    if ASYNCPG in text:
        return (Mend("text", "Write ?ssl=require in the URL instead of ?sslmode=require, or pass "
                             "connect_args={'ssl': …}.",
                     "sslmode is libpq's word; asyncpg's is ssl."),)  # fmt: skip
    if key_file(account):
        return _of_a_key(key_file(account), servers=account.by_server is not None)
    if WANTS_CLIENTS_OWN in text:
        return (Mend("text", "Give the client a certificate of its own that the server's ssl_ca_file vouches for: "
                             "&sslcert=/certs/client.crt&sslkey=/certs/client.key (libpq), ssl: {cert: …, key: …} "
                             "(node-postgres).", "The rule in pg_hba.conf says clientcert."),)  # fmt: skip
    if server_demands(account):
        return (
            _encrypt(),
            Mend("command", 'psql "$DATABASE_URL?sslmode=require" -c "SELECT ssl, version FROM pg_stat_ssl WHERE pid = '
                 'pg_backend_pid()"', "Shows whether that was it."),
        )  # fmt: skip
    if only_no_rule(account):
        return (
            _encrypt(),
            Mend("command", 'psql "$DATABASE_URL?sslmode=require" -c "SELECT ssl, version FROM pg_stat_ssl WHERE pid = '
                 'pg_backend_pid()"', "Shows whether that was it."),
            Mend("text", "If that is refused too, the server's pg_hba.conf has no rule for this host, user and "
                         "database."),
        )  # fmt: skip
    if any(match(event, NOT_TRUSTED) for event in account.events):
        return of_a_certificate(account, fault, address(evidence, account))
    return (
        Mend(
            "text",
            "If the server has no TLS, as in the official image: ?sslmode=disable in the URL, in a closed network.",
        ),
        Mend(
            "text", "Otherwise switch it on: ssl = on with ssl_cert_file and ssl_key_file (owner postgres, mode 0600)."
        ),
        Mend("command", 'psql "$DATABASE_URL" -c "SHOW ssl"', "Shows what the server has."),
    )


def _encrypt() -> Mend:
    return Mend(
        "text",
        "Let the client encrypt: ?sslmode=require in the URL (libpq, Go, Prisma), SSL Mode=Require (Npgsql), "
        "ssl: true (node-postgres), ?ssl=require (asyncpg), server_tls_sslmode = require (PgBouncer).",
        "Managed servers take nothing else.",
    )


def _of_a_key(path: str, *, servers: bool) -> tuple[Mend, ...]:
    """Return how to make a private key acceptable to the side that owns it."""
    user = "postgres" if servers else "$(id -un)"
    why = "Where the server runs, in its container: only its own user may read the key." if servers else (
        "Where the client runs: only the user of the program may read the key.")  # fmt: skip
    name = shlex.quote(path)
    return (
        Mend("command", f"chown {user} {name} && chmod 600 {name}", why),
        Mend("text", "A bind mount keeps owner and mode of the host's file: change them there, or copy the key into "
                     "the image. A Kubernetes secret takes defaultMode: 0600, or 0640 with fsGroup."),
    )  # fmt: skip
