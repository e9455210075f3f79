"""What people call a container (its name, the start of its id, a compose service) → what the engine knows of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from incidentlab.engines._docker.client import Connection
from incidentlab.engines._docker.listing import Listed, listed
from incidentlab.engines._docker.visiting import reading
from incidentlab.errors import UnknownNameError, UsageError

# What Docker allows in a name; anything else would be another path of the engine's interface.
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}")
_MOST_SHOWN = 8
_REFUSED = frozenset({400, 500})  # how engines of different ages answer the start of several ids


def find(connection: Connection, name: str) -> dict[str, Any]:
    """Return the engine's inspection of the one container that ``name`` means.

    Raises:
        UnknownNameError: there is none; the nearest names are offered.
        UsageError: there are several, and which.
        EngineLostError: the engine failed.
    """
    wanted = name.strip().removeprefix("/")
    if found := inspected(connection, wanted):
        return found
    known = listed(connection)
    meant = [one for one in known if wanted and (one.service == wanted or one.id.startswith(wanted))]
    meant = [one for one in meant if not one.is_run] or meant
    if len(meant) > 1:
        raise _several(name, meant)
    again = inspected(connection, meant[0].id) if meant else None
    if again is None:
        names = sorted({word for one in known for word in (one.name, one.service) if word})
        raise UnknownNameError("container", name, names, listing="docker ps --all")
    return again


def inspected(connection: Connection, name: str) -> dict[str, Any] | None:
    """Return what the engine says of a container's name or id; ``None`` where it means none, or several.

    Raises:
        EngineLostError: the engine failed.
    """
    from docker.errors import APIError

    if not _NAME.fullmatch(name):
        return None
    with reading(connection, f"the container {name}"):
        try:
            found: dict[str, Any] = connection.api.inspect_container(name)
        except APIError as error:
            code = error.response.status_code if error.response is not None else None
            if code == 404 or (code in _REFUSED and "multiple" in str(error.explanation).lower()):
                return None
            raise
        return found


def _several(name: str, meant: Sequence[Listed]) -> UsageError:
    shown = ", ".join(f"{one.name} ({'running' if one.running else 'not running'})" for one in meant[:_MOST_SHOWN])
    more = f" and {len(meant) - _MOST_SHOWN} more" if len(meant) > _MOST_SHOWN else ""
    projects = sorted({one.project for one in meant if one.project})
    mend = [f"Name one of them: --container {meant[0].name}"]
    mend += [f"Or all of a project: --compose-project {project}" for project in projects[:3]]
    return UsageError(f"{name!r} means several containers.", why=f"They are {shown}{more}.", mend=mend)
