"""What only the Docker engine has to promise, on a real one: builds, interruptions, and an engine that goes away."""

import gc
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from docker.errors import NotFound

from incidentlab.engines._base import Stack, StackRequest
from incidentlab.engines._docker import names
from incidentlab.engines._docker.client import connected
from incidentlab.errors import BuildFailedError, EngineLostError, ImageUnavailableError
from incidentlab.model.events import Event, LogLine, PhaseEnded, PhaseProgress, PhaseStarted
from tests.engines.docker_ways import Relay
from tests.engines.harness import Bench, engine_named, until

pytestmark = pytest.mark.docker


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[Bench]:
    """Return the Docker engine on a bench that is swept by label afterwards, and is found clean before that."""
    bench = Bench(engine_named("docker"), tmp_path)
    yield bench
    left = bench.leftovers()
    for each in left:
        bench.engine.remove(each)
    assert left == []


def python(code: str, *extra: str) -> str:
    """Return a Dockerfile whose app is a line of Python."""
    command = json.dumps(["python", "-u", "-c", code])
    return "\n".join(["FROM python:3.11-slim", *extra, "USER 1001", "EXPOSE 8000", f"CMD {command}", ""])


def fail_to_start(docker: Bench, request: StackRequest) -> None:
    with docker.start(request):
        pytest.fail("a stack was given")


def layers_of(mark: str) -> set[str]:
    """Return the nameless images that were made with a mark in one of their steps."""
    with connected() as connection:
        api: Any = connection.api
        found = set()
        for image in api.images(filters={"dangling": True}):
            with suppress(NotFound):  # another test's, gone meanwhile
                if mark in json.dumps(api.history(image["Id"])):
                    found.add(image["Id"])
        return found


def test_build_is_told_step_by_step(docker: Bench) -> None:
    with docker.up(python("pass", f"ENV UNIQUE={secrets.token_hex(4)}")):
        told = [event.text for event in docker.events if isinstance(event, PhaseProgress) and event.phase == "build"]
    assert told[0] == "1/5 FROM python:3.11-slim"
    assert [text[:4] for text in told if "cache" not in text] == ["1/5 ", "2/5 ", "3/5 ", "4/5 ", "5/5 "]


def test_failed_step_is_named_with_line_code_and_output_and_leaves_no_layer(docker: Bench) -> None:
    mark = secrets.token_hex(4)
    with pytest.raises(BuildFailedError) as caught:
        fail_to_start(
            docker, docker.request(python("pass", f"ENV UNIQUE={mark}", "RUN echo to-be-seen && \\\n    exit 3"))
        )
    assert "line 3" in caught.value.what
    assert "step 3/6" in caught.value.what
    assert "exit code 3" in caught.value.why
    assert "to-be-seen" in caught.value.why
    assert not layers_of(mark)


@pytest.mark.parametrize("line", ["RUN --mount=type=cache,target=/x true", "RUN <<EOF\ntrue\nEOF"])
def test_what_only_buildkit_knows_is_said_so(docker: Bench, line: str) -> None:
    with pytest.raises(BuildFailedError) as caught:
        fail_to_start(docker, docker.request(python("pass", line)))
    assert "needs BuildKit" in caught.value.what
    assert "line 2" in caught.value.what


def test_base_image_that_is_not_to_be_had(docker: Bench) -> None:
    with pytest.raises(ImageUnavailableError) as caught:
        fail_to_start(docker, docker.request('FROM localhost:1/no/such:1\nCMD ["x"]\n'))
    assert "localhost:1/no/such:1" in caught.value.what
    assert caught.value.why


def test_silent_build_ends_at_its_deadline(docker: Bench) -> None:
    unique = f"ENV UNIQUE={secrets.token_hex(4)}"
    began = time.monotonic()
    with pytest.raises(BuildFailedError) as caught:
        fail_to_start(docker, docker.request(python("pass", unique, "RUN sleep 120"), timeout=6))
    assert time.monotonic() - began < 40
    assert "3/6" in caught.value.what
    assert "longer than 6 s" in caught.value.why
    assert_no_build_container("sleep 120")


def assert_no_build_container(command: str) -> None:
    """The builder's own containers carry no label of ours; the engine removes them when the connection closes."""

    def none() -> bool:
        with connected() as connection:
            return not any(command in str(each.get("Command")) for each in connection.api.containers(all=True))

    until(none)


