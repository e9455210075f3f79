"""One question a source: what a collector is asked, and its answer in the words of an inquiry.

Collectors are imported where they are asked: a log needs neither the Docker SDK nor a database driver.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from incidentlab.errors import IncidentlabError
from incidentlab.lab._inquiry.answer import Answer, merged
from incidentlab.lab._inquiry.naming import check_log, counted, database_name, log_names, passwords, shown_file
from incidentlab.lab._inquiry.sources import STDIN, Sources
from incidentlab.model.asked import Asked, SourceKind
from incidentlab.model.evidence import ContainerFacts, DatabaseFacts, Evidence, ProjectFacts

if TYPE_CHECKING:
    from incidentlab.collectors.container import NamedDatabase


@dataclass(frozen=True, slots=True)
class Question:
    """A source to ask; ``ask`` may take its time and may raise."""

    kind: SourceKind
    name: str
    ask: Callable[[], Answer]

    @property
    def shown(self) -> str:
        """Return what people call it."""
        return f"{self.kind} {self.name}"


def questions(sources: Sources) -> list[Question]:
    """Return what is to be asked, a question each; a log from stdin is not among them."""
    return list(_questions(sources))


def _questions(sources: Sources) -> Iterator[Question]:
    names = log_names(sources.logs)
    for path in dict.fromkeys(sources.logs):
        if path != STDIN:
            yield Question("log", path, partial(log, path, names[path]))
    for name in dict.fromkeys(sources.containers):
        yield Question("container", name, partial(container, name, sources.ask_database))
    if sources.compose or sources.compose_project:
        shown = ", ".join(map(str, sources.compose)) or sources.compose_project
        yield Question("compose", shown, partial(compose, sources))
    if sources.database_url:
        yield Question("database", database_name(sources.database_url), partial(database, sources))
    if sources.project:
        alone = not (sources.compose or sources.compose_project)
        yield Question("project", str(sources.project), partial(project, sources.project, alone))


def log(path: str, name: str) -> Answer:
    """Read a log file."""
    from incidentlab.causes import literals
    from incidentlab.collectors import logfile

    check_log(path)
    reading = logfile.read(path, literals=literals(), source=name)
    detail = f"{counted(reading.lines, 'line')}"
    return Answer(
        Asked("log", path, detail, read=bool(reading.lines)),
        Evidence(logs=reading.events, unread=reading.unread),
        {name: shown_file(path)},
    )


def container(name: str, ask_database: bool) -> Answer:
    """Look at a container and, with consent, at the database that its environment names."""
    from incidentlab.collectors import container as collector

    reading = collector.read(name)
    asked, secrets = named_database(name, reading.database) if ask_database else (Evidence(), ())
    state = ", ".join(_condition(each) for each in reading.evidence.containers)
    lines = counted(len(reading.evidence.logs), "log event")
    return Answer(Asked("container", name, f"{state}; {lines}"), merged([reading.evidence, asked]), secrets=secrets)


def compose(sources: Sources) -> Answer:
    """Read compose files and the containers of their project where they run; with consent, their databases."""
    from incidentlab.collectors import compose as collector

    reading = collector.read(sources.compose or None, sources.compose_project or None)
    parts, secrets = [reading.evidence], list[str]()
    for found in reading.databases if sources.ask_database else ():
        seen, told = named_database(found.service or reading.project, found)
        parts.append(seen)
        secrets += told
    services = sum(len(each.services) for each in reading.evidence.compose)
    running = counted(len(reading.evidence.containers), "container")
    detail = f"{counted(services, 'service')}, {running}" if services else running
    shown = ", ".join(map(str, sources.compose)) or sources.compose_project
    return Answer(Asked("compose", shown, detail), merged(parts), _compose_files(reading.evidence), tuple(secrets))


def database(sources: Sources) -> Answer:
    """Look into the database of the URL that a person gave."""
    from incidentlab.collectors import database as collector

    name = database_name(sources.database_url)
    variable = sources.database_variable
    command = f'psql "${variable}" -c "TABLE alembic_version"' if variable else ""
    facts = collector.read(sources.database_url, name=name, command=command)
    return Answer(
        Asked("database", name, _state(facts), read=facts.reachable),
        Evidence(databases=(facts,), unread=not_told(facts)),
        secrets=passwords(sources.database_url),
    )


def project(folder: Path, with_compose: bool = True) -> Answer:
    """Read a project's folder, and the compose file in it unless another was named."""
    from incidentlab.collectors import project as collector

    facts = collector.read(folder, name=folder.resolve().name or "project")
    heads = f"head {', '.join(facts.heads)}" if facts.heads else "no head"
    files = {path: shown_file(folder / path) for path in _paths(facts)}
    detail = f"{counted(len(facts.migrations), 'revision')}, {heads}" if facts.migrations else "no revision"
    parts = [Evidence(projects=(facts,)), *([_compose_of(folder)] if with_compose else [])]
    evidence = merged(parts)
    return Answer(Asked("project", str(folder), detail), evidence, {**_compose_files(evidence), **files})


