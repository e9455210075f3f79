"""Bad weather on the local engine: killed owners, broken caches, full disks, two at once."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from incidentlab import places
from incidentlab.engines._base import Leftover
from incidentlab.engines._local import files, household, identity, ledger, processes
from incidentlab.errors import DatabaseNotReadyError, EnvironmentUnfitError
from tests.engines.harness import Bench, dockerfile, until, working_below

ROOT = Path(__file__).parents[2]
OWNER = """
import pathlib, sys, time
from tests.engines.harness import Bench, dockerfile, engine_named, until
bench = Bench(engine_named("local"), pathlib.Path(sys.argv[1]))
with bench.up(dockerfile("stubborn")) as stack:
    stack.start_app()
    until(lambda: sum(line.text in ("ready", "asleep") for line in stack.logs("app")) == 2)
    print(bench.runs[0], flush=True)
    time.sleep(600)
"""


INTERRUPTED = """
import pathlib, sys
from incidentlab.model.events import PhaseStarted
from tests.engines.harness import Bench, dockerfile, engine_named
bench = Bench(engine_named("local"), pathlib.Path(sys.argv[1]))
def tell(event):
    if isinstance(event, PhaseStarted) and event.phase == "database":
        print("begun", flush=True)
try:
    with bench.engine.start(bench.request(dockerfile("healthy")), tell):
        print("too late", flush=True)
except KeyboardInterrupt:
    bench.assert_nothing_left()
    print("clean", flush=True)
"""


@pytest.fixture
def no_lent_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where no other user can reach our files: all of a run lies in its own scratch folder then."""
    monkeypatch.setattr(identity, "_UNPRIVILEGED", ())
    monkeypatch.delenv("SUDO_UID", raising=False)
    if not any(each.can(("true",)) for each in identity.candidates()):
        pytest.skip("user namespaces are not allowed here, and this test lends no user")


def templates() -> list[Path]:
    return [path for path in (places.cache() / "postgres").iterdir() if path.is_dir()]


