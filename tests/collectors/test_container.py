"""The container collector, on real containers in every state that one finds them in at three in the morning."""

import gc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from incidentlab.collectors import container
from incidentlab.engines._docker import lookup, pastlog
from incidentlab.engines._docker.visiting import visiting
from incidentlab.errors import EngineLostError, EngineUnavailableError, UnknownNameError, UsageError
from tests.collectors.container_bench import POSTGRES, ContainerBench, Listener, bench, listener
from tests.engines.docker_ways import Relay
from tests.engines.harness import until

__all__ = ["bench", "listener"]  # fixtures, found by their names

pytestmark = pytest.mark.docker

CRASH = """
import sys
import time
print("starting", flush=True)
time.sleep(0.05)  # the engine reads the two streams at its own pace
class UndefinedTable(Exception): pass
try:
    raise UndefinedTable('relation "tasks" does not exist')
except UndefinedTable as error:
    raise RuntimeError("startup failed") from error
"""
SECRET = "tr0ub4dor-and-3"


def test_a_crash_is_an_exit_code_and_a_traceback_in_one_event(bench: ContainerBench) -> None:
    bench.python("web", CRASH)
    name = bench.name("web")
    evidence = container.read(name).evidence
    (state,) = evidence.containers
    assert (state.id, state.name, state.status, state.exit_code) == (f"container:{name}", name, "exited", 1)
    assert (state.oom_killed, state.restarts, state.health, state.one_shot) == (False, 0, "none", False)
    assert state.command == f"docker inspect {name}"
    assert state.image == "python:3.11-slim"
    assert state.networks == ("bridge",)
    assert state.started_at
    assert state.finished_at
    assert state.started_at <= state.finished_at
    first, crash = evidence.logs[0], evidence.logs[-1]
    assert (first.text, first.source, first.first_line) == ("starting", name, 1)
    assert (crash.exception, crash.severity) == ("RuntimeError", "error")
    assert crash.text == "RuntimeError: startup failed"
    assert crash.command == f"docker logs --timestamps {name}"
    assert crash.at
    assert crash.at.tzinfo
    assert evidence.unread == ()


def test_stdout_and_stderr_come_in_the_order_of_their_times(bench: ContainerBench) -> None:
    code = (
        "import sys,time\n"
        "for i in range(6):\n print(i, file=(sys.stdout, sys.stderr)[i % 2], flush=True)\n time.sleep(0.05)"
    )
    bench.python("mixed", code)
    logs = container.read(bench.name("mixed")).evidence.logs
    assert [event.text for event in logs] == ["0", "1", "2", "3", "4", "5"]
    assert [event.first_line for event in logs] == [1, 2, 3, 4, 5, 6]


def test_a_healthy_one_and_an_unhealthy_one_with_its_last_words(bench: ContainerBench) -> None:
    def check(command: str) -> dict[str, object]:
        return {"test": ["CMD-SHELL", command], "interval": 200_000_000, "retries": 1, "timeout": 10_000_000_000}

    well = bench.start("well", "sleep", "300", healthcheck=check("true"))
    ill = bench.start("ill", "sleep", "300", healthcheck=check("echo 'no table tasks'; exit 1"))
    until(lambda: bench.state(well)["Health"]["Status"] == "healthy")
    until(lambda: bench.state(ill)["Health"]["Status"] == "unhealthy")
    (state,) = container.read(bench.name("well")).evidence.containers
    assert (state.status, state.exit_code, state.health, state.health_output) == ("running", None, "healthy", "")
    evidence = container.read(bench.name("ill")).evidence
    assert evidence.containers[0].health == "unhealthy"
    assert evidence.containers[0].health_output == "exit code 1: no table tasks"
    assert evidence.images[0].healthcheck == ("CMD-SHELL", "echo 'no table tasks'; exit 1")


