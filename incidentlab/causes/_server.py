"""What the database server said about its own start."""

import re

from incidentlab.model.evidence import Evidence, LogEvent

_READY = re.compile(r"\bdatabase system is ready to accept (?:read[- ]only )?connections\b")
_GOING = re.compile(r"\breceived (?:fast|smart|immediate) shutdown request\b|\bdatabase system is shut down\b")
# Messages after which the server is not there, and waiting does not help. From PostgreSQL's postmaster, initdb and the
# entrypoint of its container image. These are causes of their own, and a refused connection belongs beneath them.
_NEVER = re.compile(
    r"\bdatabase files are incompatible with server\b|\bsuperuser password is not specified\b"
    r"|\bcould not (?:locate a valid checkpoint record|locate required checkpoint record)\b|\bNo space left on device\b"
    r"|\bcould not map anonymous shared memory\b"
    r"|\baborting startup due to startup process failure\b|\bcould not create any TCP/IP sockets\b"
    r"|\bprivate key file \"[^\"]{1,400}\" (?:has group|must be)|\bcould not load server certificate file\b"
    r"|\bdata directory \"[^\"]{1,400}\" has (?:invalid permissions|wrong ownership)\b"
    r"|\bis not a valid data directory\b"
    r"|\bin 18\+, these Docker images are configured to store database data\b|\bbad interpreter\b|\bPANIC:  "
)
# No cause of the catalogue: the server's own words say best what is wrong.
_NEVER_FOR_ITSELF = re.compile(
    r"\bcould not create (?:lock file|shared memory segment)\b|\block file \"[^\"]{1,200}\" already exists\b"
    r"|\bunrecognized configuration parameter\b|\bconfiguration file \"[^\"]{1,400}\" contains errors\b"
    r"|\bcould not access (?:directory|the server configuration file)\b|\binitdb: error\b"
    # Settings that contradict each other end the postmaster without another word.
    r"|\bWAL streaming \(max_wal_senders > 0\) requires\b|\bWAL archival cannot be enabled\b"
)
_SHUT_DOWN = re.compile(r"\bdatabase system is shut down\b")
_OF_A_SESSION = re.compile(
    r"\bterminating connection\b|\bthe database system is\b|\bauthentication failed\b"
    r"|\b(?:role|database) \\?\"[^\"]{0,200}\" does not exist\b"
)
# Whoever sends this is no program that means to use the database: a port scanner, a browser, a load balancer's probe
# (ProcessStartupPacket of PostgreSQL's backend_startup.c). 1234.5680 asks for GSSAPI; old servers do not know it.
_STRANGER = re.compile(
    r"\b(?:no PostgreSQL user name specified in startup packet|invalid length of startup packet"
    r"|invalid startup packet layout|incomplete startup packet|unsupported frontend protocol (?!3\.)\d{1,5}\.\d{1,5}\b)"
)
# The server writes its pages at their time: it runs. The last checkpoint before its end is called otherwise.
_ROUTINE = re.compile(r"\bcheckpoint starting: (?:time|wal|xlog)\b")
_STARTS = re.compile(
    r"\bstarting PostgreSQL \d|\bdatabase system was (?:interrupted|shut down)\b|\bterminated by signal \d"
)


def _words(event: LogEvent) -> str:
    # A server may speak another language.
    return f"{event.text}\n{event.english}" if event.english else event.text


def ready(event: LogEvent) -> bool:
    """Whether the server says that it accepts connections."""
    return bool(_READY.search(_words(event)))


def stopping(event: LogEvent) -> bool:
    """Whether the server says that it was told to stop, or has."""
    return bool(_GOING.search(_words(event)))


def readiness(evidence: Evidence) -> LogEvent | None:
    """Return the server's last word that it is ready, unless it went down again afterwards.

    A new data directory is filled by a temporary server, which says the same, listens on no network, and is shut down.
    """
    last = None
    for event in evidence.logs:
        if ready(event):
            last = event
        elif _GOING.search(_words(event)):
            last = None
    return last


def at_work(evidence: Evidence) -> LogEvent | None:
    """Return the server's last word of its routine, unless it ended or was started again afterwards."""
    last = None
    for event in evidence.logs:
        if _ROUTINE.search(event.text):
            last = event
        elif stopping(event) or _STARTS.search(event.text):
            last = None
    return last


def by_stranger(event: LogEvent) -> bool:
    """Whether the server turned somebody away who does not speak its language."""
    return bool(_STRANGER.search(event.text))


def cannot_start(evidence: Evidence) -> LogEvent | None:
    """Return the server's word that it cannot start at all, where it did not get ready afterwards.

    Whatever its reason: the postmaster's own FATAL, after which it is shut down without having been told to.
    """
    failed = last_word = told = None
    for event in evidence.logs:
        text = _words(event)
        if _NEVER.search(text) or _NEVER_FOR_ITSELF.search(text):
            failed = event
        elif ready(event):
            failed = told = None
        elif _SHUT_DOWN.search(text):
            failed = last_word if last_word and not told and _ends_the_server(last_word, event) else failed
            told = None
        elif _GOING.search(text):
            told = event
        if event.from_server:
            last_word = event
    return failed


def _ends_the_server(fatal: LogEvent, end: LogEvent) -> bool:
    """Whether a FATAL right before the server's end is what ended it, and not one of its sessions."""
    same = (fatal.source, fatal.service) == (end.source, end.service) and fatal.severity == "fatal"
    return same and not _OF_A_SESSION.search(_words(fatal))


def has_own_cause(event: LogEvent) -> bool:
    """Whether the catalogue has a cause for why the server cannot start."""
    return bool(_NEVER.search(_words(event)))
