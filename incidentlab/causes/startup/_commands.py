"""Commands that a person can copy: at whom they are aimed, and who may give them."""

from incidentlab.causes._evidence import from_server
from incidentlab.model.evidence import ContainerFacts, Evidence

_SUPERUSER = "postgres"


def alone(evidence: Evidence, app: str) -> bool:
    """Whether a container is known to be of no compose project: compose's commands would not find it."""
    return any(one.name == app and not one.service for one in evidence.containers) and not evidence.compose


def environment_of(app: str) -> str:
    """Return the command that shows a container's database settings, also where it does not run any more."""
    wanted = "grep -E '^(DATABASE_URL|DB_|PG|POSTGRES_)'"
    return f"docker inspect --format '{{{{range .Config.Env}}}}{{{{println .}}}}{{{{end}}}}' {app} | {wanted}"


def lookup(evidence: Evidence, app: str, host: str) -> str:
    """Return the command that asks for a host where a container runs, or ran: nothing can be asked in a dead one."""
    one = next((each for each in evidence.containers if each.name == app), None)
    if one is None or one.status == "running" or not (one.image and one.networks):
        return f"docker exec {app} getent hosts {host}"
    return f"docker run --rm --network {one.networks[0]} --entrypoint getent {one.image} hosts {host}"


def server_name(evidence: Evidence) -> str:
    """Return what the database's container is called, or ``db`` where none is known."""
    found = _server(evidence)
    return found.name if found else "db"


def superuser(evidence: Evidence) -> str:
    """Return the role that the database's image made at its first start: ``POSTGRES_USER``, or ``postgres``."""
    found = _server(evidence)
    if found is None:
        return _SUPERUSER
    for image in evidence.images:
        if image.id.partition(":")[2] == found.id.partition(":")[2]:
            return image.env.get("POSTGRES_USER", "") or _SUPERUSER
    return _SUPERUSER


def _server(evidence: Evidence) -> ContainerFacts | None:
    """Return the container in which PostgreSQL's server spoke; else the only one of an image that is called so."""
    docker = [one for one in evidence.containers if "docker" in one.command]
    spoke = {name for event in evidence.logs if from_server(event) for name in (event.source, event.service) if name}
    heard = [one for one in docker if one.service in spoke or one.name in spoke]
    if len(heard) == 1:
        return heard[0]
    images = [one for one in docker if "postgres" in one.image.rpartition("/")[2]]
    return images[0] if len(images) == 1 else None
