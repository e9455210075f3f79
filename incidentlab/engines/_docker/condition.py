"""A user's container as facts: how it fares, and with which configuration it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from incidentlab.engines._docker.facts import moment
from incidentlab.logtext import clean_line
from incidentlab.model.evidence import ContainerFacts, ImageFacts
from incidentlab.redact import Redactor

Status = Literal["created", "running", "restarting", "paused", "exited", "dead", "missing"]

_HEALTH_OUTPUT = 2_000  # characters of the last health check's output that are kept
# Docker's words and Podman's; what is being removed is as good as gone.
_STATUS: Mapping[str, Status] = {
    "created": "created",
    "configured": "created",
    "initialized": "created",
    "running": "running",
    "stopping": "running",
    "restarting": "restarting",
    "paused": "paused",
    "exited": "exited",
    "stopped": "exited",
    "dead": "dead",
    "removing": "missing",
}


def name_of(inspected: Mapping[str, Any]) -> str:
    """Return the container's name."""
    return str(inspected.get("Name") or "").lstrip("/") or str(inspected["Id"])[:12]


def environment(inspected: Mapping[str, Any]) -> dict[str, str]:
    """Return its environment with all secrets in it; redact before anything of it is kept."""
    config = inspected.get("Config") or {}
    pairs = (str(item).partition("=") for item in config.get("Env") or ())
    return {name: value for name, _, value in pairs}


def has_terminal(inspected: Mapping[str, Any]) -> bool:
    """Whether it was made with a terminal; its log is then one stream."""
    return bool((inspected.get("Config") or {}).get("Tty"))


def log_driver(inspected: Mapping[str, Any]) -> str:
    """Return where its output goes: ``json-file``, ``local``, ``none``, ``syslog``."""
    return str(((inspected.get("HostConfig") or {}).get("LogConfig") or {}).get("Type") or "")


def restart_policy(inspected: Mapping[str, Any]) -> str:
    """Return when the engine starts it again: ``no``, ``always``, ``unless-stopped``, ``on-failure``."""
    return str(((inspected.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name") or "no")


def container_facts(inspected: Mapping[str, Any], redactor: Redactor, label: str, service: str = "") -> ContainerFacts:
    """Return how a container fares; its id is ``container:LABEL``.

    One whose start the engine refused is ``created`` with an exit code: 127 where its command was not found. One that
    the engine is about to start again has the exit code of its last life.
    """
    state = inspected["State"]
    name = name_of(inspected)
    status: Status = "restarting" if state.get("Restarting") else _STATUS.get(str(state.get("Status")), "exited")
    code = int(state.get("ExitCode") or 0)
    ended = status in {"exited", "dead", "restarting", "missing"}
    return ContainerFacts(
        id=f"container:{label}",
        name=name,
        status=status,
        exit_code=code if ended or (status == "created" and code) else None,
        oom_killed=bool(state.get("OOMKilled")),
        restarts=int(inspected.get("RestartCount") or 0),
        health=_health(state),
        started_at=moment(state.get("StartedAt")),
        finished_at=moment(state.get("FinishedAt")) if ended else None,
        error=redactor.text(clean_line(str(state.get("Error") or ""))),
        command=f"docker inspect {name}",
        service=service,
        image=str((inspected.get("Config") or {}).get("Image") or ""),
        health_output=_health_output(state, redactor),
        networks=tuple((inspected.get("NetworkSettings") or {}).get("Networks") or ()),
    )


def configuration(inspected: Mapping[str, Any], redactor: Redactor, label: str, service: str = "") -> ImageFacts:
    """Return what it was made with: its image's configuration with all that was set when it was created."""
    config = inspected.get("Config") or {}
    return ImageFacts(
        id=f"image:{label}",
        name=str(config.get("Image") or ""),
        cmd=_words(config.get("Cmd"), redactor),
        entrypoint=_words(config.get("Entrypoint"), redactor),
        user=str(config.get("User") or ""),
        workdir=str(config.get("WorkingDir") or ""),
        env=redactor.environment(environment(inspected)),
        exposed=tuple(config.get("ExposedPorts") or ()),
        healthcheck=_words((config.get("Healthcheck") or {}).get("Test"), redactor),
        command=f"docker inspect {name_of(inspected)}",
        service=service,
        memory_limit=int((inspected.get("HostConfig") or {}).get("Memory") or 0) or None,
    )


def _words(written: Any, redactor: Redactor) -> tuple[str, ...]:
    # Podman gives an entrypoint as one string.
    words = [written] if isinstance(written, str) else written or ()
    return tuple(redactor.text(str(word)) for word in words)


def _health(state: Mapping[str, Any]) -> Literal["none", "starting", "healthy", "unhealthy"]:
    status = (state.get("Health") or state.get("Healthcheck") or {}).get("Status")
    return status if status in {"starting", "healthy", "unhealthy"} else "none"


def _health_output(state: Mapping[str, Any], redactor: Redactor) -> str:
    checks = (state.get("Health") or state.get("Healthcheck") or {}).get("Log") or ()
    if not checks:
        return ""
    lines = str(checks[-1].get("Output") or "")[: 2 * _HEALTH_OUTPUT].splitlines()
    said = redactor.text("\n".join(clean_line(line) for line in lines)).strip()
    code = checks[-1].get("ExitCode")
    return (f"exit code {code}: {said}" if code else said)[:_HEALTH_OUTPUT]
