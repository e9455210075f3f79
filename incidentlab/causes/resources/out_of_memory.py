"""A process was killed, or refused, for want of memory."""

import re
from dataclasses import replace

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import cited, ended_name, from_server, said, shows, works
from incidentlab.causes._other_products import of_another_product
from incidentlab.causes.resources._arbiter import by_arbiter
from incidentlab.causes.resources._memory import CHILD_KILLED, EXIT_137, KILLED_FOR_MEMORY, REFUSED_MEMORY
from incidentlab.causes.resources._memory_mends import FIRST_SEGMENT, LOCK_TABLE, SHARED_SEGMENT, is_the_machines, mends
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import ContainerFacts, Evidence, LogEvent

_ID = "out-of-memory"
_TITLE = "Memory has run out"
_SIGNS = (KILLED_FOR_MEMORY, CHILD_KILLED, REFUSED_MEMORY, EXIT_137)
_SIGKILL = 137
_BY_ENGINE = re.compile(r"\bOOMKilled\b")  # Docker's and Kubernetes' word for a container at its limit
# Redis' own limit, and that of a graphics card, are neither the service's nor the database's memory.
_ANOTHER_MEMORY = re.compile(
    r"\bCUDA out of memory\b|\bcuda\.OutOfMemory|\bOOM command not allowed\b|\bHIP out of memory\b"
    r"|\bovercommit_memory\b|\bcould not create semaphores\b"
)
_KILLED = re.compile(r"\bKill(?:ed)? process \d{1,10} \((?P<name>[^)\n]{1,64})\)")
_WHICH = re.compile(r"\b(?:[Jj]ob|pid|PID)\b:? ?\d{1,10}")
# Whoever stops a stack kills what does not end in time.
_BEING_STOPPED = re.compile(
    r"\bGracefully stopping\b|\bAborting on container exit\b|\bStopping [\w.-]{1,80} {0,3}\.\.\."
    r"|\bContainer [\w.-]{1,80} +Stopp"
    r"|\breceived (?:fast|smart|immediate) shutdown request\b|\bSIGTERM\b|\bGot signal: TERM\b"
    r"|\bHandling signal: (?:term|int)\b"
    r"|\bWarm shutdown\b|\bStopping container\b|\bKilling container\b|\bLiveness probe failed\b|\bstop-sigterm\b"
)


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the kernel, a parent process or malloc says so; 137 alone only hints."""
    by_parent = by_arbiter(evidence.logs)
    stopped = any(_BEING_STOPPED.search(event.text) for event in evidence.logs)
    account = hear(evidence, _SIGNS, lambda event: event.id in by_parent or _something_else(event, stopped),
                   engine_too=True)  # fmt: skip
    killed = next((one for one in evidence.containers if one.oom_killed), None)
    victim = killed or next((one for one in evidence.containers if one.exit_code == _SIGKILL), None)
    if account is None:
        return _finding(evidence, Account(()), victim, "certain" if killed else "possible") if victim else None
    settled = None if victim else _settled(evidence, account)
    if settled:
        why = f"Memory ran short once; {settled.claim[0].lower()}{settled.claim[1:]}."
        return RuledOut(_ID, _TITLE, why, settled.fact)
    return _finding(evidence, account, victim, "certain" if killed else _confidence(account, victim))


def _something_else(event: LogEvent, stopped: bool) -> bool:
    text = said(event)
    if _ANOTHER_MEMORY.search(text) or (LOCK_TABLE in text and of_another_product(event)):
        return True
    only_137 = not any(shows(event, sign) for sign in _SIGNS[:3])
    return only_137 and stopped


def _settled(evidence: Evidence, account: Account) -> Link | None:
    """Return the fact that it was once and the service works; what is killed again and again goes on."""
    fact = works(evidence)
    if fact is None or len(account.events) > 1 or account.hurt:
        return None
    return fact


def _confidence(account: Account, victim: ContainerFacts | None) -> Confidence:
    if any(shows(event, KILLED_FOR_MEMORY) for event in account.events):
        return "certain"
    children = any(shows(event, CHILD_KILLED) for event in account.events)
    refused = [event for event in account.events if shows(event, REFUSED_MEMORY)]
    if refused and (account.hurt or any(from_server(event) for event in refused)):
        locks = all(LOCK_TABLE in said(event) for event in refused)
        return "likely" if locks else "certain"
    return "likely" if children or refused else "possible"


def _finding(evidence: Evidence, account: Account, victim: ContainerFacts | None, confidence: Confidence) -> Finding:
    links = _links(account)
    if victim:
        links = [link for link in links if link.fact != victim.id]
        links.append(_state(victim))
        links += _limit(evidence, victim)
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account, victim),
        evidence=tuple(links),
        mend=mends(evidence, account, victim),
        missing=() if confidence == "certain" else _wanted(victim),
    )


def _links(account: Account) -> list[Link]:
    """Return the proof, the kernel's or the engine's own word first: of its lines the one that says who was killed."""
    told = [event for event in account.events if shows(event, KILLED_FOR_MEMORY)]
    if not told:
        return [*chain(account, "A process is killed or refused for want of memory")]
    best = next((event for event in told if _KILLED.search(event.text) or _BY_ENGINE.search(event.text)), told[0])
    server = tuple(event for event in account.events if from_server(event))
    rest = chain(replace(account, events=server), "The database server loses it")
    return [cited(best, "A process is killed for want of memory"), *rest]


def _state(victim: ContainerFacts) -> Link:
    how = "was killed for want of memory" if victim.oom_killed else "got SIGKILL"
    quote = f"{victim.status} ({victim.exit_code})" + (", OOMKilled" if victim.oom_killed else "")
    return Link(f"{victim.name} {how}", victim.id, f"state of {victim.name}", quote=quote, command=victim.command)


def _limit(evidence: Evidence, victim: ContainerFacts) -> list[Link]:
    for image in evidence.images:
        same = image.name == victim.name or (image.service and image.service == victim.service)
        if same and image.memory_limit:
            quote = f"{image.memory_limit / 1024**2:.0f} MiB"
            return [Link(f"{victim.name} may use {quote}", image.id, f"configuration of {victim.name}", quote=quote,
                         command=image.command)]  # fmt: skip
    return []


def _wanted(victim: ContainerFacts | None) -> tuple[str, ...]:
    wanted = ["The kernel's word would settle it: dmesg -T | grep -i -E 'oom|killed process'."]
    if victim is None:
        wanted.append("The container's state says whether the kernel killed it: give --container.")
    return tuple(wanted)


def _summary(account: Account, victim: ContainerFacts | None) -> str:
    text = account.text
    if SHARED_SEGMENT in text:
        return "PostgreSQL's shared memory (/dev/shm, 64 MB in a container) is too small for a parallel query."
    if FIRST_SEGMENT in text:
        return "The server asks for more shared memory at its start than there is (shared_buffers)."
    if LOCK_TABLE in text:
        return "The server's table of locks is full: a transaction touches too many tables (max_locks_per_transaction)."
    if victim:
        how = "The kernel killed" if victim.oom_killed else "Something killed (SIGKILL)"
        return f"{how} {victim.name}" + ("." if victim.oom_killed else "; want of memory is the usual reason.")
    if any(_BY_ENGINE.search(event.text) for event in account.events):
        return "A container reached its memory limit, and the kernel killed it for that."
    server = any(from_server(event) for event in account.events)
    killed = any(shows(event, CHILD_KILLED) or shows(event, KILLED_FOR_MEMORY) for event in account.events)
    if server:
        return "A process of the database server " + ("was killed; all its connections went with it." if killed else
                                                      "was refused memory.")  # fmt: skip
    if any(shows(event, KILLED_FOR_MEMORY) for event in account.events):
        whose = ", that of the whole machine" if is_the_machines(account) else ""
        named = _KILLED.search(text)
        return f"The kernel killed {named['name'] if named else 'a process'} for want of memory{whose}."
    if killed:
        count = _kills(account)
        return (
            "A worker was killed" + (f", {count} times" if count > 1 else "") + "; want of memory is the usual reason."
        )
    if all(not shows(event, REFUSED_MEMORY) for event in account.events):
        who = next((name for event in account.events if (name := ended_name(event))), "A program")
        return f"{who} was killed (137 is SIGKILL); want of memory is the usual reason, being stopped another one."
    return "A program was refused the memory it asked for."


def _kills(account: Account) -> int:
    """Count the kills: one is told as a line and as a traceback, which name the same process or job."""
    told = [event for event in account.events if shows(event, CHILD_KILLED)]
    return len({(found[0] if (found := _WHICH.search(said(event))) else event.id) for event in told})


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The kernel killed a process for want of memory, or a program was refused the memory it asked for.",
    explanation="""\
