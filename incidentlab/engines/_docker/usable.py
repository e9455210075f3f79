"""Whether the engine can serve: its age, its kind, and whether the base images are here or to be had."""

from incidentlab.engines._base import Usability
from incidentlab.engines._docker import images, recipe
from incidentlab.engines._docker.client import Connection, as_numbers, connected, is_near
from incidentlab.engines._docker.refusals import far_away, too_old, windows_containers
from incidentlab.errors import EngineLostError, EngineUnavailableError, ImageUnavailableError
from incidentlab.model.scenario import StackSpec

_OLDEST_API = "1.41"  # Docker 20.10


def usability(spec: StackSpec | None, registry: str) -> Usability:
    """Say whether the engine can serve; nothing is changed, a missing image is only asked for at its registry."""
    try:
        with connected() as connection:
            require(connection)
            for name in _needed(spec):
                _require_image(connection, name, registry)
            return Usability(True, connection.title)
    except (EngineUnavailableError, ImageUnavailableError, EngineLostError) as error:
        return Usability(False, why=" ".join(part for part in (error.what, error.why) if part), mend=error.mend)


def require(connection: Connection) -> None:
    """Make sure that this engine is one the lab can work with.

    Raises:
        EngineUnavailableError: it is too old, runs Windows containers, or stands on another machine.
    """
    if not is_near(connection.endpoint):
        raise far_away(connection.endpoint)
    if str(connection.version.get("Os", "linux")).lower() == "windows":
        raise windows_containers(connection.title)
    if as_numbers(str(connection.version.get("ApiVersion", "0"))) < as_numbers(_OLDEST_API):
        raise too_old(connection.title)


def _needed(spec: StackSpec | None) -> tuple[str, ...]:
    if spec is None:
        return ()
    try:
        text = spec.dockerfile.read_text("utf-8", "replace")
    except OSError:
        return (spec.database.image,)  # the build says it better
    return (*recipe.base_images(text), spec.database.image)


def _require_image(connection: Connection, name: str, registry: str) -> None:
    if images.inspect(connection, name) is not None:
        return
    if why := images.can_be_had(connection, name, registry):
        raise images.unavailable(name, registry, why)
