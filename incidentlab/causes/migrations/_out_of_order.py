"""Django's table has a migration whose parent it has not: both are in the code, so no other release brings the parent.

Before anything else ``migrate`` compares the table with the graph, also with ``--fake``; so the table itself has to be
put right. Source: ``django/db/migrations/loader.py`` (``check_consistent_history``) and ``recorder.py``.
"""

import re

from incidentlab.causes._evidence import said
from incidentlab.causes.migrations._account import command, words
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import LogEvent

_OUT_OF_ORDER = re.compile(
    r"\bMigration (?P<app>\w{1,80})\.(?P<child>\w{1,160}) is applied before its dependency "
    r"(?P<owner>\w{1,80})\.(?P<parent>\w{1,160})"
)
_ASKED = "SELECT app, name, applied FROM django_migrations WHERE app IN ('{app}', '{owner}') ORDER BY applied"
_NOTE = "INSERT INTO django_migrations (app, name, applied) VALUES ('{owner}', '{parent}', now())"
_FORGET = "DELETE FROM django_migrations WHERE app = '{app}' AND name = '{child}'"


def mends(event: LogEvent) -> tuple[Mend, ...]:
    """Return what helps where a child is applied before its parent; none where an event says no such thing."""
    found = _OUT_OF_ORDER.search(said(event))
    if not found:
        return ()
    asked, note, forget = (text.format(**found.groupdict()) for text in (_ASKED, _NOTE, _FORGET))
    child, parent = f"{found['app']}.{found['child']}", f"{found['owner']}.{found['parent']}"
    apply, fake = parent.replace(".", " "), child.replace(".", " ")
    return (
        command(f'psql "$DATABASE_URL" -c "{asked}"', "Shows what was applied, in which order, and when."),
        words(
            f"If the changes of {parent} are in the schema (another branch's migration made them, or it was "
            f"renamed), note it after a backup: {note}.",
            "migrate --fake cannot do that: it stops at the same check.",
        ),
        words(
            f"If they are not, after a backup: {forget}, then python manage.py migrate {apply} and python manage.py "
            f"migrate --fake {fake}.",
            f"The table then says what is so: {child} comes after its parent.",
        ),
        words(
            "If another branch's image was deployed to this database before: give each branch a database of its own.",
        ),
    )
