"""An engine that cannot be used is said so within seconds, each case in its own words and with a mend."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentlab.engines.docker import ENGINE
from incidentlab.errors import EngineUnavailableError
from incidentlab.model.scenario import DatabaseSpec, StackSpec
from tests.engines.docker_ways import engine_socket
from tests.engines.harness import Bench, dockerfile, engine_named


@pytest.fixture
def silent() -> Iterator[str]:
    """Return a port that accepts and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def test_no_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    usability = ENGINE.usable()
    assert not usability.usable
    assert "There is no such socket" in usability.why
    assert any("--engine local" in step for step in usability.mend)


def test_dead_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    usability = ENGINE.usable()
    assert not usability.usable
    assert "Nobody listens there" in usability.why


def test_silent_port_is_given_up_within_three_seconds(monkeypatch: pytest.MonkeyPatch, silent: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", silent)
    began = time.monotonic()
    usability = ENGINE.usable()
    assert time.monotonic() - began < 6
    assert not usability.usable
    assert "does not answer" in usability.why


def test_engine_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://nobody@192.0.2.1")
    usability = ENGINE.usable()
    assert not usability.usable
    assert "another machine" in usability.why


def test_context_that_does_not_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "no-such-context")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    usability = ENGINE.usable()
    assert not usability.usable
    assert "no-such-context" in usability.why


def test_leftovers_of_an_engine_that_is_not_there_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert ENGINE.leftovers(frozenset()) == []


def test_start_says_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    bench = Bench(ENGINE, tmp_path)
    with pytest.raises(EngineUnavailableError) as caught, bench.up(dockerfile("crash")):
        pytest.fail("a stack without an engine was given")
    assert caught.value.mend


@pytest.mark.docker
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
def test_socket_that_is_closed_to_us() -> None:
    engine_named("docker")
    code = (
        "from incidentlab.engines._docker.client import connect\n"
        "from incidentlab.errors import EngineUnavailableError\n"
        "try:\n    connect()\nexcept EngineUnavailableError as e:\n    print(e.what, *e.mend)\n"
    )
    closed = subprocess.run(
        # A user without any group, who may still read the interpreter's modules.
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_read_search",
         "--ambient-caps=+dac_read_search", sys.executable, "-c", code],
        env={"DOCKER_HOST": f"unix://{engine_socket()}", "PYTHONPATH": str(Path(__file__).parents[2]), "HOME": "/"},
        capture_output=True, text=True, cwd="/", check=False,
    )  # fmt: skip
    assert closed.stdout.startswith("No permission to use the Docker engine"), closed.stderr
    assert "usermod -aG docker" in closed.stdout


@pytest.mark.docker
def test_usable_engine_is_named_with_endpoint_and_versions() -> None:
    engine_named("docker")
    detail = ENGINE.usable().detail
    assert "API" in detail
    assert "unix://" in detail


@pytest.mark.docker
def test_base_image_that_is_not_to_be_had(tmp_path: Path) -> None:
    engine_named("docker")
    file = tmp_path / "Dockerfile"
    file.write_text("FROM localhost:1/incidentlab/no-such-image:1\n", "utf-8")
    usability = ENGINE.usable(StackSpec("x", "y", file, (), DatabaseSpec()))
    assert not usability.usable
    assert "no-such-image" in usability.why
    assert any(step.endswith("docker pull localhost:1/incidentlab/no-such-image:1") for step in usability.mend)


@pytest.mark.docker
def test_context_is_followed_to_its_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine_named("docker")
    path = engine_socket()
    _write_context(tmp_path, "elsewhere", f"unix://{path}/../{Path(path).name}".replace("docker.sock/..", "."))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    usability = ENGINE.usable()
    assert usability.usable, usability.why
    assert "/./docker.sock" in usability.detail


def _write_context(config: Path, name: str, host: str) -> None:
    folder = config / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
    (folder / "meta.json").write_text(json.dumps(meta), "utf-8")
    (config / "config.json").write_text("{}", "utf-8")
