"""A container → facts: how it fares, how it was made, what it wrote; the engine is only asked, nothing is changed."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from incidentlab.collectors import _container_reading as reading
from incidentlab.collectors._container_database import NamedDatabase as NamedDatabase
from incidentlab.model.evidence import Evidence

TAIL = 10_000  # lines of its log that are read


@dataclass(frozen=True, slots=True)
class ContainerReading:
    """What was found; ``database`` is the one that the container's environment names."""

    evidence: Evidence
    database: NamedDatabase | None = field(default=None)

    @property
    def database_url(self) -> str | None:
        """The unredacted URL by which this machine reaches that database; for a session the user has agreed to."""
        return (self.database.here or None) if self.database else None


def read(name: str, *, tail: int | None = TAIL, since: datetime | None = None) -> ContainerReading:
    """Read a container's state, configuration and log.

    Args:
        name: its name, the start of its id, or the compose service that it is.
        tail: how many lines of its log, from the end; ``None`` for all that is kept of it.
        since: only what it wrote from then on.

    Returns:
        The facts, without secrets. What could not be read is said in ``evidence.unread``.

    Raises:
        UnknownNameError: there is no such container; the nearest names are offered.
        UsageError: several are meant, and which.
        EngineUnavailableError: no engine answers.
        EngineLostError: the engine failed meanwhile.
    """
    from incidentlab.engines._docker import listing, lookup, visiting

    with visiting.visiting() as connection:
        found = lookup.find(connection, name)
        one = reading.read(connection, found, reading.Asked(tail, since))
        database = reading.database(connection, found, lambda: listing.listed(connection))
    evidence = Evidence(logs=one.logs, images=(one.image,), containers=(one.state,), unread=one.unread)
    return ContainerReading(evidence, replace(database, service=one.state.service) if database else None)
