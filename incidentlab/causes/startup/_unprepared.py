"""A script that was to prepare the database and failed, in a sentence, and what to do about it."""

from incidentlab.causes._init_scripts import Failure
from incidentlab.model.diagnosis import Mend

ON_AN_EMPTY_VOLUME = Mend(
    "text",
    "If the data may go: docker compose down --volumes, and start again.",
    "The scripts run on an empty volume only. This one is not any more, and the next start skips them.",
)


def summary(failure: Failure) -> str:
    """Return what happened: which script, where in it, and what it met."""
    name = failure.script.rpartition("/")[2]
    script = f"The script {name}" if name else "A script"
    line = f" in line {failure.line}" if failure.line else ""
    return (
        f"{script}, which prepares a new database, fails{line}: {failure.said.rstrip('.')}. The database's container "
        "ends over it."
    )


def mends(failure: Failure) -> tuple[Mend, ...]:
    """Return what to do: the script first; it runs again only where there is no database yet."""
    name = failure.script.rpartition("/")[2] or "the script"
    where = f"{name}, line {failure.line}" if failure.line else name
    text, why = (
        f"Mend {where}: {failure.said.rstrip('.')}.",
        "psql stops at the first error, and the container with it.",
    )
    if failure.said.endswith("does not exist"):
        text += " The scripts run in the order of their names."
        why = "One may ask for what a later one makes; a digit before each name sets the order."
    return (
        Mend("text", text, why),
        ON_AN_EMPTY_VOLUME,
    )
