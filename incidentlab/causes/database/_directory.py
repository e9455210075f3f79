"""How PostgreSQL, initdb and the official image say that a data directory is not theirs."""

import re
from typing import NamedTuple

from incidentlab.causes._account import Account
from incidentlab.causes._evidence import match
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

# PostgreSQL's miscinit.c and xlog.c (another major version, another build, another C library's locales).
OTHER_VERSION = Sign(
    "other-version",
    re.compile(
        r"\bdatabase files are incompatible with server\b|\bdata directory was initialized by PostgreSQL version\b"
        r"|\bdatabase cluster was initialized with(?:out)? [A-Z_0-9]{4,30}\b|\bdatabase locale is incompatible\b"
    ),
    (
        "database files are incompatible with server",
        "data directory was initialized by PostgreSQL version",
        "database cluster was initialized with",
        "database locale is incompatible",
    ),
    (
        "FATAL:  database files are incompatible with server",
        "DETAIL:  The data directory was initialized by PostgreSQL version 12, which is not compatible with "
        "this version 15.3",
        "DETAIL:  The database cluster was initialized with PG_CONTROL_VERSION 1201, but the server was "
        "compiled with 1300.",
        "FATAL:  database locale is incompatible with operating system",
    ),
)
# The official image's docker-ensure-initdb.sh from version 18 on; the engine's word for the same mount.
MOVED_VOLUME = Sign(
    "moved-volume",
    re.compile(
        r"\bin 18\+, these Docker images are configured to store database data\b|\bunused mount/volume\b"
        r"|\bplace a single mount at /var/lib/postgresql\b|\bthere appears to be PostgreSQL data in:"
        r"|^ {2,40}/var/lib/postgresql(?:/[\w.\-]{1,40}){0,3}\s{0,8}$"
    ),
    (
        "in 18+, these Docker images are configured to store database data",
        "unused mount/volume",
        "place a single mount at /var/lib/postgresql",
        "there appears to be PostgreSQL data in:",
        "  /var/lib/postgresql",
    ),
    (
        "Error: in 18+, these Docker images are configured to store database data in a",
        "       Counter to that, there appears to be PostgreSQL data in:",
        "         /var/lib/postgresql/data (unused mount/volume)",
        "         /var/lib/postgresql",
    ),
)
# initdb.c, checkDataDir of miscinit.c, and the entrypoint's chown and chmod on a volume of another owner.
NOT_USABLE = Sign(
    "not-usable",
    re.compile(
        r"\bdirectory \\?\"[^\"]{1,400}\" exists but is not empty\b|\bis not a valid data directory\b"
        r"|\bdata directory \\?\"[^\"]{1,400}\" has (?:invalid permissions|wrong ownership|group or world access)\b"
        # The image tries the same with its folder for sockets and goes on without it, as a pod without root shows.
        r"|\bch(?:own|mod): (?:changing (?:ownership|permissions) of )?.?(?!(?:/var)?/(?:run|log|etc|tmp|usr)/)"
        r"/[^\n]{0,200}?(?:postgres|pgdata)"
        r"[^\n]{0,200}?: "
        r"(?:Operation not permitted|Permission denied|Read-only file system)"
        r"|\bcould not change permissions of directory \\?\"[^\"]{1,400}\": (?:Operation not|Permission denied)"
        r"|\bcould not (?:create|access) directory \\?\"(?!(?:/var)?/(?:run|log|etc|tmp|usr)/)"
        r"[^\"]{0,200}(?:postgres|pgdata)[^\"]{0,200}\": "
        r"(?:Permission denied|Operation not)"
        r"|\bdata directory \\?\"[^\"]{1,400}\" does not exist\b"
    ),
    (
        "exists but is not empty",
        "is not a valid data directory",
        "has invalid permissions",
        "has wrong ownership",
        "has group or world access",
        "chown: ",
        "chmod: ",
        "could not change permissions of directory",
        "could not create directory",
        "could not access directory",
        "data directory ",
    ),
    (
        'initdb: error: directory "/var/lib/postgresql/data" exists but is not empty',
        'FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership',
        'FATAL:  data directory "/var/lib/postgresql/data" has invalid permissions',
        'FATAL:  "/var/lib/postgresql/data" is not a valid data directory',
        "chmod: changing permissions of '/var/lib/postgresql/data': Operation not permitted",
        "chown: changing ownership of '/var/lib/postgresql/data/pgdata': Permission denied",
        "chmod: /var/lib/postgresql/data: Operation not permitted",
        'initdb: error: could not change permissions of directory "/var/lib/postgresql/data": Operation not permitted',
        'initdb: error: could not create directory "/var/lib/postgresql/data/pg_wal": Permission denied',
    ),
)
OLD_PATH = "/var/lib/postgresql/data"
_VERSIONS = re.compile(
    r"\binitialized by PostgreSQL version (?P<old>[\d.]{1,12}),? "
    r"which is not compatible with this version (?P<new>[\d.]{1,12})"
)
# In every language the message names the product, then the version that made the files, then the server's own; what
# belongs to another build ("CATALOG_VERSION_NO 202209061") does not name it.
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.\-])\d{1,2}(?:\.\d{1,2}){0,2}(?![A-Za-z0-9_\-]|\.\d)")
_DETAIL_ROWS = 3  # some translators break it
# A database's own place among what version 18 and later will not use; an empty mount is marked as unused.
_FILES_AT = re.compile(r"^ {2,40}(?P<path>/var/lib/postgresql(?:/[\w.\-]{1,40}){0,3})\s{0,8}$")


class Versions(NamedTuple):
    """The major version that made a data directory, and the server that refuses it."""

    old: str
    new: str


def versions(account: Account) -> Versions | None:
    """Return both versions that the server names, in whatever language it does."""
    found = _VERSIONS.search(account.text)
    if found:
        return Versions(found["old"].rstrip("."), found["new"].rstrip("."))
    for event in account.events:
        if event.english and match(event, OTHER_VERSION):
            detail = " ".join(text for _, text in event.key_lines[1 : 1 + _DETAIL_ROWS])
            numbers = _NUMBER.findall(detail) if "PostgreSQL" in detail else []
            if len(numbers) > 1:
                return Versions(numbers[0], numbers[1])
    return None


def files_at(account: Account) -> tuple[LogEvent, str] | None:
    """Return the line by which the image names where it found an older database's files, and that place."""
    for event in account.events:
        found = _FILES_AT.search(event.text)
        if found:
            return event, found["path"]
    return None
