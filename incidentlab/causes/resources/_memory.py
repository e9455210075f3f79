"""How the kernel, container engines, servers and languages say that memory has run out."""

import re

from incidentlab.model.cause import Sign

# The kernel's oom_kill.c and memcontrol.c, Docker's and Kubernetes' state, systemd.
KILLED_FOR_MEMORY = Sign(
    "killed-for-memory",
    re.compile(
        r"\b[Oo]ut of memory: Kill(?:ed)? process\b|\boom-kill(?:er\b|:)|\boom_reaper\b"
        r"|\bOOMKilled\b(?!\"?\s?[:=]\s?\"?[Ff]alse)"
        r"|\bOOM[ _-][Kk]illed\b|\bA process of this unit has been killed by the OOM killer\b"
        r"|\bFailed with result 'oom-kill'"
    ),
    (
        "ut of memory: Kill",
        "oom-kill",
        "oom_reaper",
        "OOMKilled",
        "OOM Killed",
        "OOM killed",
        "OOM-Killed",
        "OOM-killed",
        "OOM_Killed",
        "OOM_killed",
        "killed by the OOM killer",
    ),
    (
        "Out of memory: Killed process 2231 (python) total-vm:2097152kB, anon-rss:1048576kB",
        "Memory cgroup out of memory: Killed process 917 (postgres)",
        "postgres invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=docker-0a1b.scope",
        "    Reason:       OOMKilled",
        '"OOMKilled": true,',
        "app.service: Failed with result 'oom-kill'.",
    ),
)
# gunicorn's arbiter.py (two generations), billiard's pool.py, uWSGI's master_utils.c, RQ's worker.py, Airflow's task
# runner, supervisor, and PostgreSQL's postmaster.c for any of its children.
CHILD_KILLED = Sign(
    "child-killed",
    re.compile(
        r"\bwas sent SIGKILL! Perhaps out of memory\?|\bWorker with pid \d{1,10} was terminated due to signal 9\b"
        r"|\bsignal 9 \(SIGKILL\)|\bdied, killed by signal 9\b|\bwaitpid returned 9\b|\bNegsignal\.SIGKILL\b"
        r"|\(PID \d{1,10}\) was terminated by signal 9\b|\bterminated by SIGKILL\b|\breturn code -9\b"
        r"|\bwas killed by signal: SIGKILL\b"
    ),
    (
        "was sent SIGKILL! Perhaps out of memory?",
        "was terminated due to signal 9",
        "signal 9 (SIGKILL)",
        "died, killed by signal 9",
        "waitpid returned 9",
        "Negsignal.SIGKILL",
        "was terminated by signal 9",
        "terminated by SIGKILL",
        "return code -9",
        "was killed by signal: SIGKILL",
    ),
    (
        "Worker (pid:113) was sent SIGKILL! Perhaps out of memory?",
        "Worker with pid 55 was terminated due to signal 9",
        "Process 'ForkPoolWorker-3' pid:41 exited with 'signal 9 (SIGKILL)'",
        "billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 12.",
        "DAMN ! worker 1 (pid: 8) died, killed by signal 9 :( trying respawn ...",
        "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9);",
        "Task exited with return code Negsignal.SIGKILL",
        "LOG:  server process (PID 315) was terminated by signal 9: Killed",
        "LOG:  client backend (PID 315) was terminated by signal 9: Killed",
        "WARN exited: web (terminated by SIGKILL; not expected)",
    ),
)
# malloc's refusal: PostgreSQL's mcxt.c, aset.c and dsm_impl.c, Python, NumPy, Node, the JVM, Go, Rust, the shells.
REFUSED_MEMORY = Sign(
    "refused-memory",
    re.compile(
        r"(?:ERROR|FATAL|pq|error|PG::OutOfMemory):\s{1,4}out of memory\b|\bout of memory for query result\b"
        r"|\bFailed on request of size \d|\bcould not resize shared memory segment\b|\bCannot allocate memory\b"
        r"|\bcannot allocate memory\b|\bMemoryError\b|\bUnable to allocate [\d.]{1,12} [KMGT]iB\b"
        r"|\bJavaScript heap out of memory\b"
        r"|\bjava\.lang\.OutOfMemoryError: (?:Java heap|GC overhead|Metaspace|Direct buffer)"
        r"|\bruntime: out of memory\b|\bmemory allocation of \d{1,20} bytes failed\b|\bOutOfMemory\b"
        r"|\bout of shared memory\b|\bAllowed memory size of \d{1,20} bytes exhausted\b"
    ),
    (
        "out of memory",
        "Failed on request of size ",
        "could not resize shared memory segment",
        "Cannot allocate memory",
        "cannot allocate memory",
        "MemoryError",
        "Unable to allocate ",
        "OutOfMemory",
        "memory allocation of ",
        "out of shared memory",
        "Allowed memory size of ",
    ),
    (
        "ERROR:  out of memory",
        'DETAIL:  Failed on request of size 1048576 in memory context "ExprContext".',
        'ERROR:  could not resize shared memory segment "/PostgreSQL.638321836" to 16777216 bytes: No space '
        "left on device",
        "FATAL:  could not map anonymous shared memory: Cannot allocate memory",
        "OSError: [Errno 12] Cannot allocate memory",
        "MemoryError",
        "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 3.50 GiB for an array with shape (1, 2)",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "java.lang.OutOfMemoryError: Java heap space",
        "fatal error: runtime: out of memory",
        "memory allocation of 1073741824 bytes failed",
        "psycopg2.errors.OutOfMemory: out of shared memory",
        "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)",
    ),
    frozenset({"53200"}),
)
# 137 is 128 + 9: the process got SIGKILL, from the kernel for want of memory, or from whoever stopped it.
EXIT_137 = Sign(
    "exit-137",
    re.compile(
        r"\bexit(?:ed)? (?:with )?(?:code|status):? 137\b|\bExit Code:\s{1,12}137\b|\bExited \(137\)"
        r"|\bexit(?:_code|Code)\W{1,5}137\b|(?:^|\| {0,3}|\d )Killed(?:$|\s{2,}\S)"
    ),
    (
        "code 137",
        "code: 137",
        "status 137",
        "status: 137",
        "Exit Code:",
        "Exited (137)",
        "exit_code",
        "exitCode",
        "Killed",
    ),
    (
        "worker-1 exited with code 137",
        "      Exit Code:    137",
        "Exited (137) 2 minutes ago",
        "error: process completed with exit code 137",
        "/entrypoint.sh: line 12:    23 Killed                  python manage.py import",
        "Killed",
    ),
)
