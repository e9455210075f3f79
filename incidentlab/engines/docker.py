"""The Docker engine: real images and containers, through the Docker SDK.

Everything it makes carries labels, is published on 127.0.0.1 alone, and is gone when a run is over. What stays on
purpose are images that make the next run fast: the app's, one per variant, and PostgreSQL's with an initialised data
directory; they carry the label ``dev.incidentlab.cache``.
"""

from contextlib import AbstractContextManager

from incidentlab.engines._base import Engine, Leftover, Stack, StackRequest, Usability
from incidentlab.model.events import Tell
from incidentlab.model.scenario import StackSpec


class DockerEngine:
    """Runs a variant in containers; the SDK is imported only when it is asked to do something."""

    name = "docker"
    title = "Docker"

    def usable(self, spec: StackSpec | None = None, *, registry: str = "") -> Usability:
        """Say whether an engine answers that can serve, and whether the images are here or to be had."""
        from incidentlab.engines._docker.usable import usability

        return usability(spec, registry)

    def lacks(self, spec: StackSpec) -> str:
        """Lack nothing: what a scenario needs comes in images, and :meth:`usable` says which cannot be had."""
        return ""

    def start(self, request: StackRequest, tell: Tell) -> AbstractContextManager[Stack]:
        """Build the image and start PostgreSQL side by side; see :class:`~incidentlab.engines._base.Engine`."""
        from incidentlab.engines._docker.run import living

        return living(request, tell)

    def leftovers(self, alive: frozenset[str]) -> list[Leftover]:
        """List what is still there of runs that are over, and the kept images."""
        from incidentlab.engines._docker.sweep import leftovers

        return leftovers(alive)

    def remove(self, leftover: Leftover) -> None:
        """Remove one leftover; one that is gone already is fine."""
        from incidentlab.engines._docker.sweep import remove

        remove(leftover)


ENGINE: Engine = DockerEngine()
