"""Commands that a person can copy: at whom they are aimed, and who may give them."""

import re
from dataclasses import dataclass

from incidentlab.causes._evidence import from_server
from incidentlab.model.evidence import ContainerFacts, Evidence

_SUPERUSER = "postgres"
_PLAIN = re.compile(r"\w[\w.\-]{0,127}")
# What stands in a command for a name that nothing tells.
_NAMELESS_SERVER, _NAMELESS_UNIT = "DB_CONTAINER", "UNIT"
# libpq's word for the server it called; a bare word is a container's or a service's name in a network of Docker's.
_CALLED = re.compile(r"\bconnection to server at \\?\"(?P<name>[A-Za-z][\w\-]{0,62})\\?\"")
_OF_CONTAINERS = frozenset({"docker", "dockerd", "docker-compose", "containerd", "podman", "conmon", "kubelet", "k3s"})
_HERE = ("127.0.0.1", '"::1"', "localhost", ".s.PGSQL.")


def plain(name: str, other: str) -> str:
    """Return a name that a log gave if a shell takes it as it is, else what stands for it: a log may hold anything."""
    return name if _PLAIN.fullmatch(name) else other


def alone(evidence: Evidence, app: str) -> bool:
    """Whether a container is known to be of no compose project: compose's commands would not find it."""
    return any(one.name == app and not one.service for one in evidence.containers) and not evidence.compose


@dataclass(frozen=True, slots=True)
class Started:
    """What a container is started from, for commands that look into it: an image, or a service that compose knows."""

    image: str = ""
    service: str = ""

    def run(self, program: str) -> str:
        """Return the beginning of a command that runs another program in it; that also works where it cannot start."""
        if self.service and not self.image:
            return f"docker compose run --rm --no-deps --entrypoint {program} {self.service}"
        return f"docker run --rm --entrypoint {program} {self.image or 'IMAGE'}"

    def named(self) -> str:
        """Return the image's name, or what stands for it in a command."""
        if self.service and not self.image:
            return f"$(docker compose images --quiet {self.service})"
        return self.image or "IMAGE"


def started(evidence: Evidence, app: str) -> Started:
    """Return what a program's container is started from: ``docker run`` takes no container's name."""
    image = next((one.image for one in evidence.containers if one.name == app and one.image), "")
    return Started(image, app if by_service(evidence, app) else "")


def environment_of(evidence: Evidence, app: str) -> str:
    """Return the command that shows a container's database settings, also where it does not run any more."""
    if by_journal(evidence):
        return f"systemctl show {_unit(evidence, app)} --property=Environment --property=EnvironmentFiles"
    wanted = "grep -E '^(DATABASE_URL|DB_|PG|POSTGRES_)'"
    target = f"$(docker compose ps --all --quiet {app})" if by_service(evidence, app) else app
    return f"docker inspect --format '{{{{range .Config.Env}}}}{{{{println .}}}}{{{{end}}}}' {target} | {wanted}"


def lookup(evidence: Evidence, app: str, host: str) -> str:
    """Return the command that asks for a host where a container runs, or ran: nothing can be asked in a dead one."""
    if by_service(evidence, app):
        return f"docker compose run --rm --no-deps --entrypoint getent {app} hosts {host}"
    one = next((each for each in evidence.containers if each.name == app), None)
    if one is None or one.status == "running" or not (one.image and one.networks):
        return f"docker exec {app} getent hosts {host}"
    return f"docker run --rm --network {one.networks[0]} --entrypoint getent {one.image} hosts {host}"


def restart(evidence: Evidence, app: str) -> str:
    """Return the command that starts a container again."""
    if by_journal(evidence):
        return f"systemctl restart {_unit(evidence, app)}"
    return f"docker {'compose ' if by_service(evidence, app) else ''}restart {app}"


def by_service(evidence: Evidence, name: str) -> bool:
    """Whether a name is a service's by a log alone: its container is called otherwise, and compose knows how."""
    if "/" in name or any(one.name == name for one in evidence.containers):
        return False
    return any(event.service == name for event in evidence.logs)


def in_server(evidence: Evidence, call: str, *, asks: bool = False) -> str:
    """Return the command that runs one of PostgreSQL's programs beside the server, as the role its image made.

    Args:
        evidence: all facts.
        call: the program and its arguments, without a single quote; ``-U`` is added after the program's name.
        asks: whether the program asks for something and needs a terminal.
    """
    program, _, arguments = call.partition(" ")
    if by_journal(evidence) and _is_here(evidence):
        return f"sudo -u {_SUPERUSER} {call}"
    name, admin = _known_server(evidence) or _called(evidence) or _NAMELESS_SERVER, superuser(evidence)
    if by_service(evidence, name):
        within = f"docker compose exec {name}"
    else:
        within = f"docker exec {'-it ' if asks else ''}{name}"
    if admin:
        return f"{within} {program} -U {admin} {arguments}"
    return f"{within} sh -c '{program} -U \"${{POSTGRES_USER:-postgres}}\" {arguments}'"


def server_name(evidence: Evidence) -> str:
    """Return what the database's container or its service is called, or ``db`` where none is known."""
    return _known_server(evidence) or "db"


def by_journal(evidence: Evidence) -> bool:
    """Whether it is a machine's journal, in which systemd runs the programs and no container is spoken of."""
    if evidence.containers or evidence.compose or evidence.images:
        return False
    spoke = {event.service for event in evidence.logs}
    return "systemd" in spoke and not spoke & _OF_CONTAINERS


def _unit(evidence: Evidence, app: str) -> str:
    """Return the unit of a program, where systemd names it so: an identifier in the journal need not be a unit's."""
    named = f"{app}.service"
    return app if any(event.service == "systemd" and named in event.text for event in evidence.logs) else _NAMELESS_UNIT


def _is_here(evidence: Evidence) -> bool:
    """Whether the server runs on the journal's own machine: it speaks there, or was called by its own address."""
    return any(from_server(event) or any(word in event.text for word in _HERE) for event in evidence.logs)


def _called(evidence: Evidence) -> str:
    """Return by which name clients called the server, where that may be a container's; "" for several, or none."""
    found = {hit["name"] for event in evidence.logs if (hit := _CALLED.search(event.text))} - {"localhost"}
    return next(iter(found)) if len(found) == 1 else ""


def _known_server(evidence: Evidence) -> str:
    found = _server(evidence)
    if found:
        return found.name
    spoke = {event.service for event in evidence.logs if from_server(event) and event.service}
    named = next(iter(spoke)) if len(spoke) == 1 else ""
    return named if named and by_service(evidence, named) else ""


def superuser(evidence: Evidence) -> str:
    """Return the role that the database's image made at its first start; "" where its settings are not known."""
    found = _server(evidence)
    for image in evidence.images if found else ():
        if found and image.id.partition(":")[2] == found.id.partition(":")[2]:
            return image.env.get("POSTGRES_USER", "") or _SUPERUSER
    return ""


def _server(evidence: Evidence) -> ContainerFacts | None:
    """Return the container in which PostgreSQL's server spoke; else the only one of an image that is called so."""
    docker = [one for one in evidence.containers if "docker" in one.command]
    spoke = {name for event in evidence.logs if from_server(event) for name in (event.source, event.service) if name}
    heard = [one for one in docker if one.service in spoke or one.name in spoke]
    if len(heard) == 1:
        return heard[0]
    images = [one for one in docker if "postgres" in one.image.rpartition("/")[2]]
    return images[0] if len(images) == 1 else None
