"""What every engine promises, held against each of them with a real database and a real app."""

import json
import re
import urllib.request
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from incidentlab.engines._base import Stack
from incidentlab.errors import BuildFailedError, DatabaseNotReadyError
from incidentlab.model.events import LogLine, PhaseEnded, PhaseStarted
from incidentlab.model.scenario import ContextEntry
from tests.engines.harness import HEALTHCHECK, Bench, dockerfile, until


def ask(stack: Stack, path: str = "/") -> dict[str, Any]:
    answer: dict[str, Any] = json.load(urllib.request.urlopen(stack.app_url + path, timeout=10))
    return answer


def serving(stack: Stack) -> Stack:
    stack.start_app()
    until(lambda: any(line.text == "ready" for line in stack.logs("app")))
    return stack


def query(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def test_database_answers_before_the_app_starts(bench: Bench) -> None:
    with bench.up(dockerfile("crash")) as stack:
        assert query(stack.database_url, "SELECT 1") == 1
        assert stack.database().status == "running"
        assert stack.app().status == "created"
        assert {"engine", "postgresql"} <= set(stack.versions)
    bench.assert_nothing_left()


def test_each_run_has_a_password_of_its_own(bench: Bench) -> None:
    passwords = set()
    for _ in range(2):
        with bench.up(dockerfile("crash")) as stack:
            secret = urlsplit(stack.database_url).password
            assert secret in stack.secrets
            passwords.add(secret)
    assert len(passwords) == 2


def test_wrong_password_is_refused(bench: Bench) -> None:
    with bench.up(dockerfile("crash")) as stack:
        secret = urlsplit(stack.database_url).password or ""
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(stack.database_url.replace(secret, "wrong"))


def test_healthy_app_answers_and_its_health_is_seen(bench: Bench) -> None:
    with bench.up(dockerfile("healthy", HEALTHCHECK)) as stack:
        serving(stack)
        assert ask(stack)["uid"] != 0
        until(lambda: stack.app().health == "healthy")
        facts = stack.app()
        assert (facts.status, facts.exit_code) == ("running", None)
        assert facts.started_at is not None
        assert not stack.wait_app_exit(0.01)
    bench.assert_nothing_left()


def test_failing_health_check_makes_it_unhealthy(bench: Bench) -> None:
    with bench.up(dockerfile("sick", HEALTHCHECK)) as stack:
        serving(stack)
        until(lambda: stack.app().health == "unhealthy")
        assert stack.app().status == "running"


def test_crash_shows_exit_code_and_every_line_in_order_without_secrets(bench: Bench) -> None:
    with bench.up(dockerfile("crash")) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        lines = stack.logs("app")
        facts = stack.app()
        assert (facts.status, facts.exit_code, facts.oom_killed) == ("exited", 1, False)
        assert facts.started_at is not None
        assert facts.finished_at is not None
        assert facts.finished_at >= facts.started_at
        assert [line.text for line in lines[:200]] == [f"line {number}" for number in range(200)]
        assert [line.number for line in lines] == list(range(1, len(lines) + 1))
        assert lines[200].text.startswith("cannot use postgresql://")
        secret = stack.secrets[0]
    told = [event for event in bench.events if isinstance(event, LogLine)]
    assert [line for line in told if line.source == "app"] == list(lines)
    assert not any(secret in line.text for line in told)


def test_noisy_app_is_captured_whole_and_clean(bench: Bench) -> None:
    with bench.up(dockerfile("noisy")) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        texts = [line.text for line in stack.logs("app")]
    assert texts[:20_000] == [f"line {number}" for number in range(20_000)]
    assert texts[20_000] == "red bell [/bold] :smile: array[int]"
    assert texts[20_001].startswith("x" * 60_000)
    assert len(texts[20_001]) < 70_000
    assert texts[20_002] == "caf\N{REPLACEMENT CHARACTER} without an end"
    assert not any(re.search(r"[\x00-\x08\x0b-\x1f]", text) for text in texts)


def test_waiting_for_a_dead_app_returns_at_once(bench: Bench) -> None:
    with bench.up(dockerfile("crash")) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        waiter = Thread(target=stack.wait_app_exit, args=(60,))
        waiter.start()
        waiter.join(2)
        assert not waiter.is_alive()


def test_missing_program_shows_as_never_started(bench: Bench) -> None:
    with bench.up(dockerfile("crash").replace('"python"', '"pyhton"')) as stack:
        stack.start_app()
        assert stack.wait_app_exit(10)
        facts = stack.app()
        assert (facts.status, facts.exit_code) == ("created", 127)
        assert "pyhton" in facts.error
    bench.assert_nothing_left()


def test_environment_is_the_images_and_the_variants_and_not_ours(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_THE_CALLER", "1")
    text = dockerfile("healthy", "ARG GREETING=hello", "ENV FIRST=${GREETING}-${NOBODY:-you} SECOND='two words'")
    with bench.up(text, env={"SECOND": "from the variant", "THIRD": "3"}) as stack:
        env = ask(serving(stack))["env"]
        assert (env["FIRST"], env["SECOND"], env["THIRD"]) == ("hello-you", "from the variant", "3")
        assert "FROM_THE_CALLER" not in env
        assert env["DATABASE_URL"].startswith("postgresql")


def test_image_facts_tell_how_it_starts(bench: Bench) -> None:
    with bench.up(dockerfile("healthy", HEALTHCHECK, "ENV API_TOKEN=abcdefgh")) as stack:
        image = stack.image()
        assert image.cmd == ("python", "patient.py", "healthy", "0.0.0.0", "8000")
        assert (image.user, image.workdir, image.exposed) == ("1001", "/app", ("8000/tcp",))
        assert image.healthcheck[:2] == ("CMD", "python")
        assert image.env["API_TOKEN"] == "***"
        assert (stack.project / "patient.py").is_file()
        assert (stack.project / "Dockerfile").read_text("utf-8") == dockerfile(
            "healthy", HEALTHCHECK, "ENV API_TOKEN=abcdefgh"
        )


def test_ports_are_bound_to_this_machine_alone(bench: Bench) -> None:
    with bench.up(dockerfile("healthy")) as stack:
        serving(stack)
        ports = {urlsplit(url).port for url in (stack.app_url, stack.database_url)}
        listening = [
            (each.laddr[0], each.laddr[1])
            for each in psutil.net_connections("inet")
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr[1] in ports
        ]
        assert {ip for ip, _ in listening} == {"127.0.0.1"}
        assert {port for _, port in listening} == ports


def test_database_settings_are_honoured(bench: Bench) -> None:
    with bench.up(dockerfile("crash"), settings={"max_connections": "7", "work_mem": "1MB"}) as stack:
        assert query(stack.database_url, "SHOW max_connections") == "7"
        assert query(stack.database_url, "SHOW work_mem") == "1MB"
        assert (
            query(stack.database_url, "SELECT current_database() || '/' || current_user") == "taskmanager/taskmanager"
        )


def test_database_log_is_told(bench: Bench) -> None:
    with bench.up(dockerfile("crash"), settings={"log_statement": "all"}) as stack:
        query(stack.database_url, "SELECT 'a statement to be seen'")
        until(lambda: any("a statement to be seen" in line.text for line in stack.logs("database")))
        assert not any(stack.secrets[0] in line.text for line in stack.logs("database"))


def test_database_that_cannot_start_is_said_with_its_reason(bench: Bench) -> None:
    with (
        pytest.raises(DatabaseNotReadyError) as caught,
        bench.up(dockerfile("crash"), settings={"no_such_setting": "1"}),
    ):
        pytest.fail("a stack without a database was given")
    assert "no_such_setting" in caught.value.why
    assert caught.value.mend
    bench.assert_nothing_left()


def test_failing_build_is_named_with_its_line(bench: Bench) -> None:
    with pytest.raises(BuildFailedError) as caught, bench.up(dockerfile("crash", "COPY no-such-file /app/")):
        pytest.fail("a stack without an image was given")
    assert "no-such-file" in f"{caught.value.what} {caught.value.why}"
    assert caught.value.mend
    bench.assert_nothing_left()


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_after_trouble_inside(bench: Bench, problem: type[BaseException]) -> None:
    def live_and_fail() -> None:
        with bench.up(dockerfile("healthy")) as stack:
            serving(stack)
            raise problem

    with pytest.raises(problem):
        live_and_fail()
    bench.assert_nothing_left()


def test_app_that_ignores_sigterm_is_ended_with_its_runaway_child(bench: Bench) -> None:
    with bench.up(dockerfile("stubborn")) as stack:
        serving(stack)
    bench.assert_nothing_left()


def test_kept_stack_stays_until_it_is_removed(bench: Bench) -> None:
    request = bench.request(dockerfile("healthy"))
    with bench.start(request) as stack:
        serving(stack)
        request.keep.set()
    assert ask(stack)["cwd"].endswith("/app")
    assert query(stack.database_url, "SELECT 1") == 1
    found = bench.leftovers()
    assert found
    assert request.run not in {left.run for left in bench.engine.leftovers(frozenset({request.run}))}
    for left in found:
        bench.engine.remove(left)
        bench.engine.remove(left)  # gone already is fine
    bench.assert_nothing_left()


def test_two_stacks_live_side_by_side(bench: Bench) -> None:
    with bench.up(dockerfile("healthy")) as one, bench.up(dockerfile("healthy")) as two:
        serving(one)
        serving(two)
        assert one.app_url != two.app_url
        assert one.database_url != two.database_url
        query(one.database_url, "SELECT 1 FROM (SELECT set_config('x.y', 'z', false)) AS _")
        with psycopg.connect(one.database_url) as connection:
            connection.execute("CREATE TABLE only_here (id int)")
        assert query(two.database_url, "SELECT count(*) FROM pg_class WHERE relname = 'only_here'") == 0
    bench.assert_nothing_left()


def test_phases_are_told_from_start_to_end(bench: Bench) -> None:
    with bench.up(dockerfile("crash")):
        assert {event.phase for event in bench.events if isinstance(event, PhaseEnded)} >= {"build", "database"}
    started = [event.phase for event in bench.events if isinstance(event, PhaseStarted)]
    ended = [event.phase for event in bench.events if isinstance(event, PhaseEnded)]
    assert sorted(started) == sorted(ended) == ["build", "database", "teardown"]
    assert all(event.ok for event in bench.events if isinstance(event, PhaseEnded))


def test_a_script_whose_interpreter_is_not_there_does_not_run_and_the_reason_is_kept(
    bench: Bench, tmp_path: Path
) -> None:
    script = tmp_path / "context" / "start.sh"
    script.parent.mkdir()
    script.write_bytes(b"#!/bin/sh\r\necho it runs\r\n")
    script.chmod(0o755)
    text = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nUSER 1001\nEXPOSE 8000\nCMD ["./start.sh"]\n'
    with bench.up(text, context=(ContextEntry(".", script.parent),)) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        said = [stack.app().error, *(line.text for line in stack.logs("app"))]
    assert [each for each in said if each] in (
        ["exec ./start.sh: no such file or directory"],  # of the runtime, in the log
        ['exec: "./start.sh": no such file or directory'],  # as an engine says it that never came so far
    )