A container that reaches its memory limit, or a host without free memory, makes the kernel send SIGKILL to the
process that uses most. It cannot say good-bye: its log simply ends, and its parent reports signal 9 or exit code
137.

A worker that is killed again and again shows as requests without an answer. When it is a process of PostgreSQL, the
server takes the shared memory for damaged, ends *all* connections and recovers: the services then report "server
closed the connection unexpectedly" and "the database system is in recovery mode".

`could not resize shared memory segment … No space left on device` belongs here and not to the disk: the space meant
is the memory behind `/dev/shm`, 64 MB in a container, through which parallel queries exchange rows. `out of shared
memory` is the table of locks, `max_locks_per_transaction`.

gunicorn asks "Perhaps out of memory?" for every SIGKILL, also for the one it sent itself after `WORKER TIMEOUT`;
and `docker stop` kills what has not ended after ten seconds, which is exit code 137 as well.""",
    shows=(
        "[ERROR] Worker (pid:113) was sent SIGKILL! Perhaps out of memory?",
        "LOG:  server process (PID 315) was terminated by signal 9: Killed",
        "Memory cgroup out of memory: Killed process 917 (postgres)",
        "ERROR:  out of memory",
        'ERROR:  could not resize shared memory segment "/PostgreSQL.6383" to 16777216 bytes: No space left on device',
        "billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL)",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "a container's state with OOMKilled, or exit code 137",
    ),
    check=(
        "docker inspect app --format '{{.State.OOMKilled}} {{.State.ExitCode}}'",
        "docker stats --no-stream",
        "dmesg -T | grep -i -E 'oom|killed process'",
        "docker exec db df -h /dev/shm",
    ),
    mend=(
        "Use less: fewer workers, smaller batches, results streamed instead of loaded at once, `work_mem` x "
        "connections.",
        "Give more: raise the container's limit (`mem_limit`, `resources.limits.memory`).",
        "For `could not resize shared memory segment`: `shm_size: 256m` for the database in compose.yaml.",
        "For `out of shared memory`: raise `max_locks_per_transaction` and restart the server.",
    ),
    prevent=(
        "Give every container a limit and alert at 90 % of it, so that one cannot take the others with it.",
        "Let gunicorn recycle workers (`--max-requests`) where they grow, and find the leak.",
        "Size PostgreSQL for its container: shared_buffers + max_connections x work_mem below the limit.",
    ),
    confidence="""\
- **certain**: the kernel or the engine says so (oom-killer, OOMKilled), PostgreSQL's server says "out of memory",
  or a program says so and ends.
- **likely**: a worker or a process of the server got SIGKILL and no time-out explains it, or a program was refused
  memory.
- **possible**: exit code 137 alone.

A worker that gunicorn killed itself, right after its `WORKER TIMEOUT`, is no sign. Exit code 137 while the stack is
being stopped is none either, nor are a graphics card's memory and Redis' own limit.""",
    find=find,
    explains=(
        "database-not-ready",
        "connections-exhausted",
        "host-not-found",
        "broken-entrypoint",
        "migration-failed",
        "migrations-not-applied",
        "disk-full",
    ),
    links=(
        "https://docs.docker.com/engine/containers/resource_constraints/",
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
        "https://github.com/docker-library/postgres/issues/416",
    ),
    signs=_SIGNS,
)
