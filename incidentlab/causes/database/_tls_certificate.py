"""What is wrong with a certificate, and whose it is: each fault has its own mend, and most are not the authority's.

Words of OpenSSL's and Go's verification, Node, Java, .NET and rustls; of libpq's and the server's files.
"""

import re
from dataclasses import dataclass
from typing import Literal

from incidentlab.causes._account import Account, whole
from incidentlab.causes._evidence import from_server
from incidentlab.model.evidence import Evidence, LogEvent

Kind = Literal[
    "expired", "other-name", "no-client-file", "no-server-file", "system-roots", "clients-own", "untrusted",
    "unbelieved",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: who tells it, the line and number where it stands, and the names in it (``""`` where none is)."""

    kind: Kind
    event: LogEvent
    line: int
    quote: str
    issued_for: str = ""
    asked_for: str = ""
    path: str = ""


_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("clients-own", re.compile(r"\bClient certificate verification failed\b")),
    ("no-server-file", re.compile(
        r"\bcould not load (?:server|root) certificate file \\?\"(?P<path>[^\"\\]{1,400})")),
    # libpq looks for it unasked, and complains of all but a file that is not there (fe-secure-openssl.c).
    ("no-client-file", re.compile(
        r"\bcould not (?:open|read) certificate file \\?\"(?P<path>[^\"\\]{1,400})\\?\": Permission denied")),
    ("other-name", re.compile(
        r"\bserver certificate for \\?\"(?P<issued_for>[^\"\\]{1,255})\\?\" (?:\(and \d{1,4} other names?\) )?"
        r"does not match host name \\?\"(?P<asked_for>[^\"\\]{1,255})"
        r"|\bx509: certificate is valid for (?P<valid_for>[^\n\"]{1,300}?), not (?P<asked>[\w.\-:]{1,255})"
        r"|\bx509: cannot validate certificate for (?P<address>[\w.\-:]{1,255}) because"
        r"|\bERR_TLS_CERT_ALTNAME_INVALID\b|\bdoes not match certificate's altnames\b"
        r"|\bRemoteCertificateNameMismatch\b|\bNotValidForName\b|\b(?:Hostname|IP address) mismatch\b"
        r"|\bcould not be verified by hostnameverifier\b")),
    ("expired", re.compile(
        r"\bcertificate has expired\b|\bCERT_HAS_EXPIRED\b|\bcertificate expired\b|\bCertificate Expired\b"
        r"|\bCertificateExpiredException\b|\bNotTimeValid\b|\binvalid peer certificate: Expired\b")),
    ("untrusted", re.compile(
        r"\bUntrustedRoot\b|\bPartialChain\b|\bUnknownIssuer\b|\bself[- ]signed certificate\b|\bunknown authority\b"
        r"|\bunable to (?:verify the first|get local issuer) certificate\b|\bPKIX path building failed\b")),
    ("unbelieved", re.compile(r"\bcertificate verify failed\b")),  # libpq's word; why, it does not say
)  # fmt: skip
# An alert is what the other side thought of the certificate it was shown: a client that reads one has shown its own.
_ALERT = re.compile(r"\balert (?:bad certificate|unknown ca|certificate (?:expired|unknown|required))\b")
_A_KEY = re.compile(r"\bprivate key file\b")  # has mends of its own
_SYSTEM_ROOTS = re.compile(r"\b(?:sslrootcert|PGSSLROOTCERT)[='\": ]{1,4}system\b")
_ADDRESS = re.compile(
    r"\bserver at \\?\"(?P<host>[\w.\-]{1,255})\\?\"(?: \([\w.:]{1,64}\))?, port (?P<port>\d{2,5})"
    r"|\btcp://(?P<net>[\w.\-]{1,255}):(?P<nets>\d{2,5})|\bjdbc:postgresql://(?P<java>[\w.\-]{1,255}):(?P<javas>\d{2,5})"
    r"|\b(?P<pgx>[\w.\-]{1,255}):(?P<pgxs>\d{2,5}) \([\w.\-]{1,255}\)"
    r"|\bhost=(?P<go>[\w.\-]{1,255})"
)


def fault(evidence: Evidence, account: Account) -> Fault | None:
    """Return what is wrong with a certificate; who looked at it is a better witness than the alert that was sent."""
    told = sorted((event for event in account.events if not _A_KEY.search(event.text)), key=from_server)
    for kind, pattern in _KINDS:
        for event in told:
            found = pattern.search(whole(event))
            if found:
                return _fault(evidence, kind, event, found)
    shown = next((event for event in told if not from_server(event) and _ALERT.search(whole(event))), None)
    return Fault("clients-own", shown, *_place(shown, "alert")) if shown else None


def _fault(evidence: Evidence, kind: Kind, event: LogEvent, found: re.Match[str]) -> Fault:
    names = found.groupdict()
    alerted = bool(_ALERT.search(whole(event)))
    if kind in ("expired", "untrusted", "unbelieved") and from_server(event) != alerted:
        kind = "clients-own"  # the server looked at it, or the client was told of that
    if kind in ("untrusted", "unbelieved") and any(_SYSTEM_ROOTS.search(one.text) for one in evidence.logs):
        kind = "system-roots"
    return Fault(
        kind,
        event,
        *_place(event, found[0].partition("\n")[0]),
        issued_for=names.get("issued_for") or names.get("valid_for") or "",
        asked_for=names.get("asked_for") or names.get("asked") or names.get("address") or "",
        path=names.get("path") or "",
    )


def _place(event: LogEvent, words: str) -> tuple[int, str]:
    """Return the line of an event in which some words stand: beneath a record or in it."""
    if words not in event.text:
        for number, text in event.key_lines:
            if words in text:
                return number, text.strip()
    return event.first_line, event.text.strip()


def is_echo(event: LogEvent) -> bool:
    """Whether the server only repeats the alert that its client sent."""
    return from_server(event) and bool(_ALERT.search(event.text))


def address(evidence: Evidence, account: Account) -> str:
    """Return host and port of the server as the log names them; ``""`` where it does not."""
    near = "\n".join(event.text for event in evidence.logs[:200])
    found = _ADDRESS.search(account.text) or _ADDRESS.search(near)
    if not found:
        return ""
    host = found["host"] or found["net"] or found["java"] or found["pgx"] or found["go"]
    return f"{host}:{found['port'] or found['nets'] or found['javas'] or found['pgxs'] or '5432'}"
