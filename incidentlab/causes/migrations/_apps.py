"""Django's apps: which of them a `migrate` knew, and which of them a missing table belongs to."""

import re

from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.model.evidence import Evidence, LogEvent

_LISTED = re.compile(r"\bApply all migrations: (?P<apps>[\w, ]{1,2000})")
_WAITING = re.compile(r"\bmigrations for app\(s\): (?P<apps>[\w, ]{1,2000})")
# The apps that every new Django project has: where even theirs are not applied, none is.
_FIRST = frozenset({"auth", "contenttypes", "sessions"})


def unlisted(evidence: Evidence) -> tuple[str, LogEvent, Trouble] | None:
    """Return an app, the line that lists all apps with migrations, and a missing table of that app, which has none.

    A model's table is called ``app_model``. A label may have underscores, and ``db_table`` any name; therefore the
    table's first word has to begin no label that is listed, and several words have to be there.
    """
    listed = next((event for event in reversed(evidence.logs) if _LISTED.search(event.text)), None)
    found = _LISTED.search(listed.text) if listed else None
    if listed is None or found is None:
        return None
    labels = {one.strip() for one in found["apps"].split(",")}
    for one in troubles(evidence, "missing-table"):
        name = one.name.rpartition(".")[2]
        word = name.partition("_")[0]
        later = one.event.source != listed.source or one.event.first_line > listed.first_line
        if (
            later
            and "_" in name
            and not any(name.startswith(f"{label}_") or label.startswith(word) for label in labels)
        ):
            return word, listed, one
    return None


def all_unapplied(event: LogEvent) -> bool:
    """Whether Django says that not even the migrations of its own apps are applied: the database is empty."""
    found = _WAITING.search(event.text)
    return bool(found) and {one.strip() for one in found["apps"].split(",")} >= _FIRST if found else False
