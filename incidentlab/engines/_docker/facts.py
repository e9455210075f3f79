"""What the engine's inspect says, as facts of the model."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from incidentlab.model.evidence import ContainerFacts, ImageFacts
from incidentlab.redact import Redactor

_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$")


def container_facts(role: str, name: str, inspected: Mapping[str, Any] | None, redactor: Redactor) -> ContainerFacts:
    """Return the state of a container; ``inspected`` is ``None`` where the engine does not know it any more.

    One whose start the engine refused stays created, with an exit code: 127 where its command was not found.
    """
    command = f"docker inspect {name}"
    if inspected is None:
        return ContainerFacts(f"container:{role}", name, "missing", command=command)
    state = inspected["State"]
    status = _status(state)
    return ContainerFacts(
        id=f"container:{role}",
        name=name,
        status=status,
        exit_code=_exit_code(status, state),
        oom_killed=bool(state.get("OOMKilled")),
        restarts=int(inspected.get("RestartCount") or 0),
        health=_health(state),
        started_at=moment(state.get("StartedAt")),
        finished_at=moment(state.get("FinishedAt")) if status == "exited" else None,
        error=redactor.text(str(state.get("Error") or "")),
        command=command,
    )


def image_facts(tag: str, inspected: Mapping[str, Any], base: str, redactor: Redactor) -> ImageFacts:
    """Return how an image starts."""
    config = inspected.get("Config") or {}
    pairs = (item.partition("=") for item in config.get("Env") or ())
    return ImageFacts(
        id="image:app",
        name=tag,
        cmd=tuple(config.get("Cmd") or ()),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        user=config.get("User") or "",
        workdir=config.get("WorkingDir") or "",
        env=redactor.environment({name: value for name, _, value in pairs}),
        exposed=tuple(config.get("ExposedPorts") or ()),
        healthcheck=tuple((config.get("Healthcheck") or {}).get("Test") or ()),
        base=base,
        size=inspected.get("Size"),
        command=f"docker image inspect {tag}",
    )


def runs_as_root(inspected: Mapping[str, Any]) -> bool:
    """Whether an image's USER is root, or nobody in particular, which is root too."""
    user = str((inspected.get("Config") or {}).get("User") or "").partition(":")[0]
    return user in {"", "0", "root"}


def app_port(inspected: Mapping[str, Any], default: int = 8000) -> int:
    """Return the port the app serves on: the first TCP port that its image exposes."""
    exposed = (inspected.get("Config") or {}).get("ExposedPorts") or {}
    ports = [int(name.partition("/")[0]) for name in exposed if name.endswith("/tcp")]
    return min(ports, default=default)


def moment(text: Any) -> datetime | None:
    """Return one of the engine's times; it writes the year 1 where there is none."""
    found = _TIME.match(str(text or ""))
    if not found or found[1].startswith("0001-"):
        return None
    zone = "+00:00" if found[3] == "Z" else found[3]
    return datetime.fromisoformat(f"{found[1]}.{(found[2] or '0').ljust(6, '0')[:6]}{zone}").astimezone(UTC)


def _status(state: Mapping[str, Any]) -> Literal["created", "running", "exited", "missing"]:
    status = state.get("Status")
    if status in {"running", "restarting", "paused", "removing"}:
        return "running"
    return "created" if status == "created" else "exited"


def _exit_code(status: str, state: Mapping[str, Any]) -> int | None:
    code = int(state.get("ExitCode") or 0)
    return code if status == "exited" or (status == "created" and code) else None


def _health(state: Mapping[str, Any]) -> Literal["none", "starting", "healthy", "unhealthy"]:
    status = (state.get("Health") or {}).get("Status")
    return status if status in {"starting", "healthy", "unhealthy"} else "none"
