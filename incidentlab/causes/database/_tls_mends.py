"""What to do where client and server disagree about encryption."""

from incidentlab.causes._account import Account
from incidentlab.causes._evidence import match
from incidentlab.causes.database._tls import ASYNCPG, NOT_TRUSTED, only_no_rule
from incidentlab.model.diagnosis import Mend


def mends(account: Account) -> tuple[Mend, ...]:
    text = account.text
    if ASYNCPG in text:
        return (Mend("text", "Write ?ssl=require in the URL instead of ?sslmode=require, or pass "
                             "connect_args={'ssl': …}.",
                     "sslmode is libpq's word; asyncpg's is ssl."),)  # fmt: skip
    if only_no_rule(account):
        return (
            Mend("text", "Let the client encrypt: ?sslmode=require in the URL (libpq, Go, Prisma), ssl: true "
                         "(node-postgres), "
                 "?ssl=require (asyncpg), server_tls_sslmode = require (PgBouncer).", "Managed servers take "
                                                                                      "nothing else."),
            Mend("command", 'psql "$DATABASE_URL?sslmode=require" -c "SELECT ssl, version FROM pg_stat_ssl WHERE pid = '
                 'pg_backend_pid()"', "Shows whether that was it."),
            Mend("text", "If that is refused too, the server's pg_hba.conf has no rule for this host, user and "
                         "database."),
        )  # fmt: skip
    if any(match(event, NOT_TRUSTED) for event in account.events):
        return (
            Mend("text", "Give the client the certificate of the server's authority: "
                         "?sslmode=verify-full&sslrootcert=/certs/ca.pem "
                 "(libpq), ssl: {ca: …} (node-postgres).", "The provider offers it as a download."),
            Mend("text", "Connect by the name that is in the certificate, not by an address or an alias."),
            Mend("text", "In a closed network only: sslmode=require encrypts and checks nothing."),
        )  # fmt: skip
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