def test_a_crash_loop_has_restarts_and_the_logs_of_its_earlier_lives(bench: ContainerBench) -> None:
    ident = bench.start(
        "loop", "python", "-c", "import sys; sys.exit('no database')", host={"restart_policy": {"Name": "always"}}
    )
    until(
        lambda: bench.state(ident)["Status"] == "restarting" and bench.api.inspect_container(ident)["RestartCount"] > 2
    )
    evidence = container.read(bench.name("loop")).evidence
    (state,) = evidence.containers
    assert state.status in {"restarting", "running"}
    assert state.restarts > 2
    assert len(evidence.logs) > 2
    assert {event.text for event in evidence.logs} == {"no database"}
    if state.status == "restarting":
        assert state.exit_code == 1
        assert state.finished_at


def test_out_of_memory_is_said_with_the_limit(bench: ContainerBench) -> None:
    code = "print(len(bytearray(300_000_000)))"
    ident = bench.python("oom", code, host={"mem_limit": "32m", "memswap_limit": "32m"})
    if not bench.state(ident)["OOMKilled"]:
        pytest.skip("this engine does not notice that the kernel ended a container for its memory")
    evidence = container.read(bench.name("oom")).evidence
    assert (evidence.containers[0].oom_killed, evidence.containers[0].exit_code) == (True, 137)
    assert evidence.images[0].memory_limit == 32 * 1024 * 1024


def test_a_command_that_is_not_there_is_in_the_engines_words(bench: ContainerBench) -> None:
    bench.start("none", "no-such-program", "--now")
    evidence = container.read(bench.name("none")).evidence
    (state,) = evidence.containers
    assert (state.status, state.exit_code, state.started_at) == ("created", 127, None)
    assert "no-such-program" in state.error
    assert "not found" in state.error
    assert evidence.images[0].cmd == ("no-such-program", "--now")


def test_a_log_that_nobody_keeps_is_said_and_the_rest_is_there(bench: ContainerBench) -> None:
    bench.python("quiet", "raise SystemExit(3)", host={"log_config": {"type": "none"}})
    evidence = container.read(bench.name("quiet")).evidence
    assert evidence.containers[0].exit_code == 3
    assert evidence.logs == ()
    (said,) = evidence.unread
    assert "could not be read" in said
    assert "'none'" in said


def test_a_terminals_log_has_one_stream_and_whole_lines(bench: ContainerBench) -> None:
    bench.python("tty", "print('x' * 40000 + 'end'); print('\\033[31mred\\033[0m')", tty=True)
    with visiting() as connection:
        found = lookup.find(connection, bench.name("tty"))
        past = pastlog.read(connection, found["Id"], (), tty=True, tail=10, since=None)
    assert [line.text for line in past.lines] == ["x" * 40_000 + "end", "red"]
    assert [event.first_line for event in container.read(bench.name("tty")).evidence.logs] == [1, 2]


def test_a_long_line_without_a_terminal_is_whole_too(bench: ContainerBench) -> None:
    ident = bench.python("long", "print('x' * 40000 + 'end'); print('y')")
    with visiting() as connection:
        past = pastlog.read(connection, ident, (), tty=False, tail=10, since=None)
    assert [line.text for line in past.lines] == ["x" * 40_000 + "end", "y"]


def test_created_and_never_started(bench: ContainerBench) -> None:
    bench.create("new", "sleep", "1")
    evidence = container.read(bench.name("new")).evidence
    (state,) = evidence.containers
    assert (state.status, state.exit_code, state.started_at, state.finished_at) == ("created", None, None, None)
    assert (evidence.logs, evidence.unread) == ((), ())


def test_paused(bench: ContainerBench) -> None:
    ident = bench.start("held", "python", "-uc", "print('up'); import time; time.sleep(300)")
    until(lambda: b"up" in bench.api.logs(ident))
    bench.api.pause(ident)
    evidence = container.read(bench.name("held")).evidence
    assert (evidence.containers[0].status, evidence.containers[0].exit_code) == ("paused", None)
    assert [event.text for event in evidence.logs] == ["up"]


