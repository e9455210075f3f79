"""What to do about a certificate: renew it, use its name, let it be read, or give the client its authority."""

import re
import shlex

from incidentlab.causes._account import Account
from incidentlab.causes.database._tls_certificate import Fault
from incidentlab.model.diagnosis import Mend

_NPGSQL = re.compile(r"\bNpgsql\b|\bnpgsql\b")
_NODE = re.compile(r"\bnode_modules\b|\(node:|\bnode:_tls|\bSequelize|\bpg-pool\b|\bTLSSocket\b")
# Where a client is told whom to believe; .NET's and Node's drivers do not know libpq's words.
_ROOT_OF = (
    (_NPGSQL, "SSL Mode=VerifyFull;Root Certificate=/certs/ca.pem in the connection string"),
    (_NODE, "ssl: { ca: fs.readFileSync('/certs/ca.pem') } (node-postgres)"),
)
_ROOT = "?sslmode=verify-full&sslrootcert=/certs/ca.pem (libpq, Go, Java), ssl: {ca: …} (node-postgres)"
_UNCHECKED = (
    (_NPGSQL, "SSL Mode=Require (Npgsql 6 and 7: with Trust Server Certificate=true)"),
    (_NODE, "ssl: { rejectUnauthorized: false }"),
)


def of_a_certificate(account: Account, fault: Fault | None, server: str) -> tuple[Mend, ...]:
    """Return the mends of a certificate's fault; ``server`` is host:port, ``""`` where the log does not say."""
    if fault and fault.kind == "expired":
        return _renew(server)
    if fault and fault.kind == "other-name":
        return _name(fault, server)
    if fault and fault.kind == "no-client-file":
        return (
            Mend("text", f"Let HOME be a folder of the user whom the program runs as, or let PGSSLCERT (sslcert) name "
                         f"a certificate that this user may read; {fault.path} is another user's.",
                 "libpq looks below HOME for a certificate of its own, and stops if it may not look there."),
            Mend("text", "Without one of its own: PGSSLCERT=/nonexistent is enough. A file that is not there is "
                         "passed over."),
        )  # fmt: skip
    if fault and fault.kind == "no-server-file":
        return (
            Mend("text", f"Put the certificate at {fault.path}, owned by postgres, or correct ssl_cert_file, "
                         "ssl_key_file and ssl_ca_file.",
                 "A path without a slash at its beginning counts from the data directory."),
            Mend("text", "Or switch it off, in a closed network only: ssl = off."),
        )  # fmt: skip
    if fault and fault.kind == "clients-own":
        return (
            Mend("text", "Give the client a certificate that the server's ssl_ca_file vouches for and that is still "
                         "valid (sslcert, sslkey).", "The server looked at the client's certificate and refused it."),
            Mend("command", "openssl x509 -noout -subject -issuer -dates -in "
                            '"${PGSSLCERT:-$HOME/.postgresql/postgresql.crt}"',
                 "Shows who issued the client's certificate, and until when it counts."),
        )  # fmt: skip
    if fault and fault.kind == "system-roots":
        return (
            Mend("text", "Let the image install ca-certificates: apt-get install -y ca-certificates, or apk add "
                         "ca-certificates.",
                 "sslrootcert=system believes the image's own list, which slim images do not have."),
            Mend("text", "If the server's authority is a private one: sslrootcert=/certs/ca.pem, with its "
                         "certificate.", "No system's list has it. With system, no weaker sslmode is allowed."),
            _look(server, "-subject -issuer"),
        )  # fmt: skip
    return _authority(account)


def _renew(server: str) -> tuple[Mend, ...]:
    return (
        Mend("text", "Renew the server's certificate (ssl_cert_file, with its ssl_key_file), and let the server read "
                     "it: SELECT pg_reload_conf().",
             "Clients need nothing new, as long as the same authority signs it."),
        _look(server, "-subject -dates"),
        Mend("text", "If its dates are good, a clock is wrong: compare date -u on the client and on the server."),
    )  # fmt: skip


def _name(fault: Fault, server: str) -> tuple[Mend, ...]:
    known = f": {fault.issued_for}" if fault.issued_for else ""
    asked = f" {fault.asked_for}" if fault.asked_for else " the name that clients use"
    return (
        Mend("text", f"Connect by a name that is in the certificate{known}.",
             "An address or an alias of the same server is another name."),
        Mend("text", f"Or issue the server a certificate that has{asked} among its names (subjectAltName)."),
        _look(server, "-ext subjectAltName"),
        Mend("text", "Or check the authority and not the name: sslmode=verify-ca, where the driver has it."),
    )  # fmt: skip


def _look(server: str, what: str) -> Mend:
    ask = "openssl s_client -starttls postgres -connect {} </dev/null | openssl x509 -noout " + what
    if not server:
        return Mend("text", f"See the server's certificate: {ask.format('HOST:5432')}")
    return Mend("command", ask.format(shlex.quote(server)), "Shows the certificate that the server presents.")


def _authority(account: Account) -> tuple[Mend, ...]:
    text = account.text + " ".join(word for event in account.events for word in event.packages)
    own = next((words for stack, words in _ROOT_OF if stack.search(text)), _ROOT)
    unchecked = next((words for stack, words in _UNCHECKED if stack.search(text)), "sslmode=require")
    return (
        Mend("text", f"Give the client the certificate of the server's authority: {own}.",
             "A managed server's provider offers it as a download."),
        Mend("text", "Connect by the name that is in the certificate, not by an address or an alias."),
        Mend("text", f"In a closed network only: {unchecked} encrypts and checks nothing."),
    )  # fmt: skip