def test_two_thousand_lines_of_both_streams_come_whole_and_each_in_order(docker: Bench) -> None:
    code = "import sys\nfor n in range(1000):\n print(f'out {n}')\n print(f'err {n}', file=sys.stderr)"
    with docker.up(python(code)) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        lines = stack.logs("app")
    for stream, word in (("stdout", "out"), ("stderr", "err")):
        assert [line.text for line in lines if line.stream == stream] == [f"{word} {n}" for n in range(1000)]
    assert [line.number for line in lines] == list(range(1, 2001))
    assert len({line.at for line in lines}) > 100


def test_memory_beyond_the_limit_is_an_oom_kill(docker: Bench) -> None:
    with docker.up(python("x = b'x' * (1 << 30)")) as stack:
        stack.start_app()
        assert stack.wait_app_exit(60)
        facts = stack.app()
    assert (facts.exit_code, facts.oom_killed) == (137, True)


def test_exit_is_seen_in_the_moment_it_happens(docker: Bench) -> None:
    with docker.up(python("pass")) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        finished = stack.app().finished_at
        assert finished is not None
        assert time.time() - finished.timestamp() < 1.5


def everything_known(run: str) -> str:
    """Return all that the engine shows of a run's containers, network and images, the app's environment apart."""
    with connected() as connection:
        api: Any = connection.api
        found = []
        for item in api.containers(all=True, filters=names.of_run(run)):
            inspected = api.inspect_container(item["Id"])
            environment = inspected["Config"].pop("Env")
            found += [inspected, api.inspect_image(inspected["Image"]), api.history(inspected["Image"])]
            if inspected["Name"].endswith("-db"):
                found.append(environment)
        found.append(api.networks(filters=names.of_run(run)))
        return json.dumps(found)


def test_no_label_image_or_history_holds_a_password(docker: Bench) -> None:
    request = docker.request(python("import time; time.sleep(60)"))
    with docker.start(request) as stack:
        shown = everything_known(request.run)
        assert stack.secrets
        assert not [secret for secret in stack.secrets if secret in shown]
        assert names.container(request.run, "db") in shown


def test_containers_are_locked_down(docker: Bench) -> None:
    request = docker.request(python("import time; time.sleep(60)"))
    with docker.start(request) as stack, connected() as connection:
        stack.start_app()
        app = connection.api.inspect_container(names.container(request.run, "app"))
        host = app["HostConfig"]
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges"]
        assert host["RestartPolicy"]["Name"] == "no"
        assert {bind["HostIp"] for ports in app["NetworkSettings"]["Ports"].values() for bind in ports} == {"127.0.0.1"}
        assert list(app["NetworkSettings"]["Networks"]) == [names.network(request.run)]


def test_port_that_is_taken_in_the_last_moment_is_exchanged(docker: Bench) -> None:
    with docker.up(python("import time; time.sleep(60)")) as stack:
        taken = int(stack.app_url.rpartition(":")[2])
        with socket.socket() as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            thief.bind(("127.0.0.1", taken))
            thief.listen()
            stack.start_app()
            assert stack.app().status == "running"
            assert int(stack.app_url.rpartition(":")[2]) != taken
            assert any(str(taken) in note for note in stack.notes)


def test_app_that_runs_as_root_is_noted(docker: Bench) -> None:
    with docker.up(python("pass").replace("USER 1001\n", "")) as stack:
        assert any("root" in note for note in stack.notes)


def test_image_that_a_newer_one_supersedes_can_be_cleaned(docker: Bench) -> None:
    mark = secrets.token_hex(4)
    for line in (f"ENV UNIQUE={mark}", f"ENV UNIQUE={secrets.token_hex(4)}"):
        with docker.up(python("pass", line)):
            pass
    (nameless,) = layers_of(mark)
    (listed,) = [each for each in docker.engine.leftovers(frozenset()) if each.name == nameless]
    docker.engine.remove(listed)
    assert not layers_of(mark)


def _is_step(number: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, PhaseProgress) and event.text.startswith(f"{number}/")


