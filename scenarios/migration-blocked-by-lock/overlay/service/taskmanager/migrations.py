"""Which revision the code needs, which one the database has, and what lies between.

This release is well at REQUIRED and at every later revision that it ships: its code came first, and what the next one
will use is added while it serves.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

REQUIRED = "7ad2f6408bc1"
"""What comes after it adds to the schema, and takes nothing away."""


@dataclass(frozen=True)
class MigrationState:
    """A database's revision beside the code's.

    Attributes:
        current: The revisions the database says it is at; empty where it was never migrated.
        expected: The revision that the code needs; empty where no scripts were shipped.
        pending: How many scripts that the code needs are still to run.
        unknown: Revisions of the database that no shipped script has: it was migrated by newer or other code.
    """

    current: tuple[str, ...]
    expected: tuple[str, ...]
    pending: int
    unknown: tuple[str, ...]

    @property
    def problem(self) -> str | None:
        """What is wrong, as a sentence with the mend, or None where database and code agree."""
        if not self.expected:
            return "This image holds no migration scripts: copy alembic/ into it"
        if not self.current:
            return "The database was never migrated: run `alembic upgrade head`"
        if self.unknown:
            return f"The database is at {', '.join(self.unknown)}, which this code does not know: deploy newer code"
        if self.pending:
            return f"The database is behind by {self.pending}: run `alembic upgrade head`"
        return None


class Migrations:
    """The scripts shipped with this code."""

    def __init__(self, folder: Path) -> None:
        """The scripts are read once: those of a running image do not change.

        Args:
            folder: Where `env.py` and `versions/` are; one that does not exist counts as having no scripts.

        Raises:
            alembic.util.CommandError: The scripts contradict each other, or one of them cannot be read.
        """
        # Imported here: Alembic takes longer to load than the first query takes to fail, and a service that cannot
        # start should say so at once.
        from alembic.script import ScriptDirectory

        self._scripts = ScriptDirectory(str(folder)) if folder.is_dir() else None
        self._known: frozenset[str] = frozenset()
        self.expected: tuple[str, ...] = ()
        if self._scripts is not None:
            self._known = frozenset(script.revision for script in self._scripts.walk_revisions())
            self.expected = (REQUIRED,)

    def state(self, connection: Connection) -> MigrationState:
        """The database is asked for its revision; a table of versions that is not there means none.

        Args:
            connection: To the database in question; it is only read.

        Returns:
            Both revisions and what lies between.

        Raises:
            sqlalchemy.exc.DBAPIError: The database does not answer, or does not let us read it.
        """
        from alembic.runtime.migration import MigrationContext

        current = tuple(sorted(MigrationContext.configure(connection).get_current_heads()))
        applied = self._applied(tuple(revision for revision in current if revision in self._known))
        pending = self._applied(self.expected) - applied
        unknown = tuple(revision for revision in current if revision not in self._known)
        # A database ahead of the code lacks nothing that the code could give it.
        return MigrationState(current, self.expected, 0 if unknown else len(pending), unknown)

    def _applied(self, current: tuple[str, ...]) -> frozenset[str]:
        if self._scripts is None or not current:
            return frozenset()
        return frozenset(script.revision for script in self._scripts.iterate_revisions(current, "base"))
