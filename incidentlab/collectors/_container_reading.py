"""One inspected container → its facts and its log; shared by the readers of one container and of a whole project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from incidentlab.collectors import _container_database, log
from incidentlab.collectors._container_database import NamedDatabase
from incidentlab.collectors._container_secrets import secrets_of
from incidentlab.model.evidence import ContainerFacts, ImageFacts, LogEvent
from incidentlab.redact import Redactor

if TYPE_CHECKING:
    from incidentlab.engines._docker.client import Connection
    from incidentlab.engines._docker.listing import Listed
    from incidentlab.engines._docker.pastlog import PastLog

_SERVICE = "com.docker.compose.service"
_IS_RUN = "com.docker.compose.oneoff"  # made by ``compose run``, for one command
# Commands that apply migrations and end; of a shell's line the last command counts, as it is what goes on.
_MIGRATES = re.compile(
    r"\balembic\b.{1,200}\bupgrade\b|\bdb upgrade\b|\bmanage\.py migrate\b|\bflyway\b.{0,200}\bmigrate\b"
    r"|\bliquibase\b.{0,200}\bupdate\b|\bdb:migrate\b|\bprisma migrate\b|\bmigrate\b.{0,200}\bup\b"
)
_GOES_ON = re.compile(r"&&|\|\||;|\n|\bexec\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """How much of each log is wanted: ``tail`` lines from the end (``None``: all), and only from ``since`` on."""

    tail: int | None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OneContainer:
    """The facts of one container."""

    state: ContainerFacts
    image: ImageFacts
    logs: tuple[LogEvent, ...] = ()
    unread: tuple[str, ...] = ()


def read(
    connection: Connection, inspected: Mapping[str, Any], asked: Asked, label: str = "", words: Iterable[str] = ()
) -> OneContainer:
    """Turn the engine's inspection of a container into facts, and read its log.

    Args:
        connection: the engine.
        inspected: what it says of the container.
        asked: how much of the log.
        label: what the facts call it, their ids and the log's ``source``; by default the container's name.
        words: further words that stay readable although somebody made one of them a password.
    """
    from incidentlab.engines._docker import condition, pastlog

    name = condition.name_of(inspected)
    label = label or name
    service = str(((inspected.get("Config") or {}).get("Labels") or {}).get(_SERVICE) or "")
    secrets = secrets_of([condition.environment(inspected)], (name, label, service, *words))
    redactor = Redactor(secrets)
    state = condition.container_facts(inspected, redactor, label, service)
    image = condition.configuration(inspected, redactor, label, service)
    past = pastlog.read(
        connection,
        str(inspected["Id"]),
        secrets,
        tty=condition.has_terminal(inspected),
        tail=asked.tail,
        since=asked.since,
    )
    events = log.read(past.lines, source=label, command=_command(name, asked, past.is_cut))
    if service:
        events = tuple(replace(event, service=service) for event in events)
    if _is_one_shot(inspected, image):
        state = replace(state, one_shot=True)
    return OneContainer(state, image, events, _unread(name, past, condition.log_driver(inspected), asked))


def database(
    connection: Connection, inspected: Mapping[str, Any], known: Callable[[], Sequence[Listed]]
) -> NamedDatabase | None:
    """Return the database that a container's environment names, and where this machine reaches it.

    Args:
        connection: the engine.
        inspected: what it says of the container.
        known: gives the engine's containers; called where a host's name has to be looked up.
    """
    from incidentlab.engines._docker import condition, reach

    found = _container_database.named(condition.environment(inspected))
    if found is None:
        return None
    way = reach.way(connection, inspected, found.host, found.port, known)
    here = _container_database.moved(found.url, way.host, way.port) if way.host else ""
    return replace(found, here=here, how=way.how)


def _is_one_shot(inspected: Mapping[str, Any], image: ImageFacts) -> bool:
    """Whether a container is meant to end, by what it alone tells: made for one command, or only to migrate."""
    from incidentlab.engines._docker import condition

    labels = (inspected.get("Config") or {}).get("Labels") or {}
    if str(labels.get(_IS_RUN) or "").lower() == "true":
        return True
    last = _GOES_ON.split(" ".join((*image.entrypoint, *image.cmd)))[-1]
    return condition.restart_policy(inspected) in {"no", "on-failure"} and bool(_MIGRATES.search(last))


def _command(name: str, asked: Asked, is_cut: bool) -> str:
    since = f" --since {asked.since.isoformat()}" if asked.since else ""
    # Where lines were left out, ours are counted from the first that was read.
    tail = f" --tail {asked.tail}" if is_cut and asked.tail else ""
    return f"docker logs --timestamps{since}{tail} {name}"


def _unread(name: str, past: PastLog, driver: str, asked: Asked) -> tuple[str, ...]:
    said = []
    if past.unread:
        kept = f" It goes to the log driver {driver!r}." if driver not in {"", "json-file", "local", "journald"} else ""
        said.append(f"The log of {name} could not be read. {past.unread}{kept}" if not past.lines else
                    f"The log of {name} could not be read to its end. {past.unread}")  # fmt: skip
    if past.is_cut:
        count = f"{len(past.lines):,}"
        said.append(f"Only the last {count} lines of the log of {name} were read; there are earlier ones.")
    return tuple(said)
