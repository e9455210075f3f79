"""Which containers of an engine are a compose project's, what the facts call them, and who of them is waited for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from incidentlab.errors import UnknownNameError
from incidentlab.model.compose import ComposeFacts

if TYPE_CHECKING:
    from incidentlab.engines._docker.listing import Listed

_COMPLETED = "service_completed_successfully"


def of(project: str, facts: ComposeFacts | None, known: Sequence[Listed]) -> tuple[str, tuple[Listed, ...]]:
    """Return the project's name and its containers; where the name has none, those that were made of its files."""
    name = project or (facts.project if facts else "")
    members = [one for one in known if one.project and one.project == name]
    if not members and not project and facts is not None:
        ours = {os.path.realpath(path) for path in facts.paths}
        made_of_ours = [one for one in known if one.project and ours & set(config_files(one))]
        projects = {one.project for one in made_of_ours}
        if len(projects) == 1:
            name = projects.pop()
            members = [one for one in known if one.project == name]
    return name, tuple(sorted(members, key=lambda one: (one.service, one.is_run, one.number.rjust(6), one.name)))


def config_files(one: Listed) -> list[str]:
    """Return the files that a container was made from, by compose's label."""
    return [os.path.realpath(Path(one.working_dir, file)) for file in one.config_files]


def unknown(project: str, known: Sequence[Listed]) -> UnknownNameError:
    """Return the error for a project without any container."""
    projects = sorted({one.project for one in known if one.project})
    listing = "docker compose ls --all" if projects else "docker ps --all --filter label=com.docker.compose.project"
    return UnknownNameError("compose project", project, projects, listing=listing)


def awaited(facts: ComposeFacts | None, members: Sequence[Listed]) -> frozenset[str]:
    """Return the services that others wait for to complete: by the file, and by what compose v2 wrote on containers."""
    of_file = (
        {each.service for one in facts.services for each in one.depends_on if each.condition == _COMPLETED}
        if facts
        else set()
    )
    return frozenset(of_file | {name for one in members for name, how in one.waits_for.items() if how == _COMPLETED})


def labels(members: Sequence[Listed]) -> dict[str, str]:
    """Return what the facts call each container: its service; with its number where the service has several."""
    counts: dict[str, int] = {}
    for one in members:
        if not one.is_run:
            counts[one.service] = counts.get(one.service, 0) + 1
    return {
        one.id: one.name if one.is_run or not one.service else
        f"{one.service}-{one.number}" if counts[one.service] > 1 else one.service
        for one in members
    }  # fmt: skip
