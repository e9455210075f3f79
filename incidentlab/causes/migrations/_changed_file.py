"""A migration's file is not the one that was applied: nothing failed, and the tool refuses to go on.

Sources: Flyway's ``DbValidate`` and its ``repair``, Liquibase's ``ValidationFailedException`` and ``clear-checksums``,
sqlx's ``MigrateError::VersionMismatch``.
"""

import re

from incidentlab.causes._evidence import said
from incidentlab.causes._toolbox import Tool
from incidentlab.causes.migrations._account import command, words
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import LogEvent

_CHANGED = re.compile(
    r"\bMigration checksum mismatch for migration version\b|\bVersionMismatch\(\d"
    r"|\bwas previously applied but has been modified\b|\bchange ?sets? check sum\b"
)
_PLAIN = re.compile(r"[\w.]{1,80}")
_FILES = {"flyway": "*V{}__*", "sqlx": "*/{}_*"}


def is_changed(event: LogEvent) -> bool:
    """Whether a tool says that a file has another checksum than when it was applied."""
    texts = (said(event), *(text for _, text in event.key_lines))
    return any(_CHANGED.search(text) for text in texts)


def summary(named: str) -> str:
    """Return what is wrong, in a sentence."""
    which = f"The migration {named}" if named else "A migration"
    return (
        f"{which} was changed after it had been applied. Nothing failed in the database; the tool applies nothing more "
        "until the file and its table agree."
    )


def mends(tool: Tool, named: str) -> tuple[Mend, ...]:
    """Return what helps: the file as it was, or the tool's word that the change is known."""
    found = []
    if tool.name in _FILES and _PLAIN.fullmatch(named):
        pattern = _FILES[tool.name].format(named)
        found.append(command(f"git log --oneline -- '{pattern}'", "Shows who changed the file, and when."))
    found.append(
        words(
            "Put the file back as it was when it was applied, and what was changed into a new migration.",
            "What has been applied is history; the databases that have it do not get the change.",
        )
    )
    if tool.name == "flyway":
        found.append(
            command(
                "flyway repair", "If the change is known and changes no SQL: writes the file's checksum into its table."
            )
        )
    elif tool.name == "liquibase":
        found.append(
            command(
                "liquibase clear-checksums",
                "If the change is known and changes no SQL: the next update notes them anew.",
            )
        )
    return tuple(found)
