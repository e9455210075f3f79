"""How to apply the migrations now, and from now on: which tool, and where it has to be run."""

import re

from incidentlab.causes._toolbox import UNKNOWN, tool_of
from incidentlab.causes.migrations._mend import dockerfile_diff, start_of
from incidentlab.causes.migrations._start import applies_migrations
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import ContainerFacts, Evidence, ImageFacts, ProjectFacts

_PLAIN = re.compile(r"[\w.\-/:@]{1,255}")  # a name that a shell takes as one word


def remedies(evidence: Evidence, project: ProjectFacts | None) -> tuple[Mend, ...]:
    """Return what puts it right, the lasting mend first, then what brings the service back now."""
    migrate = migrate_command(evidence, project)
    mends = []
    diff = _lasting(evidence, project, migrate)
    if diff:
        mends.append(
            Mend("diff", diff, "The image applies the migrations itself; exec hands the signals to the server.")
        )
    mends.append(_now(evidence, migrate))
    return tuple(mends)


def migrate_command(evidence: Evidence, project: ProjectFacts | None) -> str:
    """Return the command by which this project applies its migrations."""
    tool = tool_of(evidence)
    if project and len(project.heads) > 1 and tool.apply.endswith(" head"):
        return f"{tool.apply}s"
    return tool.apply


def _lasting(evidence: Evidence, project: ProjectFacts | None, migrate: str) -> str | None:
    if project is None or project.dockerfile is None or migrate == UNKNOWN.apply:
        return None
    for image in evidence.images:
        if applies_migrations((*image.entrypoint, *image.cmd), project.scripts) == "applies":
            return None
    if applies_migrations(start_of(project.dockerfile), project.scripts) == "applies":
        return None  # what it holds is not what runs, or it was started in another way
    return dockerfile_diff(project.dockerfile, migrate)


def _now(evidence: Evidence, migrate: str) -> Mend:
    """Return what brings the service back before a new image is shipped; words where no container is at hand."""
    if migrate == UNKNOWN.apply:
        shown = "alembic upgrade head, bin/rails db:migrate, npx prisma migrate deploy, migrate … up, …"
        text = f"Apply the migrations as the project does it elsewhere ({shown}), with the failing service's settings."
        return Mend("text", text, "Which tool this is, the log does not say; --project would.")
    command = _beside_the_container(evidence, migrate)
    if command:
        return Mend("command", command, "Brings the service back now, before a new image is shipped.")
    where = "where the project's migrations lie, with DATABASE_URL naming the database of the failing service"
    if migrate.startswith(("airflow ", "superset ")):
        where = "in the product's own container, with the failing service's settings"
    if "$PGDATABASE" in migrate:
        where = "in the failing service's image with its settings, PGDATABASE being the name of its database"
    return Mend("command", migrate, f"Brings a service back before a new image is shipped. Run it {where}:")


def _beside_the_container(evidence: Evidence, migrate: str) -> str | None:
    container = next((one for one in evidence.containers if "docker" in one.command and one.id.endswith("app")), None)
    if container is None or not _PLAIN.fullmatch(container.name):
        return None
    if container.status == "running":
        return f"docker exec {container.name} {migrate}"
    image = next((one for one in evidence.images if one.id.endswith("app")), None)
    return _one_off(container, image, migrate)


def _one_off(container: ContainerFacts, image: ImageFacts | None, migrate: str) -> str:
    """Return a command that runs ``migrate`` beside the dead container: its image, environment and network."""
    inspect = f"docker inspect {container.name} --format"
    environment = f"--env-file <({inspect} '{{{{range .Config.Env}}}}{{{{println .}}}}{{{{end}}}}')"
    network = f"--network \"$({inspect} '{{{{.HostConfig.NetworkMode}}}}')\""
    program, *words = migrate.split()
    name = image.name if image and _PLAIN.fullmatch(image.name) else f"\"$({inspect} '{{{{.Image}}}}')\""
    return f"docker run --rm {environment} {network} --entrypoint {program} {name} {' '.join(words)}"
