"""What to do where memory has run out."""

from incidentlab.causes._account import Account
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import ContainerFacts

SHARED_SEGMENT = "could not resize shared memory segment"
LOCK_TABLE = "out of shared memory"
FIRST_SEGMENT = "could not map anonymous shared memory"


def mends(account: Account, victim: ContainerFacts | None) -> tuple[Mend, ...]:
    text = account.text
    if SHARED_SEGMENT in text:
        return (
            Mend("text", "In compose.yaml give the database shm_size: 256m (docker run --shm-size=256m), and "
                         "make it again.",
                 "Docker's /dev/shm has 64 MB; parallel workers exchange their rows through it."),
            Mend("command", "psql -c 'ALTER SYSTEM SET max_parallel_workers_per_gather = 0' -c 'SELECT "
                            "pg_reload_conf()'",
                 "Helps at once, and makes large queries slower."),
        )  # fmt: skip
    if LOCK_TABLE in text:
        return (
            Mend("command", "psql -c 'ALTER SYSTEM SET max_locks_per_transaction = 256'", "Counts after a restart."),
            Mend("text", "Or touch fewer tables (partitions) in one transaction."),
        )
    if FIRST_SEGMENT in text:
        # sysv_shmem.c: the server asks for all of its shared memory at its start, shared_buffers above all.
        return (
            Mend("text", "Lower shared_buffers (postgresql.conf, or -c shared_buffers=… in the start command): a "
                         "quarter of the memory is usual, 128MB the default.",
                 "The server asks for all of it at its start, and does not start without."),
        )  # fmt: skip
    name = victim.name if victim else "app"
    return (
        Mend("command", f"docker stats --no-stream {name}", "Shows the memory in use against the limit."),
        Mend("text", "Use less: fewer workers, smaller batches, rows streamed and not loaded at once.",
             "Each worker process has its own copy of the program."),
        Mend("text", "Or give more: raise the container's memory limit (mem_limit, resources.limits.memory)."),
    )  # fmt: skip
