"""What to do where memory has run out."""

import re

from incidentlab.causes._account import Account
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import ContainerFacts, Evidence

SHARED_SEGMENT = "could not resize shared memory segment"
LOCK_TABLE = "out of shared memory"
FIRST_SEGMENT = "could not map anonymous shared memory"


# Runtimes that keep to a limit of their own within the container's: where it is set, and what it is by default.
_HEAPS = (
    (re.compile(r"\bOutOfMemoryError: Metaspace\b"), "JAVA_TOOL_OPTIONS=-XX:MaxMetaspaceSize=512m",
     "Classes lie outside of the heap, and a limit was set for them."),
    (re.compile(r"\bjava\.lang\.OutOfMemoryError\b"), "JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75 (or -Xmx1g)",
     "Left alone, a JVM takes a quarter of the container's memory for its heap."),
    (re.compile(r"\bJavaScript heap out of memory\b"), "NODE_OPTIONS=--max-old-space-size=1536 (MB)",
     "Node's heap has a limit of its own, which need not be the container's."),
    (re.compile(r"\bAllowed memory size of \d"), "memory_limit = 256M in a file of PHP's conf.d",
     "PHP has a limit of its own for each request; the container may have room."),
)  # fmt: skip
_KUBERNETES = re.compile(r"\bkubectl\b|\bLast State:|\bRestart Count:|\bCrashLoopBackOff\b|\bkubelet\b")
# oom_kill.c: "Memory cgroup out of memory" is a limit's, the same words without it are the machine's.
_MACHINE = re.compile(r"(?:^|\W)(?<!cgroup )[Oo]ut of memory: Kill|\bconstraint=CONSTRAINT_NONE\b", re.MULTILINE)
_LIMITED = re.compile(r"\bcgroup out of memory\b|\bCONSTRAINT_MEMCG\b|\bOOMKilled\b")
_UNIT = re.compile(r"\b[\w@.\-]{1,120}\.service(?=: )")
_HOSTS_OWN = frozenset({"kernel", "docker", "docker-compose", "dockerd", "containerd", "systemd", "kubelet", "k3s"})
_SHELL_WORD = re.compile(r"[\w.\-]{1,128}")


def mends(evidence: Evidence, account: Account, victim: ContainerFacts | None) -> tuple[Mend, ...]:
    """Return what helps, by who ran out: the server's shared memory, a runtime's own heap, or the container."""
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
    if victim is None and is_the_machines(account):
        return _machine()
    look = _look(evidence, account, victim)
    heap = next((one for one in _HEAPS if one[0].search(text)), None)
    if heap:
        return (
            Mend("text", f"Give the program's own heap more: {heap[1]}, below the container's limit.", heap[2]),
            look,
            Mend("text", "If the container's limit is too low for that, raise it (mem_limit, resources.limits.memory); "
                         "if the heap grows without end, look for what it holds."),
        )  # fmt: skip
    return (
        look,
        Mend("text", "Use less: fewer workers, smaller batches, rows streamed and not loaded at once.",
             "Each worker process has its own copy of the program."),
        Mend("text", "Or give more: raise the container's memory limit (mem_limit, resources.limits.memory)."),
    )  # fmt: skip


def _look(evidence: Evidence, account: Account, victim: ContainerFacts | None) -> Mend:
    """Return the command that shows the memory in use, by what runs the containers and how the log calls this one."""
    why = "Shows the memory in use against the limit."
    if victim is None and any(_KUBERNETES.search(event.text) for event in evidence.logs):
        return Mend("command", "kubectl top pod --containers", f"{why[:-1]} (resources.limits).")
    unit = next((found[0] for event in account.events if (found := _UNIT.search(event.text))), "")
    if victim is None and unit:
        return Mend("command", f"systemctl show -p MemoryMax {unit}",
                    "Shows the unit's limit; where it is infinity, the whole machine ran out: free -m.")  # fmt: skip
    heard = (event.service for event in account.events if event.service not in _HOSTS_OWN)
    service = next((name for name in heard if _SHELL_WORD.fullmatch(name)), "")
    if victim is None and service:
        return Mend("command", f"docker stats --no-stream $(docker compose ps -q {service})", why)
    if victim is None:
        return Mend("command", "docker stats --no-stream", "Shows the memory that each container has in use.")
    return Mend("command", f"docker stats --no-stream {victim.name}", why)


def is_the_machines(account: Account) -> bool:
    """Whether the kernel killed for the whole machine's memory, and not for a container's or a unit's limit."""
    return bool(_MACHINE.search(account.text)) and not _LIMITED.search(account.text)


def _machine() -> tuple[Mend, ...]:
    return (
        Mend("command", "free -m", "The whole machine ran out, so a higher limit for one container cannot help."),
        Mend("command", "docker stats --no-stream", "Shows which container has how much of it."),
        Mend("text", "Give the machine more memory or swap, or run less on it: fewer workers, smaller batches."),
        Mend("text", "Give the programs beside the database a limit (mem_limit), so that one of them is killed before "
                     "it takes what the database needs."),
    )  # fmt: skip
