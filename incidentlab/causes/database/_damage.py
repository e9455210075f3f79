"""How PostgreSQL says that its own files are damaged, and what only sounds like it."""

import re

from incidentlab.causes._evidence import said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

# xlogrecovery.c and xlog.c: the write-ahead log, or the file that says where it begins, cannot be used.
LOG_DAMAGED = Sign(
    "log-damaged",
    re.compile(
        r"\bcould not locate a valid checkpoint record\b|\bcould not locate required checkpoint record\b"
        r"|\bcould not find redo location\b|\bincorrect checksum in control file\b"
        r"|\bWAL contains references to invalid pages\b"
        r"|\bcontrol file contains invalid\b|\bcould not open file \\?\"[^\"]{0,400}global/pg_control\b"
        r"|\bcould not open directory \\?\"pg_\w{3,20}\\?\": No such file\b"
        r"|\brequested timeline \d{1,10} is not a child\b"
        r"|\bcould not (?:read|open) file \\?\"(?:pg_xact|pg_clog|pg_multixact|global|pg_control)[^\"]{0,200}\""
        r"(?:: No such| at |: read)"
        r"|\bcould not fsync file [^\n]{1,400}: Input/output error\b|\bcould not find the database system\b"
    ),
    (
        "could not locate a valid checkpoint record",
        "could not locate required checkpoint record",
        "could not find redo location",
        "incorrect checksum in control file",
        "WAL contains references to invalid pages",
        "control file contains invalid",
        "global/pg_control",
        "could not open directory ",
        "is not a child",
        "could not read file ",
        "could not open file ",
        "could not fsync file ",
        "could not find the database system",
    ),
    (
        "PANIC:  could not locate a valid checkpoint record",
        "FATAL:  could not locate required checkpoint record",
        "PANIC:  WAL contains references to invalid pages",
        "FATAL:  incorrect checksum in control file",
        'PANIC:  could not open file "global/pg_control": No such file or directory',
        'FATAL:  could not open directory "pg_notify": No such file or directory',
        'DETAIL:  Could not read from file: could not read file "pg_xact/0000": read 0 of 8192',
    ),
)
# bufmgr.c, md.c, tuptoaster's detoast.c, slru.c, nbtree, heapam, checksum.c, amcheck: pages and indexes.
PAGE_DAMAGED = Sign(
    "page-damaged",
    re.compile(
        r"\binvalid page in block \d|\binvalid page header in block \d|\bpage verification failed\b"
        r"|\bmissing chunk number \d{1,10} for toast value\b|\bunexpected chunk number \d"
        r"|\bcould not read blocks? \d{1,12}(?:\.\.\d{1,12})? (?:in|of) (?:file|relation|temporary)\b"
        r"|\bcould not access status of transaction \d|\bcompressed (?:pglz |lz4 )?data is corrupt(?:ed)?\b"
        r"|\bcontains (?:unexpected zero|corrupted) page\b|\bfailed to re-find parent key\b"
        r"|\bcorrupted (?:item|line|page) (?:l|p)"
        r"|\bleft link changed unexpectedly\b|\bcould not find left sibling\b|\bIndexCorrupted\b|\bDataCorrupted\b"
        r"|\bindex \\?\"[^\"]{1,120}\" is corrupted\b|\bfrom before relfrozenxid\b"
        r"|\bcould not open file \\?\"base/\d{1,10}/\d{1,10}[^\"]{0,40}\\?\"[^\n]{0,60}: No such file\b"
        r"|\blacks matching index tuple\b"
        r"|\bapparent wraparound\b|\bInput/output error\b"
    ),
    (
        "invalid page ",
        "page verification failed",
        "missing chunk number ",
        "unexpected chunk number ",
        "could not read block",
        "could not access status of transaction ",
        "is corrupt",
        "contains unexpected zero page",
        "contains corrupted page",
        "failed to re-find parent key",
        "corrupted ",
        "left link changed unexpectedly",
        "could not find left sibling",
        "IndexCorrupted",
        "DataCorrupted",
        "from before relfrozenxid",
        "could not open file ",
        "lacks matching index tuple",
        "apparent wraparound",
        "Input/output error",
    ),
    (
        "ERROR:  invalid page in block 1207 of relation base/16384/24601",
        "WARNING:  page verification failed, calculated checksum 5512 but expected 19040",
        "ERROR:  missing chunk number 0 for toast value 24620 in pg_toast_24601",
        'ERROR:  could not read block 14 in file "base/16384/24601": read only 0 of 8192 bytes',
        'ERROR:  could not read blocks 8..8 in file "base/16384/24601": read only 0 of 8192 bytes',
        "ERROR:  could not access status of transaction 32769",
        'ERROR:  index "tasks_pkey" contains unexpected zero page at block 7',
        "psycopg2.errors.IndexCorrupted: index contains corrupted page",
        'ERROR:  could not open file "base/16384/24601": No such file or directory',
    ),
    frozenset({"XX001", "XX002"}),
)
# mcxt.c: a length that cannot be, most often read from a damaged row.
ODD_LENGTH = Sign(
    "odd-length",
    re.compile(r"\binvalid memory alloc request size \d"),
    ("invalid memory alloc request size ",),
    ("ERROR:  invalid memory alloc request size 18446744073709551613",),
)
# The server's own caution after a crash: nothing of it says that anything was found to be damaged.
_CAUTION = re.compile(
    r"\bpossibly corrupted shared memory\b|\bsome data (?:is|might be) corrupted\b|\binvalid record length at\b"
    r"|\busing previous checkpoint record\b|\bcorrupted statistics file\b"
)
_FULL = "No space left on device"
_OF_THE_SERVER = re.compile(
    r"\b(?:base|global|pg_\w{2,20})/|\brelation\b|\bblock\b|\bpostgres|\bindex\b|\bPANIC\b|\bpg_|\btoast\b"
    r"|\btransaction\b",
    re.IGNORECASE,
)


def caution(event: LogEvent) -> bool:
    """Whether the event only warns of damage that a crash might have done, or is not about the server's files."""
    text = said(event)
    # A page that could not be written is named in the DETAIL: it is not there yet, and no page of it is damaged.
    if _CAUTION.search(text) or _FULL in text or any(_FULL in line for _, line in event.key_lines):
        return True
    return "Input/output error" in text and not _OF_THE_SERVER.search(text)
