"""The plain compose file is the lab that ``up`` brings up: same images, same ports, same files, and it works."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
import yaml

from incidentlab import catalogue
from incidentlab.monitoring import config, parts
from incidentlab.monitoring.api import Api
from tests.monitoring.material import require_images

SERVICE = config.folder().parent
FILE = SERVICE / "docker-compose.yml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))["services"]
MONITORING = {
    parts.PROMETHEUS: (parts.PROMETHEUS_IMAGE, parts.PROMETHEUS_PORT),
    parts.ALERTMANAGER: (parts.ALERTMANAGER_IMAGE, parts.ALERTMANAGER_PORT),
    parts.GRAFANA: (parts.GRAFANA_IMAGE, parts.GRAFANA_PORT),
}
PATIENCE = 60.0


def compose() -> tuple[str, ...]:
    """Return the command, or skip with the reason; where Docker is required, so is it."""
    for command in (("docker-compose",), ("docker", "compose")):
        if shutil.which(command[0]) and not subprocess.run([*command, "version"], capture_output=True).returncode:
            return command
    if os.environ.get("INCIDENTLAB_REQUIRE") == "docker":
        pytest.fail("required and not installed here: docker compose")
    pytest.skip("not installed here: docker compose")


def run(words: Sequence[str], env: Mapping[str, str], timeout: float = 300) -> "subprocess.CompletedProcess[str]":
    """Run compose on the file with nothing of this machine's settings."""
    whole = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env}
    with NamedTemporaryFile("r", suffix=".env") as nothing:
        command = [*compose(), "--env-file", nothing.name, "-f", str(FILE), *words]
        return subprocess.run(command, env=whole, capture_output=True, text=True, timeout=timeout)


def test_images_and_ports_are_those_of_the_lab() -> None:
    assert {name: each["image"] for name, each in SERVICES.items() if each.get("profiles") == ["monitoring"]} == {
        name: image for name, (image, _) in MONITORING.items()
    }
    for name, (_, port) in {**MONITORING, "app": ("", 8000)}.items():
        variable = f"{name.upper()}_PORT"
        assert SERVICES[name]["ports"] == [f"127.0.0.1:${{{variable}:-{port}}}:{port}"]  # and from nowhere else
    assert "ports" not in SERVICES["db"]


def test_the_app_is_the_first_scenarios() -> None:
    scenario = catalogue.find("missing-migrations")
    assert SERVICES["db"]["image"] == scenario.database.image
    settings = SERVICES["db"]["environment"]
    assert (settings["POSTGRES_USER"], settings["POSTGRES_DB"]) == (scenario.database.user, scenario.database.name)
    dockerfile = SERVICES["app"]["build"]["dockerfile"]
    for variant in ("broken", "fixed"):
        path = FILE.parent / SERVICES["app"]["build"]["context"] / dockerfile.replace("${VARIANT:-fixed}", variant)
        assert path.resolve() == scenario.variants[variant].dockerfile.resolve()


def test_every_file_that_is_mounted_is_there_and_read_only() -> None:
    mounts = [each.split(":") for service in SERVICES.values() for each in service.get("volumes", ())]
    files = [each for each in mounts if each[0].startswith("./")]
    assert len(files) == 5
    for source, target, mode in files:
        assert (FILE.parent / source).exists(), source
        assert mode == "ro", target


def test_what_prometheus_is_told_to_ask_is_a_service_here() -> None:
    told = yaml.safe_load((config.folder() / "prometheus.yml").read_text("utf-8"))
    named = [target for job in told["scrape_configs"] for each in job["static_configs"] for target in each["targets"]]
    for each in told["alerting"]["alertmanagers"]:
        named += [target for static in each["static_configs"] for target in static["targets"]]
    inside = {
        name: [str(each).rpartition(":")[2] for each in found.get("ports", ())] for name, found in SERVICES.items()
    }
    for target in named:
        name, _, port = target.partition(":")
        assert port in inside[name], target


def test_the_dashboards_are_mounted_where_the_provider_looks() -> None:
    file = config.folder() / "grafana" / "provisioning" / "dashboards" / "taskmanager.yml"
    [provider] = yaml.safe_load(file.read_text("utf-8"))["providers"]
    assert f"./monitoring/grafana/dashboards:{provider['options']['path']}:ro" in SERVICES["grafana"]["volumes"]


@pytest.mark.parametrize(("password", "code"), [("", 64), ("made-up", 127)])
def test_grafana_does_not_start_with_the_password_that_everybody_knows(password: str, code: int) -> None:
    shell, flag, script = SERVICES["grafana"]["entrypoint"]
    words = [shell, flag, script.replace("$$", "$").replace("/run.sh", "/there-is-no-such-program")]
    env = {"PATH": os.environ["PATH"], "GF_SECURITY_ADMIN_PASSWORD": password}
    done = subprocess.run(words, env=env, capture_output=True, text=True)
    assert done.returncode == code
    assert ("set GRAFANA_PASSWORD" in done.stderr) == (not password)


def test_compose_takes_it_and_asks_for_the_one_password_that_all_need() -> None:
    done = run(("--profile", "monitoring", "config", "--services"), {"POSTGRES_PASSWORD": "made-up"})
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"db", "app", *MONITORING}
    assert "set it in the environment" in run(("config",), {}).stderr


@pytest.fixture
def stack() -> Iterator[dict[str, str]]:
    """The environment of a project of this test's own, on free ports; all of it is gone at the end."""
    require_images()
    names = ("APP_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT")
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: str(each.getsockname()[1]) for name, each in zip(names, listeners, strict=True)}
    for each in listeners:
        each.close()
    project = f"incidentlab-test-{secrets.token_hex(4)}"
    env = {"POSTGRES_PASSWORD": secrets.token_hex(8), "COMPOSE_PROJECT_NAME": project, "DOCKER_BUILDKIT": "0", **ports}
    env |= {"COMPOSE_DOCKER_CLI_BUILD": "0"}
    try:
        yield env
    finally:
        done = run(("--profile", "monitoring", "down", "--volumes", "--rmi", "local", "--timeout", "1"), env)
        assert done.returncode == 0, done.stderr


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s"
        time.sleep(0.2)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_stack_tells_of_the_broken_image_and_of_the_fix(stack: dict[str, str]) -> None:
    started = ("up", "--build", "--detach", "db", "app", "prometheus", "alertmanager")
    done = run(started, {**stack, "VARIANT": "broken"})
    assert done.returncode == 0, done.stderr
    prometheus, alertmanager = (
        Api(f"http://127.0.0.1:{stack[f'{name}_PORT']}") for name in ("PROMETHEUS", "ALERTMANAGER")
    )
    until(lambda: [each.name for each in alertmanager.alerts() or ()] == ["TaskManagerDown"])
    assert set(prometheus.rules()) == {each.name for each in config.rules(config.rules_file())}

    done = run(started, {**stack, "VARIANT": "fixed"})
    assert done.returncode == 0, done.stderr
    until(lambda: [each.up for each in prometheus.targets()] == [True])
    until(lambda: alertmanager.alerts() == [])
    assert prometheus.query("taskmanager_migrations_pending")[0]["value"][1] == "0"
    prometheus.close()
    alertmanager.close()
