"""What to do about a migration that failed: by what it failed of, and by the tool that ran it."""

from incidentlab.causes._toolbox import UNKNOWN, Tool, look
from incidentlab.causes.migrations._account import command, words
from incidentlab.causes.migrations._reading import Trouble
from incidentlab.causes.migrations._reasons import missing_extension, reason
from incidentlab.model.diagnosis import Mend

# The images that the extensions' own pages name.
_IMAGES = {
    "vector": "pgvector/pgvector:pg{}",
    "postgis": "postgis/postgis:{}-3.4",
    "timescaledb": "timescale/timescaledb:latest-pg{}",
}

_USUAL = "15"  # an example, where the log does not tell


def mends(tool: Tool, lead: Trouble | None, named: str, version: str = "") -> tuple[Mend, ...]:
    """Return the mends for a failure, best first; ``lead`` is ``None`` where only the tool's table tells of it.

    Args:
        tool: the migration tool.
        lead: what failed.
        named: the step.
        version: the server's version, where it is known.
    """
    state = reason(lead.event) if lead else ""
    extension = missing_extension(lead.event) if lead else ""
    found = [look(tool, "Shows what was applied before it failed; PostgreSQL undoes a failed transaction whole.")]
    if extension:
        found.append(_extension(extension, version or _USUAL))
    elif state.startswith(("22", "23")):
        found.append(
            words(
                "Put the data right first: fill, correct or remove the rows that the new rule refuses, best in "
                "the migration itself, before the change.",
                "The rule then holds for every row.",
            )
        )
    elif state == "2BP01":
        found.append(
            words(
                "Drop the dependent object (the DETAIL names it) before the step and create it again after it, "
                "in the migration; CASCADE drops it for good.",
                "It is often a view that somebody made by hand.",
            )
        )
    elif state in ("42P01", "42703"):
        found.append(
            words(
                "See whether an earlier revision was to make what is missing: was the database stamped past it, "
                "or is the first revision not the first of the schema?",
                "The step itself may be sound.",
            )
        )
    if tool.name == "prisma":
        name = named or "MIGRATION"
        found.append(
            command(
                f"npx prisma migrate resolve --rolled-back {name}",
                "After the reason is mended: lets Prisma try it again.",
            )
        )
    elif tool.name == "golang-migrate":
        found.append(
            words(
                "Undo what the step left behind, then `migrate force` the version before it.",
                "It does not run its steps in a transaction; “dirty” means one was left half done.",
            )
        )
    elif tool.name == "flyway":
        found.append(command("flyway repair", "After the reason is mended: removes the failed entry from its table."))
    again = words if tool is UNKNOWN else command
    text = "Apply the migrations again as the project does it elsewhere." if tool is UNKNOWN else tool.apply
    found.append(again(text, "Applies it again, once the reason is mended."))
    return tuple(found)


def _extension(name: str, version: str) -> Mend:
    """Return where an extension comes from: an image that holds it, or its package."""
    image = _IMAGES.get(name)
    such = f", such as {image.format(version)} for version {version}" if image else ""
    return words(
        f"Run the database from an image that holds {name}{such}, or install its package where the server runs. "
        "The version of PostgreSQL stays the one that the data directory has.",
        "CREATE EXTENSION switches on what is installed; the official image has contrib alone.",
    )
