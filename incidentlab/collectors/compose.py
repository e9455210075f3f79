"""A compose project → facts: what its files say, and how its containers fare where they run; nothing is changed.

Compose itself is not asked: its files are read as text, its containers found by the labels that it puts on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from incidentlab.collectors import _compose_project, _compose_running
from incidentlab.collectors._container_database import NamedDatabase as NamedDatabase
from incidentlab.collectors._container_reading import Asked
from incidentlab.errors import EngineLostError, EngineUnavailableError, UsageError
from incidentlab.model.compose import ComposeFacts
from incidentlab.model.evidence import Evidence

TAIL = 4_000  # lines of each container's log that are read; a project may have many containers


@dataclass(frozen=True, slots=True)
class ComposeReading:
    """What was found; ``databases`` are those that the containers' environments name, each once."""

    evidence: Evidence
    project: str
    databases: tuple[NamedDatabase, ...] = ()


def read_files(
    paths: Sequence[Path | str], *, project: str = "", environment: Mapping[str, str] | None = None
) -> ComposeFacts:
    """Read compose files as compose would: variables put in, ``extends`` and ``include`` followed, files merged.

    Args:
        paths: the files, the base first; or one folder, in which the usual names are looked for. One file with a
            usual name has its override read too.
        project: the project's name, where it is known.
        environment: variables that the files may use, by default those of this process; below them come those of
            the ``.env`` beside the first file.

    Returns:
        The facts, redacted. What was not understood, and what compose would refuse, is said in ``unread``.

    Raises:
        UsageError: a file is not there, cannot be read, is no YAML or no mapping; with file, line and column.
    """
    return _compose_project.read([Path(path) for path in paths], project, environment)


def read(
    path: Path | str | Sequence[Path | str] | None = None,
    project: str | None = None,
    *,
    tail: int | None = TAIL,
    since: datetime | None = None,
    environment: Mapping[str, str] | None = None,
) -> ComposeReading:
    """Read a compose project: its files, and the containers that were made of them.

    Args:
        path: a compose file, several, or the project's folder; ``None`` takes the files that the containers' labels
            name, if they can be read here.
        project: the project's name; ``None`` takes the one that compose would.
        tail: how many lines of each container's log, from the end; ``None`` for all that is kept.
        since: only what was written from then on.
        environment: variables that the files may use; by default those of this process.

    Returns:
        The facts, without secrets. Each container's log has the service's name as its ``source``. Where no engine
        answers the files alone are read, and ``evidence.unread`` says so.

    Raises:
        UsageError: neither is given, or a file cannot be understood.
        UnknownNameError: no container belongs to that project; the nearest names are offered.
        EngineUnavailableError, EngineLostError: no engine answers, or it failed meanwhile, and no file was named.
    """
    if path is None and not project:
        raise UsageError(
            "Neither a compose file nor a project was named.",
            mend=("Name one: --compose compose.yaml", "Or: --compose-project NAME"),
        )
    paths = [] if path is None else [path] if isinstance(path, Path | str) else list(path)
    facts = read_files(paths, project=project or "", environment=environment) if paths else None
    try:
        running = _compose_running.read(project or "", facts, Asked(tail, since), environment)
    except (EngineUnavailableError, EngineLostError) as error:
        if facts is None:
            raise
        said = f"{error.what} Only the compose file was read, not its containers."
        return ComposeReading(Evidence(compose=(facts,), unread=(*facts.unread, said)), facts.project)
    return ComposeReading(_evidence(running), running.project, running.databases)


def _evidence(running: _compose_running.Running) -> Evidence:
    compose = (running.facts,) if running.facts else ()
    return Evidence(
        logs=tuple(event for one in running.containers for event in one.logs),
        images=tuple(one.image for one in running.containers),
        containers=tuple(one.state for one in running.containers),
        compose=compose,
        unread=(
            *(sentence for facts in compose for sentence in facts.unread),
            *(sentence for one in running.containers for sentence in one.unread),
            *running.unread,
        ),
    )
