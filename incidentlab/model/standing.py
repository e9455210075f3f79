"""The lab that stands: what ``up`` has left running for people to look at, and how each part of it is."""

from dataclasses import dataclass
from datetime import datetime

STANDING_SCHEMA = "incidentlab/lab/1"


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the lab and where it answers; the database's address has no password in it."""

    part: str  # app, app-2, database, prometheus, alertmanager, grafana
    url: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What ``up`` has started, as it is kept on disk."""

    run: str
    scenario: str
    variant: str
    engine: str
    since: datetime
    places: tuple[Place, ...]
    outcome: str  # of the app, when it was brought up
    as_expected: bool
    notes: tuple[str, ...] = ()
    schema: str = STANDING_SCHEMA

    def url(self, part: str) -> str:
        """Return where a part answers; empty where it was not started."""
        return next((each.url for each in self.places if each.part == part), "")


@dataclass(frozen=True, slots=True)
class Condition:
    """How a part is now, by what it answered just now."""

    part: str
    url: str
    well: bool
    said: str
