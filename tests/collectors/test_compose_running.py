"""Compose projects that run: their containers found by compose's labels, made here by the SDK and by compose itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from incidentlab.collectors import compose
from incidentlab.errors import EngineUnavailableError, UnknownNameError, UsageError
from incidentlab.model.evidence import ContainerFacts
from tests.collectors.container_bench import ContainerBench, Listener, bench, listener
from tests.engines.harness import until

__all__ = ["bench", "listener"]  # fixtures, found by their names

SECRET = "c0rrect-h0rse-battery"
FILE = f"""
services:
  db:
    image: postgres:15
    environment: {{POSTGRES_PASSWORD: {SECRET}}}
  migrate:
    image: python:3.11-slim
    command: alembic upgrade head
    restart: "no"
    depends_on: [db]
  web:
    image: python:3.11-slim
    environment: {{DATABASE_URL: "postgresql://postgres:{SECRET}@db/postgres"}}
    depends_on: {{migrate: {{condition: service_completed_successfully}}}}
  later: {{image: x}}
"""


def labels(bench: ContainerBench, service: str, number: str = "1", **more: str) -> dict[str, str]:
    prefix = "com.docker.compose."
    return {
        f"{prefix}project": bench.tag,
        f"{prefix}service": service,
        f"{prefix}container-number": number,
        f"{prefix}oneoff": "False",
        **{f"{prefix}{name.replace('__', '.')}": value for name, value in more.items()},
    }


def by_id(reading: compose.ComposeReading) -> dict[str, ContainerFacts]:
    return {state.id: state for state in reading.evidence.containers}


@pytest.fixture
def project(bench: ContainerBench, tmp_path: Path) -> Path:
    """A project as compose leaves it: a database, a migration that has ended, and two webs, one of which crashed."""
    network = bench.network()
    file = tmp_path / "compose.yaml"
    file.write_text(f"name: {bench.tag}\n{FILE}")
    where = {"project__config_files": str(file), "project__working_dir": str(tmp_path)}
    environment = {"DATABASE_URL": f"postgresql://postgres:{SECRET}@db/postgres"}
    bench.start("db-1", "python", "-uc", "print('LOG: ready'); import time; time.sleep(300)", network=network,
                aliases=("db",), labels=labels(bench, "db", **where))  # fmt: skip
    bench.python("migrate-1", f"print('migrating {SECRET}')", network=network, environment=environment,
                 labels=labels(bench, "migrate", **where))  # fmt: skip
    for number, code in (("1", 0), ("2", 1)):
        bench.python(f"web-{number}", f"raise SystemExit({code})", network=network, environment=environment,
                     labels=labels(bench, "web", number, **where))  # fmt: skip
    bench.python("web-run", "print('once')", labels=labels(bench, "web", oneoff="True", **where))
    return file


@pytest.mark.docker
def test_a_project_by_its_file_and_by_its_name(bench: ContainerBench, project: Path, listener: Listener) -> None:
    for reading in (compose.read(project), compose.read(project=bench.tag), compose.read([project], bench.tag)):
        states = by_id(reading)
        run = f"container:{bench.name('web-run')}"
        assert set(states) == {"container:db", "container:migrate", "container:web-1", "container:web-2", run}
        assert (states["container:db"].status, states["container:db"].one_shot) == ("running", False)
        assert (states["container:migrate"].exit_code, states["container:migrate"].one_shot) == (0, True)
        assert (states["container:web-2"].exit_code, states["container:web-2"].one_shot) == (1, False)
        assert states[run].one_shot
        assert states["container:web-1"].service == "web"
        assert {image.id for image in reading.evidence.images} == {
            one.replace("container:", "image:") for one in states
        }
        said = {(event.source, event.service): event.text for event in reading.evidence.logs}
        assert said[("db", "db")] == "LOG: ready"
        assert said[("migrate", "migrate")] == "migrating ***"
        assert said[(bench.name("web-run"), "web")] == "once"
        (facts,) = reading.evidence.compose
        assert [one.name for one in facts.services] == ["db", "migrate", "web", "later"]
        assert reading.project == bench.tag
        assert reading.evidence.unread == ("The service later has no container.",)
        (database,) = reading.databases
        assert (database.variable, database.service, database.host) == ("DATABASE_URL", "migrate", "db")
        assert database.here.startswith(f"postgresql://postgres:{SECRET}@")
        assert SECRET not in repr(reading)
    assert {method for method, _ in listener.requests()} == {"GET"}


@pytest.mark.docker
def test_a_project_whose_file_is_gone_is_read_without_it(bench: ContainerBench, project: Path) -> None:
    project.unlink()
    reading = compose.read(project=bench.tag)
    assert len(reading.evidence.containers) == 5
    assert reading.evidence.compose == ()
    assert str(project) in reading.evidence.unread[0]


@pytest.mark.docker
def test_a_project_of_another_name_is_found_by_its_file(bench: ContainerBench, project: Path) -> None:
    project.write_text(FILE)
    assert compose.read(project.parent).project == bench.tag


@pytest.mark.docker
def test_what_compose_v2_writes_on_containers_tells_who_is_awaited(bench: ContainerBench) -> None:
    waits = "setup:service_completed_successfully:false,db:service_started:false"
    bench.create("web-1", "true", labels=labels(bench, "web", depends_on=waits))
    bench.python("setup-1", "raise SystemExit(2)", labels=labels(bench, "setup"))
    states = by_id(compose.read(project=bench.tag))
    assert (states["container:setup"].one_shot, states["container:setup"].exit_code) == (True, 2)
    assert not states["container:web"].one_shot


@pytest.mark.docker
def test_an_unknown_project_gets_the_nearest(bench: ContainerBench) -> None:
    bench.create("web-1", "true", labels=labels(bench, "web"))
    with pytest.raises(UnknownNameError) as caught:
        compose.read(project=f"{bench.tag}x")
    assert bench.tag in caught.value.near


@pytest.mark.docker
def test_a_project_without_containers_is_its_file(bench: ContainerBench, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(f"name: {bench.tag}\n{FILE}")
    reading = compose.read(tmp_path)
    assert reading.evidence.containers == ()
    assert reading.evidence.unread == (f"The project {bench.tag} has no container; only its file was read.",)


@pytest.mark.docker
def test_a_project_that_compose_itself_has_made(bench: ContainerBench, tmp_path: Path) -> None:
    if not shutil.which("docker-compose"):
        pytest.skip("docker-compose is not installed: apt-get install docker-compose")
    (tmp_path / "docker-compose.yml").write_text(
        'version: "2.4"\nservices:\n'
        "  web: {image: 'python:3.11-slim', command: [python, -c, 'raise ValueError(1)'], depends_on: [setup]}\n"
        "  setup: {image: 'python:3.11-slim', command: python -c \"print('set up')\", restart: 'no'}\n"
    )
    call = ["docker-compose", "-p", bench.tag]
    environment = {**os.environ, "COMPOSE_HTTP_TIMEOUT": "60"}
    try:
        subprocess.run([*call, "up", "-d"], cwd=tmp_path, check=True, capture_output=True, env=environment)
        until(lambda: all(one.status == "exited" for one in compose.read(project=bench.tag).evidence.containers))
        for reading in (compose.read(project=bench.tag), compose.read(tmp_path), compose.read(tmp_path, bench.tag)):
            states = by_id(reading)
            assert (states["container:web"].exit_code, states["container:web"].one_shot) == (1, False)
            assert (states["container:setup"].exit_code, states["container:setup"].one_shot) == (0, True)
            assert {event.exception for event in reading.evidence.logs if event.service == "web"} == {"ValueError"}
            assert [one.name for one in reading.evidence.compose[0].services] == ["web", "setup"]
            assert reading.evidence.unread == ()
    finally:
        subprocess.run([*call, "down", "-v"], cwd=tmp_path, check=True, capture_output=True, env=environment)


def test_without_an_engine_the_file_alone_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    (tmp_path / "compose.yaml").write_text(FILE)
    reading = compose.read(tmp_path)
    assert len(reading.evidence.compose[0].services) == 4
    assert "No Docker engine answers" in reading.evidence.unread[0]
    with pytest.raises(EngineUnavailableError):
        compose.read(project="shop")
    with pytest.raises(UsageError):
        compose.read()
