"""Processes killed or refused for want of memory, and those that somebody stopped."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database_log, evidence, image, probe

find = causes.get("out-of-memory").find
GUNICORN = "[2026-03-01 07:30:26 +0000] [1] [ERROR] Worker (pid:113) was sent SIGKILL! Perhaps out of memory?"
BACKEND = (
    "2026-03-01 10:00:00.000 UTC [1] LOG:  server process (PID 315) was terminated by signal 9: Killed\n"
    "2026-03-01 10:00:00.000 UTC [1] DETAIL:  Failed process was running: SELECT * FROM big\n"
    "2026-03-01 10:00:00.010 UTC [1] LOG:  terminating any other active server processes"
)
SEGMENT = 'ERROR:  could not resize shared memory segment "/PostgreSQL.63" to 16777216 bytes: No space left on device'


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (GUNICORN, "likely"),
        (f"web-1  | {GUNICORN}", "likely"),
        ("[2026-03-01 07:30:26 +0000] [7] [WARNING] Worker with pid 55 was terminated due to signal 9", "likely"),
        ("Process 'ForkPoolWorker-3' pid:41 exited with 'signal 9 (SIGKILL)'", "likely"),
        ("billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 12.", "likely"),
        ("DAMN ! worker 1 (pid: 8) died, killed by signal 9 :( trying respawn ...", "likely"),
        (BACKEND, "likely"),
        ("Memory cgroup out of memory: Killed process 917 (postgres) total-vm:2097152kB", "certain"),
        ("    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137", "certain"),
        ("psycopg2.errors.OutOfMemory: out of memory\nDETAIL:  Failed on request of size 1048576.", "likely"),
        (f"psycopg2.errors.DiskFull: {SEGMENT[8:]}", "likely"),
        ("OSError: [Errno 12] Cannot allocate memory", "likely"),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "likely"),
        ("java.lang.OutOfMemoryError: Java heap space", "likely"),
        ("shop-worker-1 exited with code 137", "possible"),
        ("/entrypoint.sh: line 12:    23 Killed                  python manage.py import", "possible"),
    ],
)
def test_every_wording_has_its_confidence(text: str, confidence: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == confidence
    assert bool(found.missing) is (confidence != "certain")


def test_the_engines_word_is_certain_and_its_limit_is_shown() -> None:
    dead = dataclasses.replace(container(exit_code=137), oom_killed=True)
    limit = dataclasses.replace(image("gunicorn"), name=dead.name, memory_limit=256 * 1024**2)
    found = find(evidence(dead, limit))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert [link.quote for link in found.evidence] == ["exited (137), OOMKilled", "256 MiB"]


def test_exit_code_137_alone_is_possible() -> None:
    found = find(evidence(container(exit_code=137)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"
    assert find(evidence(container(exit_code=143))) is None


@pytest.mark.parametrize(
    "killed",
    [GUNICORN, "[2026-03-01 07:30:26 +0000] [1] [WARNING] Worker with pid 113 was terminated due to signal 9"],
)
def test_a_worker_that_gunicorn_killed_for_its_time_is_no_sign(killed: str) -> None:
    late = "[2026-03-01 07:30:25 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:113)"
    assert find(evidence(app_log(f"{late}\n{killed}"))) is None


@pytest.mark.parametrize(
    "before",
    [
        "[2026-03-01 07:30:25 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:77)",
        "[2026-03-01 07:20:00 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:113)\n"
        "[2026-03-01 07:20:01 +0000] [113] [INFO] Booting worker with pid: 113",
        "web-2  | [2026-03-01 07:30:25 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:113)",
    ],
    ids=["another worker", "the pid came back", "another replica"],
)
def test_a_worker_whose_time_was_not_up_is_likely(before: str) -> None:
    found = find(evidence(app_log(f"{before}\n{'web-1  | ' if '|' in before else ''}{GUNICORN}")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_the_small_shared_memory_of_a_container_is_mended_there() -> None:
    found = find(evidence(database_log(f"2026-03-01 10:00:00.000 UTC [120] {SEGMENT}")))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "shm_size" in found.mend[0].text
    assert causes.get("disk-full").find(evidence(app_log(SEGMENT))) is None


def test_once_refused_and_working_now_is_over_but_killed_twice_is_not() -> None:
    once, twice = app_log("MemoryError"), app_log(f"{GUNICORN}\n{GUNICORN}")
    assert isinstance(find(evidence(once, probe())), RuledOut)
    assert isinstance(find(evidence(twice, probe())), Finding)


@pytest.mark.parametrize(
    "text",
    [
        '"OOMKilled": false, "ExitCode": 1',
        "Gracefully stopping... (press Ctrl+C again to force)\nshop-worker-1 exited with code 137",
        "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "WARNING Memory overcommit must be enabled! sysctl vm.overcommit_memory=1",
        "FATAL:  terminating connection due to administrator command",
        "shop-worker-1 exited with code 1",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text))) is None


def test_a_server_that_asks_for_too_much_at_its_start_is_told_so() -> None:
    log = """FATAL:  could not map anonymous shared memory: Cannot allocate memory