def test_only_the_last_lines_are_read_and_it_is_said(bench: ContainerBench) -> None:
    bench.python("many", "for i in range(300): print('line', i)")
    name = bench.name("many")
    evidence = container.read(name, tail=100).evidence
    assert (evidence.logs[0].text, evidence.logs[-1].text, len(evidence.logs)) == ("line 200", "line 299", 100)
    assert evidence.logs[0].first_line == 1
    assert evidence.logs[0].command == f"docker logs --timestamps --tail 100 {name}"
    assert evidence.unread == (f"Only the last 100 lines of the log of {name} were read; there are earlier ones.",)
    assert container.read(name, tail=300).evidence.unread == ()
    assert container.read(name, tail=None).evidence.unread == ()


def test_only_what_was_written_since(bench: ContainerBench) -> None:
    bench.python("old", "print('old')")
    name = bench.name("old")
    soon, past = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)
    assert container.read(name, since=soon).evidence.logs == ()
    assert [event.text for event in container.read(name, since=past).evidence.logs] == ["old"]


def test_it_is_found_by_its_id_its_service_and_its_name_with_a_slash(bench: ContainerBench) -> None:
    service = f"web{bench.tag}"
    ident = bench.python("p_web_1", "print('hi')", labels={"com.docker.compose.service": service})
    for name in (ident, ident[:12], service, f"/{bench.name('p_web_1')}"):
        reading = container.read(name)
        assert reading.evidence.containers[0].name == bench.name("p_web_1")
        assert reading.evidence.containers[0].service == service
        assert reading.evidence.logs[0].service == service


def test_an_unknown_name_gets_the_nearest(bench: ContainerBench) -> None:
    bench.create("taskmanager", "true")
    with pytest.raises(UnknownNameError) as caught:
        container.read(bench.name("taskmanger"))
    assert bench.name("taskmanager") in caught.value.near
    for hostile in ("", "../images", "a/../../info", "*", "x" * 5000, "ünïcode", "-rf"):
        with pytest.raises(UnknownNameError):
            container.read(hostile)


def test_a_service_of_two_containers_is_said_to_be_several(bench: ContainerBench) -> None:
    service = f"web{bench.tag}"
    labels = {"com.docker.compose.service": service, "com.docker.compose.project": bench.tag}
    bench.create("one", "true", labels=labels)
    bench.create("two", "true", labels=labels)
    with pytest.raises(UsageError) as caught:
        container.read(service)
    assert bench.name("one") in caught.value.why
    assert bench.name("two") in caught.value.why
    assert any(f"--compose-project {bench.tag}" in step for step in caught.value.mend)


def test_a_secret_of_the_environment_is_masked_wherever_it_stands(bench: ContainerBench) -> None:
    code = f"import sys; print('connecting with {SECRET}'); print('{SECRET}', file=sys.stderr)"
    url = f"postgresql://app:{SECRET}@db/app"
    bench.python(
        "leaky", code, environment={"DATABASE_URL": url, "DB_PASSWORD": SECRET, "NOTE": SECRET, "APP_USER": "app"}
    )
    reading = container.read(bench.name("leaky"))
    assert SECRET not in repr(reading)
    assert {event.text for event in reading.evidence.logs} == {"connecting with ***", "***"}
    env = reading.evidence.images[0].env
    assert (env["DB_PASSWORD"], env["NOTE"], env["APP_USER"]) == ("***", "***", "app")
    assert reading.database
    assert reading.database.url == url


@pytest.fixture
def postgres(bench: ContainerBench) -> str:
    """The name of a network with a PostgreSQL that is called ``db`` there and published on a port of this machine."""
    network = bench.network()
    ident = bench.start(
        "pg",
        image=POSTGRES,
        network=network,
        aliases=("db", "database.internal"),
        ports=[5432],
        host={"port_bindings": {5432: ("127.0.0.1", None)}},
        environment={"POSTGRES_USER": "app", "POSTGRES_PASSWORD": SECRET, "POSTGRES_DB": "tasks"},
    )
    until(lambda: b"init process complete" in bench.api.logs(ident), timeout=90)
    return network