def _compose_of(folder: Path) -> Evidence:
    if not any(folder.glob("*compose.y*ml")):
        return Evidence()
    from incidentlab.collectors import compose as collector

    try:
        facts = collector.read_files([folder])
    except IncidentlabError as error:
        return Evidence(unread=(" ".join(part for part in (error.what, error.why) if part),))
    return Evidence(compose=(facts,), unread=facts.unread)


def _compose_files(evidence: Evidence) -> dict[str, str]:
    return {path: shown_file(path) for each in evidence.compose for path in each.paths}


def named_database(name: str, found: "NamedDatabase | None") -> tuple[Evidence, tuple[str, ...]]:
    """Look into the database that the environment of ``name`` names; return the facts and the secrets that it took.

    That it cannot be reached from here proves nothing: a container's host name is often known in its network alone.
    """
    if found is None:
        return Evidence(unread=(f"The environment of {name} names no PostgreSQL database.",)), ()
    its = f"The database that the environment of {name} names ({found.variable})"
    secrets = passwords(found.url)
    if not found.here:
        return Evidence(unread=(f"{its} cannot be reached from this machine. {found.how}",)), secrets
    from incidentlab.collectors import database as collector

    try:
        facts = collector.read(found.here, name=database_name(found.url))
    except IncidentlabError as error:
        return Evidence(unread=(f"{its} was not asked. {error.what}",)), secrets
    if facts.reachable or facts.sqlstate:
        return Evidence(databases=(facts,), unread=not_told(facts)), secrets
    return Evidence(unread=(f"{its} cannot be reached from this machine: {facts.error}",)), secrets


def not_told(facts: DatabaseFacts) -> tuple[str, ...]:
    """Return, in a sentence each, what a look into a database did not show, and what would."""
    if not facts.reachable:
        return (f"The database could not be read: {facts.error}",)
    if facts.version_table and facts.revisions is None:
        may = f'GRANT SELECT ON {facts.version_table} TO "{facts.user}"'
        return (f"{facts.user} may not read {facts.version_table}, so the revision is not known: ask as a role that "
                f"may, or {may}.",)  # fmt: skip
    return ()


def _condition(facts: ContainerFacts) -> str:
    ended = f" ({facts.exit_code})" if facts.exit_code is not None else ""
    health = f", {facts.health}" if facts.health != "none" else ""
    return f"{facts.status}{ended}{health}"


def _state(facts: DatabaseFacts) -> str:
    if not facts.reachable:
        return f"{facts.error}"
    tables = counted(len(facts.tables), "table")
    revision = ", ".join(facts.revisions or ()) or "none"
    if facts.version_table and facts.revisions is None:
        revision = f"not readable by {facts.user}"
    return f"PostgreSQL {facts.server_version}, {tables}, revision {revision}"


def _paths(facts: ProjectFacts) -> list[str]:
    found = [each.path for each in facts.migrations]
    found += [each.path for each in facts.scripts]
    found += [each.path for each in (*facts.dockerfiles, facts.dockerfile) if each]
    return [*found, *([facts.configured_in] if facts.configured_in else [])]
