"""What we read from compose files is what compose itself reads from them, where its command is installed."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from incidentlab.collectors import compose
from incidentlab.model.compose import ComposeService

_COMMANDS = (("docker-compose",), ("docker", "compose"))

FILES: dict[str, dict[str, str]] = {
    "short forms": {
        "docker-compose.yml": """
version: "3.8"
services:
  web:
    image: "web:${TAG:-1}"
    command: sh -c 'echo "a b" $$HOME' last
    environment: [A=1, "B=x=y", "C=${NONE:-d}", "D=${EMPTY-d}", "E=${EMPTY:-e}"]
    depends_on: [db]
    restart: "no"
    user: "1000"
  db: {image: postgres:15}
"""
    },
    "long forms": {
        "docker-compose.yml": """
version: "2.4"
services:
  web:
    build: {context: ., dockerfile: D}
    entrypoint: ["sh", "-c", "true"]
    environment: {A: "on", B: 1, C: "0600"}
    depends_on: {db: {condition: service_healthy}}
    restart: on-failure:3
  db:
    image: postgres
    healthcheck: {test: pg_isready, interval: 5s}
    scale: 3
"""
    },
    "anchors": {
        "docker-compose.yml": """
version: "3.4"
x-env: &env {A: "1", B: "1"}
x-base: &base {image: base, restart: always, environment: *env}
services:
  one: {<<: *base, command: one}
  two:
    <<: [*base, {image: other, user: "5"}]
    environment: {<<: *env, B: "2"}
"""
    },
    "override": {
        "docker-compose.yml": """
version: "3.8"
services:
  web:
    image: web:1
    command: one
    environment: {A: "1", B: "1"}
    depends_on: [db]
  db: {image: postgres, entrypoint: a b}
""",
        "docker-compose.override.yml": """
version: "3.8"
services:
  web:
    command: ["two", "2"]
    environment: [B=2, C=3]
    depends_on: [cache]
  cache: {image: "redis:${TAG}"}
""",
        ".env": "TAG='7 # x' # comment\n",
    },
    "extends": {
        "docker-compose.yml": """
version: "2.4"
services:
  a: {extends: {file: sub/base.yml, service: base}, environment: {X: own}}
  b: {extends: {service: a}, command: b}
""",
        "sub/base.yml": """
version: "2.4"
services:
  base: {image: base, environment: {X: base, Y: base}, env_file: e.env, restart: always}
""",
        "sub/e.env": 'Z=file\nY=file\nexport W="a b" # c\n# no\n',
    },
    "environment files": {
        "docker-compose.yml": """
version: "3.8"
services:
  web: {image: x, env_file: [a.env, b.env], environment: [FROM_FILE, FROM_SHELL, OWN=1]}
""",
        ".env": "FROM_FILE=dotenv\nFROM_SHELL=dotenv\n",
        "a.env": "A=1\nB=1\nOWN=2\nQ='x y'\nH=a#b\nI=a #b\n",
        "b.env": "B=2\nE=\n",
    },
}


def _compose_command() -> tuple[str, ...]:
    for command in _COMMANDS:
        if shutil.which(command[0]) and not subprocess.run([*command, "version"], capture_output=True).returncode:
            return command
    pytest.skip("docker compose is not installed: apt-get install docker-compose")


def _as_compose_reads(folder: Path) -> dict[str, Any]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "FROM_SHELL": "shell", "EMPTY": ""}
    done = subprocess.run([*_compose_command(), "config"], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


@pytest.mark.parametrize("case", FILES)
def test_services_as_compose_itself_reads_them(case: str, tmp_path: Path) -> None:
    for name, text in FILES[case].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    expected = _as_compose_reads(tmp_path)["services"]
    facts = compose.read_files([tmp_path], environment={"FROM_SHELL": "shell", "EMPTY": ""})
    assert {one.name for one in facts.services} == set(expected)
    for one in facts.services:
        assert _shown(one) == _theirs(expected[one.name]), json.dumps(expected[one.name], indent=1)


def _shown(service: ComposeService) -> dict[str, Any]:
    return {
        "image": service.image,
        "command": list(service.command) if service.command else None,
        "entrypoint": list(service.entrypoint) if service.entrypoint else None,
        "environment": dict(service.environment),
        "depends_on": {each.service: each.condition for each in service.depends_on},
        "restart": service.restart,
        "user": service.user,
        "replicas": service.replicas,
        "test": list(service.healthcheck),
    }


def _theirs(service: dict[str, Any]) -> dict[str, Any]:
    depends = service.get("depends_on") or {}
    if isinstance(depends, list):
        depends = {name: {"condition": "service_started"} for name in depends}
    return {
        "image": service.get("image", ""),
        "command": _words(service.get("command")),
        "entrypoint": _words(service.get("entrypoint")),
        "environment": {name: _undoubled(str(value)) for name, value in (service.get("environment") or {}).items()},
        "depends_on": {name: how["condition"] for name, how in depends.items()},
        "restart": service.get("restart", ""),
        "user": service.get("user", ""),
        "replicas": int(service.get("scale") or (service.get("deploy") or {}).get("replicas") or 1),
        "test": _test((service.get("healthcheck") or {}).get("test") or []),
    }


def _test(written: Any) -> list[str]:
    return ["CMD-SHELL", written] if isinstance(written, str) else list(written)


def _words(written: Any) -> list[str] | None:
    words = shlex.split(written) if isinstance(written, str) else written
    return [_undoubled(word) for word in words] if words else None


def _undoubled(text: str) -> str:
    return text.replace("$$", "$")