def test_the_database_that_the_environment_names_is_reached_from_here(bench: ContainerBench, postgres: str) -> None:
    parts = {"PGHOST": "database.internal", "PGUSER": "app", "PGPASSWORD": SECRET, "PGDATABASE": "tasks"}
    urls: dict[str, dict[str, str]] = {
        "alias": {"DATABASE_URL": f"postgresql+asyncpg://app:{SECRET}@db:5432/tasks"},
        "name": {"DATABASE_URL": f"postgres://app:{SECRET}@{bench.name('pg')}/tasks"},
        "parts": parts,
    }
    for role, environment in urls.items():
        bench.create(role, "true", network=postgres, environment=environment)
        reading = container.read(bench.name(role))
        assert reading.database
        assert bench.name("pg") in reading.database.how
        assert SECRET not in repr(reading)
        assert reading.database_url
        until(lambda url=reading.database_url: _asks(url))  # type: ignore[misc]
    own = container.read(bench.name("pg"))
    assert own.database_url
    assert _asks(own.database_url)


def _asks(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as session:
            return session.execute("SELECT current_database()").fetchone() == ("tasks",)
    except psycopg.OperationalError:
        return False


def test_a_database_that_does_not_run_is_said(bench: ContainerBench) -> None:
    network = bench.network()
    bench.create("stopped", "true", network=network, aliases=("db",))
    bench.create("app", "true", network=network, environment={"DATABASE_URL": f"postgresql://a:{SECRET}@db/a"})
    bench.create("lost", "true", network=network, environment={"DATABASE_URL": f"postgresql://a:{SECRET}@nowhere/a"})
    stopped = container.read(bench.name("app"))
    assert stopped.database
    assert stopped.database_url is None
    assert "does not run" in stopped.database.how
    lost = container.read(bench.name("lost"))
    assert lost.database_url == f"postgresql://a:{SECRET}@nowhere:5432/a"


def test_only_asking_and_only_three_times(bench: ContainerBench, listener: Listener) -> None:
    bench.api.inspect_container(bench.python("seen", "print(1)"))
    listener.heard.clear()
    container.read(bench.name("seen"))
    assert [
        (method, path.split("?")[0].partition("/containers/")[2] or path) for method, path in listener.requests()
    ] == [
        ("GET", "/version"),
        ("GET", f"{bench.name('seen')}/json"),
        ("GET", f"{bench.api.inspect_container(bench.name('seen'))['Id']}/logs"),
    ]
    assert all("follow=0" in path for _, path in listener.requests() if "/logs" in path)


def test_looking_for_its_database_and_a_name_only_asks_too(
    bench: ContainerBench, postgres: str, listener: Listener
) -> None:
    bench.create("app", "true", network=postgres, environment={"PGHOST": "db", "PGUSER": "app"})
    with pytest.raises(UnknownNameError):
        container.read(f"{bench.tag}-nobody")
    assert container.read(bench.name("app")).database_url
    assert {method for method, _ in listener.requests()} == {"GET"}


def test_one_that_is_removed_meanwhile(bench: ContainerBench) -> None:
    ident = bench.python("gone", "print(1)")
    bench.remove(ident)
    with visiting() as connection:
        past = pastlog.read(connection, ident, (), tty=False, tail=10, since=None)
        assert lookup.inspected(connection, ident) is None
    assert past.unread == "The container was removed while it was being read."
    assert past.lines == ()


# The SDK leaves its socket open where it is refused.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_an_engine_that_goes_away(bench: ContainerBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ident = bench.python("last", "print(1)")
    with Relay(tmp_path / "s") as relay:
        monkeypatch.setenv("DOCKER_HOST", relay.host)
        with visiting() as connection:
            relay.cut()
            with pytest.raises(EngineLostError) as caught:
                lookup.find(connection, "anything")
            assert any("--logs" in step for step in caught.value.mend)
            assert "broke off" in pastlog.read(connection, ident, (), tty=False, tail=1, since=None).unread
    del caught
    gc.collect()


def test_no_engine_is_said_without_speaking_of_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineUnavailableError) as caught:
        container.read("web")
    assert not any("--engine" in step for step in caught.value.mend)
    assert any("--logs" in step for step in caught.value.mend)
