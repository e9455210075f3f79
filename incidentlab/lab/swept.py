"""A second look for what is left of a run when something went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from incidentlab.engines._base import Engine
from incidentlab.errors import IncidentlabError
from incidentlab.lab import active
from incidentlab.lab.interruption import Interruption


@contextmanager
def swept(engine: Engine, run_id: str, interruption: Interruption) -> Iterator[None]:
    """Look once more for what is left when something went wrong.

    A start that fails removes what it had begun, but nothing shields that from Ctrl-C: it may fall between two lines.
    """
    try:
        yield
    except BaseException:
        with interruption.held_back(), suppress(IncidentlabError):
            for each in engine.leftovers(active.alive() - {run_id}):
                if each.run == run_id:
                    engine.remove(each)
        raise