def test_killed_owner_leaves_what_the_next_one_finds_and_removes(local: Bench, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None
        run = owner.stdout.readline().strip()
        assert run
        # While its owner lives, a run is at work and nobody's to remove.
        assert [left for left in local.engine.leftovers(frozenset()) if left.run == run] == []
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    found = [left for left in local.engine.leftovers(frozenset()) if left.run == run]
    # The server with its helpers, the app, and the child that had left its session.
    assert len([left for left in found if left.kind == "process"]) >= 3
    assert [left for left in found if left.kind == "folder"]
    folders = [Path(left.name) for left in found if left.kind == "folder"]
    # The app and its child, and the server, wherever this machine lets them work.
    assert len([each for folder in folders for each in working_below(folder)]) >= 3
    for left in found:
        local.engine.remove(left)
    assert [left for left in local.engine.leftovers(frozenset()) if left.run == run] == []
    assert [each for folder in folders for each in working_below(folder)] == []
    assert list((tmp_path / run).iterdir()) == []
    assert not (places.state() / "stacks" / f"{run}.json").exists()


@pytest.mark.usefixtures("fresh_home")
def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", INTERRUPTED, str(tmp_path)]
    run = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "begun\n"
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    assert (said, run.returncode) == ("clean\n", 0)
    assert working_below(tmp_path) == []


def test_records_never_lead_to_what_is_not_ours(local: Bench, tmp_path: Path) -> None:
    """A record that names a stranger's folder and a number that another process has by now removes neither."""
    bystander = subprocess.Popen(["sleep", "600"], cwd=tmp_path)
    try:
        precious = tmp_path / "precious"
        precious.mkdir()
        record = ledger.Record(
            "stranger", 1, 0.0, folders=(str(precious), "/"), processes=(("app", bystander.pid, 12345.0),)
        )
        ledger.home().mkdir(parents=True, exist_ok=True)
        file = ledger.home() / "stranger.json"
        file.write_text(json.dumps({key: getattr(record, key) for key in record.__slots__}), "utf-8")
        (ledger.home() / "half.json").write_text('{"run": "half", "own', "utf-8")
        local.engine.remove(Leftover("local", "folder", str(precious), "stranger"))
        local.engine.remove(Leftover("local", "process", str(bystander.pid), "stranger"))
        assert [left for left in local.engine.leftovers(frozenset()) if left.run in ("stranger", "half")] == []
        assert precious.is_dir()
        assert bystander.poll() is None
        assert not file.exists()
    finally:
        bystander.kill()
        bystander.wait()
        (ledger.home() / "half.json").unlink(missing_ok=True)


@pytest.mark.parametrize("damage", ["gone", "emptied", "wrong password"])
@pytest.mark.usefixtures("fresh_home")
def test_broken_template_is_made_anew(local: Bench, damage: str) -> None:
    with local.up(dockerfile("crash")):
        [template] = templates()
    if damage == "gone":
        (template / "data" / "global" / "pg_control").unlink()
    elif damage == "emptied":
        (template / "data" / "base" / "1" / "PG_VERSION").write_text("")
        (template / "data" / "global" / "pg_filenode.map").write_bytes(b"")
    else:
        (template / "password").write_text("not this one")
    with local.up(dockerfile("crash")) as stack, psycopg.connect(stack.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    local.assert_nothing_left()


@pytest.mark.usefixtures("fresh_home")
def test_two_first_runs_at_once_make_one_template(local: Bench) -> None:
    def once(_: int) -> str:
        with local.up(dockerfile("crash")) as stack, psycopg.connect(stack.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            return stack.database_url

    with ThreadPoolExecutor(2) as pool:
        urls = set(pool.map(once, range(2)))
    assert len(urls) == 2
    assert len(templates()) == 1
    local.assert_nothing_left()


def test_ports_of_runs_that_are_not_yet_listening_are_not_given_twice() -> None:
    one, two = ledger.Ledger("ports-one"), ledger.Ledger("ports-two")
    try:
        given = [book.port() for _ in range(20) for book in (one, two)]
        assert len(set(given)) == len(given)
    finally:
        ledger.drop("ports-one")
        ledger.drop("ports-two")


@pytest.mark.usefixtures("no_lent_user")
def test_server_that_never_answers_is_given_up_in_time(
    local: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A PostgreSQL of which the server only sleeps; everything else is the real one."""
    from incidentlab.engines._local.binaries import find

    with local.up(dockerfile("crash")):
        found = find()
    assert found is not None
    fake = tmp_path / "bin"
    fake.mkdir()
    for program in found.bin.iterdir():
        (fake / program.name).symlink_to(program)
    (fake / "postgres").unlink()
    (fake / "postgres").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec {found.postgres} --version\nexec sleep 600\n'
    )
    (fake / "postgres").chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("INCIDENTLAB_PG_BIN", str(fake))
    request = local.request(dockerfile("crash"), timeout=1.0)
    with pytest.raises(DatabaseNotReadyError, match="did not get ready") as caught, local.start(request):
        pytest.fail("a stack without a database was given")
    assert "in time" in caught.value.why
    local.assert_nothing_left()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """Eight megabytes in all, mounted for one test."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    return folder


@pytest.mark.usefixtures("no_lent_user")
def test_full_disk_is_said_with_the_mend(local: Bench, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a machine without room in memory: the data lies on the disk then.
    monkeypatch.setattr(household, "_QUICK_ROOM", 2**62)
    try:
        with local.up(dockerfile("crash")):  # the template is made on a disk with space
            pass
        small = Bench(local.engine, tiny_disk)
        with pytest.raises(EnvironmentUnfitError, match="space") as caught, small.up(dockerfile("crash")):
            pytest.fail("a stack on a full disk was given")
        assert any("df -h" in line for line in caught.value.mend)
        small.assert_nothing_left()
    finally:
        subprocess.run(["umount", str(tiny_disk)], check=True)


def test_records_that_cannot_be_written_stop_the_run_before_anything_starts(
    local: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    monkeypatch.setenv("INCIDENTLAB_HOME", str(blocked))
    with pytest.raises(EnvironmentUnfitError) as caught, local.up(dockerfile("crash")):
        pytest.fail("a stack without a record was given")
    assert any("INCIDENTLAB_HOME" in line for line in caught.value.mend)
    assert working_below(tmp_path) == []


def test_folder_that_the_app_has_closed_is_removed_all_the_same(tmp_path: Path) -> None:
    closed = tmp_path / "tree" / "closed"
    closed.mkdir(parents=True)
    (closed / "file").write_text("")
    closed.chmod(0o500)
    files.remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()
    files.remove_tree(tmp_path / "tree")


def test_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        assert processes.below([tmp_path]) == [child.pid]
        assert processes.end_all([tmp_path], grace=0.1) == []
        until(lambda: child.poll() is not None)
    finally:
        child.kill()
        child.communicate()


def test_death_by_signal_reads_as_in_docker(local: Bench) -> None:
    """Docker's own case cannot be had this way: there the app is process 1, which no signal of its own can end."""
    with local.up(dockerfile("killed")) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        assert (stack.app().exit_code, stack.app().oom_killed) == (137, False)


def test_number_of_a_process_alone_proves_nothing() -> None:
    me = psutil.Process()
    assert processes.is_same(me.pid, me.create_time())
    assert not processes.is_same(me.pid, me.create_time() - 10)
    assert processes.created(2**22 + 5) is None
