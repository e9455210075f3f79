"""The local engine: an embedded PostgreSQL and the app as a process, with no daemon and no root's rights.

The app's Dockerfile is carried out as far as that is possible without Docker; a line that cannot be is refused by
name and number, and every difference from Docker is said in the stack's ``notes``.
"""

import os
from contextlib import AbstractContextManager

from incidentlab.engines._base import Leftover, Stack, StackRequest, Usability
from incidentlab.model.events import Tell
from incidentlab.model.scenario import StackSpec


class LocalEngine:
    """Runs a variant on this machine itself; heavy parts are imported when it is really used."""

    name = "local"
    title = "local (embedded PostgreSQL)"

    def usable(self, spec: StackSpec | None = None, *, registry: str = "") -> Usability:
        """Say whether there is a PostgreSQL; whether it starts, only a start shows. Reads names of files alone."""
        from incidentlab.engines._local.binaries import PG_MENDS, find

        if os.name != "posix":
            return Usability(False, why="The local engine needs Linux or macOS.", mend=("Use the Docker engine.",))
        found = find()
        if found is None:
            chosen = os.environ.get("INCIDENTLAB_PG_BIN")
            why = f"INCIDENTLAB_PG_BIN={chosen} holds no postgres and initdb." if chosen else "No PostgreSQL was found."
            return Usability(False, why=why, mend=PG_MENDS)
        if spec is not None and (missing := self.lacks(spec)):
            return Usability(False, why=missing, mend=PG_MENDS)
        return Usability(True, detail=found.described)

    def lacks(self, spec: StackSpec) -> str:
        """Name the versions of PostgreSQL that the scenario needs, and no other, and that are not here."""
        from incidentlab.engines._local.binaries import find

        missing = [each for each in spec.database.exact if find(each) is None]
        if not missing:
            return ""
        return f"This machine has no PostgreSQL {' and no PostgreSQL '.join(missing)}, and it has to be just that one."

    def start(self, request: StackRequest, tell: Tell) -> AbstractContextManager[Stack]:
        """Carry out the Dockerfile and start PostgreSQL, side by side, as every engine promises."""
        from incidentlab.engines._local.session import session

        return session(request, self.title, tell)

    def leftovers(self, alive: frozenset[str]) -> list[Leftover]:
        """List processes and folders of runs that are over, or were kept; nothing of a run at work is listed."""
        from incidentlab.engines._local import clearing

        return list(clearing.leftovers(alive))

    def remove(self, leftover: Leftover) -> None:
        """End a run's processes, or remove its folder; only what the run's own record and mark name.

        Raises:
            LeftBehindError: it could not be removed.
        """
        from incidentlab.engines._local import clearing

        clearing.remove(leftover)


ENGINE = LocalEngine()