LOG:  database system is shut down"""
    found = find(evidence(database_log(log), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert "shared_buffers" in found.summary
    assert [mend.text for mend in found.mend if "shared_buffers" in mend.text] == [found.mend[0].text]


KERNEL = (
    "Mar  3 02:00:01 box kernel: beam.smp invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0\n"
    "Mar  3 02:00:01 box kernel: {whose}ut of memory: Killed process 771 (beam.smp) total-vm:1912344kB, anon-rss:9kB\n"
    "Mar  3 02:00:02 box dockerd[8]: web-1  | ** (DBConnection.ConnectionError) tcp recv: closed"
)


def _told(log: str) -> Finding:
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding), log
    return found


def test_the_kernels_line_that_names_the_process_is_cited() -> None:
    found = _told(KERNEL.format(whose="O"))
    assert (found.evidence[0].line, "771 (beam.smp)" in found.evidence[0].quote) == (2, True)
    assert "beam.smp" in found.summary


def test_a_machine_that_ran_out_is_not_helped_by_a_higher_limit() -> None:
    mends = [mend.text for mend in _told(KERNEL.format(whose="O")).mend]
    assert mends[0] == "free -m"
    assert not any("raise the container's memory limit" in text for text in mends)
    mends = [mend.text for mend in _told(KERNEL.format(whose="Memory cgroup o")).mend]
    assert any("raise the container's memory limit" in text for text in mends)
    assert "free -m" not in mends


@pytest.mark.parametrize(
    "log", ["java.lang.OutOfMemoryError: Java heap space", GUNICORN, "orders exited with code 137", KERNEL]
)
def test_no_container_is_made_up_where_the_log_names_none(log: str) -> None:
    text = "\n".join(mend.text for mend in _told(log.replace("{whose}", "O")).mend)
    assert "docker stats --no-stream\n" in text


def test_who_ended_with_137_is_named_and_was_not_refused_anything() -> None:
    summary = _told("orders exited with code 137").summary
    assert summary.startswith("orders was killed")
    assert "refused" not in summary


def test_one_kill_told_as_line_and_as_traceback_is_one() -> None:
    lost = "Worker exited prematurely: signal 9 (SIGKILL) Job: {}."
    log = (
        f"[2026-03-02 17:02:55,771] [ERROR] [celery.worker.request] Task raised error: WorkerLostError('{lost}')\n"
        'Traceback (most recent call last):\n  File "/v/billiard/pool.py", line 1264, in mark_as_worker_lost\n'
        f"    raise WorkerLostError(\nbilliard.exceptions.WorkerLostError: {lost}"
    )
    assert "times" not in _told(log.format(7, 7)).summary
    assert "2 times" in _told(f"{log.format(7, 7)}\n{log.format(8, 8)}").summary


def test_a_unit_of_systemd_is_asked_for_its_own_limit() -> None:
    log = "Jan 2 10:00:00 box systemd[1]: pets.service: A process of this unit has been killed by the OOM killer."
    assert _told(log).mend[0].text == "systemctl show -p MemoryMax pets.service"
