"""What the Docker engine works out without an engine: names, Dockerfiles, the builder's stream, inspect's answers."""

import subprocess
import sys
from typing import Any

import pytest

from incidentlab.engines._docker import names, recipe
from incidentlab.engines._docker.buildlog import BuildLog
from incidentlab.engines._docker.facts import app_port, container_facts, moment, runs_as_root
from incidentlab.redact import Redactor


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("python:3.11-slim", "mirror:5000/library/python:3.11-slim"),
        ("postgres", "mirror:5000/library/postgres"),
        ("bitnami/postgresql:15", "mirror:5000/bitnami/postgresql:15"),
        ("ghcr.io/astral/uv:1", "ghcr.io/astral/uv:1"),
        ("localhost/mine:1", "localhost/mine:1"),
        ("other:5001/x/y", "other:5001/x/y"),
    ],
)
def test_mirror_has_docker_hubs_images_and_no_others(name: str, there: str) -> None:
    assert names.mirrored(name, "mirror:5000") == there
    assert names.mirrored(name, "") == name


def test_tag_is_always_one_that_docker_allows() -> None:
    assert names.image("missing-migrations", "broken") == "incidentlab/missing-migrations:broken"
    assert names.image("Ünusual__Name!", "--") == "incidentlab/nusual-name:unnamed"


def test_missing_tag_is_latest_also_where_the_registry_has_a_port() -> None:
    assert names.with_tag("mirror:5000/library/postgres") == "mirror:5000/library/postgres:latest"
    assert names.with_tag("postgres:15") == "postgres:15"


DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG VERSION=3.11
FROM --platform=linux/amd64 python:${VERSION}-slim AS build

RUN apt-get update \\
    # a comment between
    && apt-get install -y gcc
FROM build AS second
COPY --from=build /a /b
FROM debian:${CODENAME:-bookworm}
CMD ["sh"]
"""


def test_base_images_are_those_that_no_stage_has_made() -> None:
    assert recipe.base_images(DOCKERFILE) == ("python:3.11-slim", "debian:bookworm")
    assert recipe.base_images("FROM scratch\nCOPY a /\n") == ()


def test_instructions_know_their_first_line() -> None:
    steps = recipe.instructions(DOCKERFILE)
    assert [(step.line, step.word) for step in steps] == [
        (2, "ARG"), (3, "FROM"), (5, "RUN"), (8, "FROM"), (9, "COPY"), (10, "FROM"), (11, "CMD"),
    ]  # fmt: skip
    assert steps[2].text == "RUN apt-get update && apt-get install -y gcc"


@pytest.mark.parametrize(
    "line",
    [
        "RUN --mount=type=cache,target=/x pip install y",
        "COPY --link a b",
        "COPY --chown=1 --link a b",
        "RUN cat <<EOF > /x",
    ],
)
def test_what_only_buildkit_knows_is_recognised(line: str) -> None:
    found = recipe.needs_buildkit(f"FROM x\n{line}\n")
    assert found is not None
    assert found[0].line == 2


@pytest.mark.parametrize("line", ["RUN pip install y", "COPY --chown=1:1 a b", "RUN test 1 -lt 2", "RUN cat < /x"])
def test_plain_instructions_need_no_buildkit(line: str) -> None:
    assert recipe.needs_buildkit(f"FROM x\n{line}\n") is None


def _stream(*lines: str) -> list[dict[str, Any]]:
    return [{"stream": line} for line in lines]


def test_builders_stream_is_understood_though_its_lines_come_in_pieces() -> None:
    log = BuildLog(recipe.instructions("FROM a\nRUN exit $((1+2))\n"))
    told = []
    for item in [
        *_stream("Step 1/3 : FR", "OM a\n", " ---> 0123456789ab\n", "Step 2/3 : RUN exit $((1+2))", "\n"),
        *_stream(" ---> Running in 5b1fbc7d8a36\n", "\x1b[91mtrou", "ble\n\x1b[0m"),
        {"errorDetail": {"code": 3, "message": "returned a non-zero code: 3"}, "error": "returned a non-zero code: 3"},
    ]:
        told += log.read(item)
    assert told == ["1/2 FROM a", "2/2 RUN exit $((1+2))"]
    assert log.failure is not None
    assert (log.failure.step, log.failure.number, log.failure.code) == ("2/2", 2, 3)
    assert log.failure.output == ("trouble",)
    assert log.made == []


def test_a_long_output_keeps_its_first_lines_and_its_last() -> None:
    log = BuildLog(recipe.instructions("FROM a\nRUN useradd --wrong\n"))
    lines = ["useradd: unrecognized option", *(f"  option {number}" for number in range(40))]
    for item in [
        *_stream("Step 2/2 : RUN useradd --wrong\n", *(f"{line}\n" for line in lines)),
        {"errorDetail": {"code": 2}, "error": "returned a non-zero code: 2"},
    ]:
        log.read(item)
    assert log.failure is not None
    output = log.failure.output
    assert (output[0], output[4], output[-1]) == (lines[0], "… (21 lines)", lines[-1])
    assert len(output) == 4 + 1 + 16


def test_only_layers_that_a_build_made_are_its_own() -> None:
    log = BuildLog(recipe.instructions("FROM a\nENV A=1\nENV B=2\n"))
    for item in _stream(
        "Step 1/3 : FROM a\n", " ---> 000000000000\n", "Step 2/3 : ENV A=1\n", " ---> Using cache\n",
        " ---> 111111111111\n", "Step 3/3 : ENV B=2\n", " ---> 222222222222\n",
    ):  # fmt: skip
        log.read(item)
    assert log.made == ["222222222222"]


def _state(**state: Any) -> dict[str, Any]:
    return {"State": {"Status": "exited", "ExitCode": 0, **state}, "RestartCount": 2}


def test_container_that_is_gone_is_missing() -> None:
    facts = container_facts("app", "incidentlab-x-app", None, Redactor())
    assert (facts.status, facts.command) == ("missing", "docker inspect incidentlab-x-app")


def test_oom_kill_health_and_restarts_are_read() -> None:
    inspected = _state(ExitCode=137, OOMKilled=True, Health={"Status": "unhealthy"}, Error="password=hunter22")
    facts = container_facts("app", "x", inspected, Redactor())
    assert (facts.exit_code, facts.oom_killed, facts.health, facts.restarts) == (137, True, "unhealthy", 2)
    assert "hunter22" not in facts.error


def test_the_engines_year_1_is_no_time() -> None:
    assert moment("0001-01-01T00:00:00Z") is None
    at = moment("2024-01-31T12:00:00.123456789+02:00")
    assert at is not None
    assert at.isoformat() == "2024-01-31T10:00:00.123456+00:00"


@pytest.mark.parametrize(("user", "root"), [("", True), ("root", True), ("0:0", True), ("app", False), ("1001", False)])
def test_no_user_is_root(user: str, root: bool) -> None:
    assert runs_as_root({"Config": {"User": user}}) is root


def test_port_is_the_first_that_the_image_exposes() -> None:
    assert app_port({"Config": {"ExposedPorts": {"9000/tcp": {}, "53/udp": {}}}}) == 9000
    assert app_port({"Config": {}}) == 8000


def test_the_sdk_is_not_loaded_before_it_is_used() -> None:
    code = "import sys, incidentlab.engines.docker; print({'docker', 'requests', 'psycopg'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
