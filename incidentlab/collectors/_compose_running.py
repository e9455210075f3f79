"""The containers of a compose project, found by compose's labels and read side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from incidentlab.collectors import _compose_members as belonging
from incidentlab.collectors import _compose_project
from incidentlab.collectors import _container_reading as reading
from incidentlab.collectors._container_database import NamedDatabase
from incidentlab.collectors._container_reading import Asked, OneContainer
from incidentlab.errors import UsageError
from incidentlab.model.compose import ComposeFacts

if TYPE_CHECKING:
    from incidentlab.engines._docker.client import Connection
    from incidentlab.engines._docker.listing import Listed

_AT_ONCE = 6  # containers that are read side by side
_MOST = 200  # containers of one project that are read


@dataclass(frozen=True, slots=True)
class Running:
    """What the engine has of a project; ``facts`` are those of its files, where there are any that can be read."""

    project: str
    facts: ComposeFacts | None
    containers: tuple[OneContainer, ...] = ()
    databases: tuple[NamedDatabase, ...] = ()
    unread: tuple[str, ...] = ()


def read(project: str, facts: ComposeFacts | None, asked: Asked, environment: Mapping[str, str] | None) -> Running:
    """Read a project's containers.

    Args:
        project: its name; empty takes the one of the files.
        facts: what its files say, where they were read already.
        asked: how much of each log.
        environment: variables that the files may use, where they are only found by the containers' labels.

    Raises:
        UnknownNameError: no container belongs to the project and there are no files either.
        EngineUnavailableError: no engine answers.
    """
    from incidentlab.engines._docker import listing, visiting

    unread: list[str] = []
    with visiting.visiting() as connection:
        known = listing.listed(connection)
        name, members = belonging.of(project, facts, known)
        if not members and facts is None:
            raise belonging.unknown(project, known)
        if facts is None:
            facts = _files_of(name, members, environment, unread)
        if not members:
            unread.append(f"The project {name} has no container; only its file was read.")
        found = _side_by_side(_Work(connection, asked, facts, known, members), members[:_MOST])
    if len(members) > _MOST:
        unread.append(f"Only {_MOST} of the {len(members)} containers of {name} were read.")
    unread += _missing(facts, members)
    databases = _distinct([each for _, each in found if each])
    return Running(name, facts, tuple(one for one, _ in found), databases, tuple(unread))


def _side_by_side(work: _Work, members: Sequence[Listed]) -> list[tuple[OneContainer, NamedDatabase | None]]:
    """Read containers in a few threads, which are given up with the program where the engine hangs; in their order."""
    from incidentlab.engines._docker.jobs import Cancel, Job, join_all

    waiting: SimpleQueue[tuple[int, Listed]] = SimpleQueue()
    for numbered in enumerate(members):
        waiting.put(numbered)
    cancel = Cancel()
    found: dict[int, tuple[OneContainer, NamedDatabase | None]] = {}

    def read_on() -> None:
        while not cancel.is_set():
            try:
                number, member = waiting.get_nowait()
            except Empty:
                return
            if (one := work.read(member)) is not None:
                found[number] = one

    join_all([Job(f"compose-{number}", read_on) for number in range(min(_AT_ONCE, len(members)))], cancel)
    return [found[number] for number in sorted(found)]


class _Work:
    """What each thread does: one container, its facts and the database that it names."""

    def __init__(
        self,
        connection: Connection,
        asked: Asked,
        facts: ComposeFacts | None,
        known: Sequence[Listed],
        members: Sequence[Listed],
    ) -> None:
        self._connection = connection
        self._asked = asked
        self._known = known
        self._restart = {one.name: one.restart for one in facts.services} if facts else {}
        self._awaited = belonging.awaited(facts, members)
        self._labels = belonging.labels(members)
        self._words = sorted({word for one in members for word in (one.name, one.service, one.project)})

    def read(self, member: Listed) -> tuple[OneContainer, NamedDatabase | None] | None:
        from incidentlab.engines._docker import lookup

        inspected = lookup.inspected(self._connection, member.id)
        if inspected is None:
            return None  # it was removed since it was listed
        one = reading.read(self._connection, inspected, self._asked, self._labels[member.id], self._words)
        database = reading.database(self._connection, inspected, lambda: self._known)
        state = replace(one.state, one_shot=self._is_one_shot(member, one))
        return replace(one, state=state), replace(database, service=member.service) if database else None

    def _is_one_shot(self, member: Listed, one: OneContainer) -> bool:
        """Whether it is meant to end.

        Others wait for it to complete; or its container alone tells so; or its file says ``restart: "no"``, which
        nobody writes for a service that is meant to stay, and it has ended well.
        """
        if one.state.one_shot or member.service in self._awaited:
            return True
        ended_well = one.state.status == "exited" and one.state.exit_code == 0
        return ended_well and self._restart.get(member.service) in {"no", "on-failure"}


def _distinct(named: Sequence[NamedDatabase]) -> tuple[NamedDatabase, ...]:
    """Return each database once, as the first service names it; a server's own login only where no other names it."""
    found: dict[str, NamedDatabase] = {}
    for each in named:
        if each.host:
            found.setdefault(each.here or each.url, each)
    asked = {_place(each) for each in found.values()}
    servers = [each for each in named if not each.host and _place(each) not in asked]
    return (*found.values(), *servers)


def _place(named: NamedDatabase) -> str:
    return named.here.rpartition("@")[2].partition("/")[0]


def _files_of(
    project: str, members: Sequence[Listed], environment: Mapping[str, str] | None, unread: list[str]
) -> ComposeFacts | None:
    """Return what the files say that the containers' labels name; of several lists the one that most have."""
    lists = [tuple(belonging.config_files(one)) for one in members if one.config_files]
    if not lists:
        return None
    paths = max(lists, key=lists.count)
    if missing := [path for path in paths if not Path(path).is_file()]:
        unread.append(
            f"The project {project} was made from {', '.join(missing)}, which is not there; see its containers."
        )
        return None
    try:
        return _compose_project.read(_plain(paths), project, environment)
    except UsageError as error:
        unread.append(f"{error.what} {error.why}".strip())
        return None


def _plain(paths: Sequence[str]) -> list[Path]:
    """Return the paths as they are shown: relative where they lie below the working folder."""
    here = Path.cwd()
    return [Path(path).relative_to(here) if Path(path).is_relative_to(here) else Path(path) for path in paths]


def _missing(facts: ComposeFacts | None, members: Sequence[Listed]) -> Iterable[str]:
    if facts is None or not members:
        return []
    made = {one.service for one in members}
    return [
        f"The service {one.name} has no container." for one in facts.services if one.name not in made and one.replicas
    ]
