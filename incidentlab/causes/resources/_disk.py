"""How programs say that a disk is full, and what only looks like it."""

import re

from incidentlab.causes._evidence import said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

# strerror(ENOSPC) and strerror(EDQUOT) as C programs, Python, Node, Go, Docker and Windows have them; PostgreSQL's md.c
# and buffile.c where a write came out short; the kubelet's eviction.
NO_SPACE = Sign(
    "no-space",
    re.compile(
        r"\b[Nn]o space left on device\b|\bENOSPC\b|\b[Dd]isk quota exceeded\b"
        r"|\bThere is not enough space on the disk\b"
        r"|\bcould not (?:extend|write to) file \\?\"[^\"]{1,400}\": wrote only \d|\bCheck free disk space\b"
        r"|\blow on resource: ephemeral-storage\b|\b[Dd]atabase or disk is full\b|\bDiskFull\b"
    ),
    (
        "No space left on device",
        "no space left on device",
        "ENOSPC",
        "isk quota exceeded",
        "There is not enough space on the disk",
        ": wrote only ",
        "Check free disk space",
        "low on resource: ephemeral-storage",
        "atabase or disk is full",
        "DiskFull",
    ),
    (
        'FATAL:  could not write lock file "postmaster.pid": No space left on device',
        'ERROR:  could not extend file "base/16384/24601": No space left on device',
        'ERROR:  could not extend file "base/16384/24601": wrote only 4096 of 8192 bytes at block 1207',
        'PANIC:  could not write to file "pg_wal/xlogtemp.41": No space left on device',
        "OSError: [Errno 28] No space left on device: '/data/upload.bin'",
        "OSError: [Errno 122] Disk quota exceeded",
        "Error: ENOSPC: no space left on device, write",
        "failed to register layer: write /usr/lib/libLLVM.so: no space left on device",
        "The node was low on resource: ephemeral-storage. Threshold quantity: 5Gi, available: 1Gi.",
        "PG::DiskFull: ERROR:  could not extend file",
    ),
    frozenset({"53100"}),
)
# ENOSPC is also what the system says where another table of its own is full: the memory behind /dev/shm, watches of
# files, semaphores. PostgreSQL's sysv_sema.c and sysv_shmem.c add that it does *not* mean the disk.
_ANOTHER_SPACE = re.compile(
    r"\bshared memory segment\b|\b/dev/shm\b|\binotify\b|\bfile watchers\b|\bFailed to watch\b"
    r"|\bcould not create semaphores\b"
    r"|\bsemget\b|\bshmget\b|\*does not\* mean|does \*not\* mean|\bno space left on device.{0,40}\bcgroup\b"
    r"|\bcgroup.{0,200}\bno space left on device\b",
    re.IGNORECASE,
)


def another_space(event: LogEvent) -> bool:
    """Whether the space that is used up is not that of a disk."""
    return bool(_ANOTHER_SPACE.search(said(event)))