MOMENTS: dict[str, Callable[[Event], bool]] = {
    "build starts": lambda event: isinstance(event, PhaseStarted) and event.phase == "build",
    "database starts": lambda event: isinstance(event, PhaseStarted) and event.phase == "database",
    "build is at a step": _is_step(3),
    "build ends": lambda event: isinstance(event, PhaseEnded) and event.phase == "build",
    "database ends": lambda event: isinstance(event, PhaseEnded) and event.phase == "database",
    "database's first line": lambda event: isinstance(event, LogLine) and event.source == "database",
    "app's first line": lambda event: isinstance(event, LogLine) and event.source == "app",
    "teardown starts": lambda event: isinstance(event, PhaseStarted) and event.phase == "teardown",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_interruption_at_any_moment_leaves_nothing(docker: Bench, moment: str) -> None:
    def tell(event: Event) -> None:
        if MOMENTS[moment](event):
            raise KeyboardInterrupt

    def live() -> None:
        request = docker.request(python("import time; print('hello'); time.sleep(60)", "RUN true"))
        with docker.engine.start(request, tell) as stack:
            stack.start_app()
            stack.wait_app_exit(5)
            stack.wait_app_exit(5)

    with pytest.raises(KeyboardInterrupt):
        live()
    docker.assert_nothing_left()


def test_interruption_in_a_running_step_ends_the_step(docker: Bench) -> None:
    def tell(event: Event) -> None:
        if _is_step(3)(event):
            raise KeyboardInterrupt

    unique = f"ENV UNIQUE={secrets.token_hex(4)}"
    with (
        pytest.raises(KeyboardInterrupt),
        docker.engine.start(docker.request(python("pass", unique, "RUN sleep 121")), tell),
    ):
        pytest.fail("a stack was given")
    assert_no_build_container("sleep 121")
    docker.assert_nothing_left()


def _calls(stack: Stack) -> list[Callable[[], object]]:
    return [stack.app, stack.database, stack.start_app]


# The SDK leaves a socket open that is refused; what collects it is at once called a failure otherwise.
leaky = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@leaky
def test_engine_that_goes_away_is_said_so_and_what_may_be_left(
    docker: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = docker.request(python("import time; time.sleep(60)"))
    with Relay(tmp_path / "relay.sock") as relay, monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", relay.host)

        def live() -> None:
            with docker.start(request) as stack:
                stack.start_app()
                relay.cut()
                until(lambda: _is_lost(lambda: stack.wait_app_exit(1)))
                for call in _calls(stack):
                    assert _is_lost(call)

        with pytest.raises(EngineLostError) as caught:
            live()
    assert request.run in f"{caught.value.what} {caught.value.why}"
    assert any("incidentlab clean" in step for step in caught.value.mend)
    left = docker.leftovers()
    assert {each.kind for each in left} == {"container", "network"}
    for each in left:
        docker.engine.remove(each)
    docker.assert_nothing_left()
    del caught
    gc.collect()


def _is_lost(call: Callable[[], object]) -> bool:
    try:
        call()
    except EngineLostError as error:
        return bool(error.mend)
    return False


@leaky
def test_engine_that_goes_away_during_the_build(docker: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unique = f"ENV UNIQUE={secrets.token_hex(4)}"
    request = docker.request(python("pass", unique, "RUN sleep 122"))
    with Relay(tmp_path / "relay.sock") as relay, monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", relay.host)

        def tell(event: Event) -> None:
            if _is_step(3)(event):
                Thread(target=relay.cut).start()

        with pytest.raises(EngineLostError), docker.engine.start(request, tell):
            pytest.fail("a stack was given")
    for each in docker.leftovers():
        docker.engine.remove(each)
    assert_no_build_container("sleep 122")
    gc.collect()


def test_kept_images_are_listed_without_a_run_and_only_with_our_label(docker: Bench) -> None:
    with docker.up(python("pass")):
        pass
    images = [each for each in docker.engine.leftovers(frozenset()) if each.kind == "image"]
    assert {each.run for each in images} == {""}
    assert "incidentlab/patient:broken" in {each.name for each in images}
    assert not {each.name for each in images} & {"python:3.11-slim", "postgres:15"}


def test_lost_password_means_priming_again(docker: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTLAB_HOME", str(tmp_path / "home"))
    with docker.up(python("pass")):
        pass
    (kept,) = (tmp_path / "home").rglob("postgres-*.json")
    assert kept.stat().st_mode & 0o077 == 0
    forged = json.loads(kept.read_text("utf-8")) | {"password": "not the one it was"}
    kept.write_text(json.dumps(forged), "utf-8")
    with docker.up(python("pass")) as stack:
        assert stack.database().status == "running"
    assert not kept.exists()
