"""What a person names to be looked at."""

from dataclasses import dataclass, field
from pathlib import Path

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Sources:
    """The places to ask; any of them may be left out.

    ``database_url`` is never shown; ``database_variable`` is the environment variable that holds it where there is
    one, for the commands by which a person sees the same. ``ask_database`` is the consent to use the database that a
    container's or a service's environment names. ``to_the_end`` reads a pipe to its end, whatever is certain before.
    """

    logs: tuple[str, ...] = ()  # files, or STDIN
    containers: tuple[str, ...] = ()
    compose: tuple[Path, ...] = ()  # several are merged, as compose does
    compose_project: str = ""
    database_url: str = field(default="", repr=False)
    database_variable: str = ""
    project: Path | None = None
    ask_database: bool = False
    to_the_end: bool = False

    @property
    def any(self) -> bool:
        """Whether anything was named at all."""
        return bool(
            self.logs or self.containers or self.compose or self.compose_project or self.database_url or self.project
        )

    @property
    def reads_stdin(self) -> bool:
        """Whether one of the logs comes through stdin."""
        return STDIN in self.logs
