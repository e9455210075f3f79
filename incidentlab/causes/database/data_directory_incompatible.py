"""The server cannot use the data directory that it was given."""

import re
from dataclasses import replace

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._cluster import pod_of
from incidentlab.causes._evidence import cited, match
from incidentlab.causes._settling import server_came_up
from incidentlab.causes.database._directory import (
    MOVED_VOLUME,
    NOT_USABLE,
    OLD_PATH,
    OTHER_VERSION,
    files_at,
    versions,
)
from incidentlab.causes.database._directory_mends import mends
from incidentlab.causes.startup._commands import server_name
from incidentlab.model.cause import Cause
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import Evidence

_ID = "data-directory-incompatible"
_TITLE = "The server cannot use its data directory"
_SIGNS = (OTHER_VERSION, MOVED_VOLUME, NOT_USABLE)
_IMAGE = re.compile(r"(?:^|/)postgres:(?P<tag>[\w.-]{1,60})$")
_MAJOR = re.compile(r"\d{1,3}")
_MOVED_IN = 18


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the server refuses its data directory, and does not come up afterwards."""
    account = hear(evidence, _SIGNS)
    mount = _old_mount(evidence)
    if account is None:
        return _by_mount(evidence, mount) if mount else None
    up = server_came_up(evidence, account) if account.events else None
    if up:
        why = f"The data directory was refused at first; the server is ready afterwards, line {up.first_line}."
        return RuledOut(_ID, _TITLE, why, up.id)
    confidence = _confidence(account)
    wanted = "Whether the server came up afterwards: its whole log, or --container."
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(account),
        evidence=(*_links(account), *_mounted(mount)),
        mend=mends(account, mount, server_name(evidence), pod_of(evidence, next(iter(account.events), None))),
        missing=() if confidence == "certain" else (wanted,),
    )


def _links(account: Account) -> tuple[Link, ...]:
    """Return the links of proof; no service meets a refused directory, what says so too is the image's script."""
    links = [
        replace(link, claim="The image's start script says so too") if link.claim == "The service meets it" else link
        for link in chain(account, "The server refuses its data directory")
    ]
    older = files_at(account)
    if older:
        links.insert(1, cited(older[0], "An older database's files lie here"))
    return tuple(links)


def _confidence(account: Account) -> Confidence:
    for sign in (OTHER_VERSION, MOVED_VOLUME):
        if account.facts or any(match(event, sign) for event in account.events):
            return "certain"
    return "certain" if account.hurt and account.by_server else "likely"


def _old_mount(evidence: Evidence) -> tuple[ComposeFacts, ComposeService, str] | None:
    """Return the service of a compose file that mounts the old path into an image that refuses it."""
    for project in evidence.compose:
        for service in project.services:
            image = _IMAGE.search(service.image)
            major = _MAJOR.match(image["tag"]) if image else None
            if not major or int(major[0]) < _MOVED_IN or "PGDATA" in service.environment:
                continue
            for volume in service.volumes:
                if OLD_PATH in (volume.split(":")[1:2] or [volume]):
                    return project, service, volume
    return None


def _by_mount(evidence: Evidence, mount: tuple[ComposeFacts, ComposeService, str]) -> Finding | None:
    """Return the finding from the compose file alone, where nothing shows that the service runs all the same."""
    service = mount[1]
    states = [one for one in evidence.containers if one.service == service.name]
    if any(one.status == "running" and one.restarts == 0 for one in states):
        return None
    gone = any(one.status in ("exited", "restarting", "dead") and one.exit_code != 0 for one in states)
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely" if gone else "possible",
        summary=f"{service.image} keeps its data elsewhere since version 18 and refuses a volume at {OLD_PATH}.",
        evidence=_mounted(mount),
        mend=mends(Account(()), mount),
        missing=("The log of the database would show the refusal: give --logs or --container.",),
    )


def _mounted(mount: tuple[ComposeFacts, ComposeService, str] | None) -> tuple[Link, ...]:
    if not mount:
        return ()
    project, service, volume = mount
    where = service.path or next(iter(project.paths), "the compose file")
    claim = f"{service.name} ({service.image}) has a volume at the old path"
    return (Link(claim, project.id, where, service.line, volume, project.command),)


def _summary(account: Account) -> str:
    text = account.text
    found, older = versions(account), files_at(account)
    if found:
        return f"The data directory was made by PostgreSQL {found.old}, and the server is {found.new}."
    if older:
        return (
            f"An older version's database lies in {older[1]}; from version 18 on the image keeps its data in a folder "
            "named after the version, and does not start beside such files."
        )
    if MOVED_VOLUME.pattern.search(text):
        return f"From version 18 on the image keeps its data elsewhere and refuses a volume at {OLD_PATH}."
    if "exists but is not empty" in text:
        return "The data directory is not empty and holds no database, so that initdb does not touch it."
    if "database locale is incompatible" in text:
        return "The data directory was made with a locale that the server's system does not have."
    if NOT_USABLE.pattern.search(text) and not OTHER_VERSION.pattern.search(text):
        return "The server may not use its data directory: the volume's owner or permissions are not those it demands."
    return "The data directory was made by another version or build of PostgreSQL than the one that is to use it."


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The data directory was made by another version of PostgreSQL, lies elsewhere, or may not be used.",
    explanation="""\
The files of one major version of PostgreSQL cannot be used by another one. An image tag without a version
(`postgres`, `postgres:latest`, `postgres:alpine`) moves to the next one by itself: the container is made again,
finds the old volume, and ends at once.

From version 18 on the official image keeps its data in a folder named after the version, expects the volume at
`/var/lib/postgresql`, and refuses one at `/var/lib/postgresql/data`, even an empty one. Where it finds an older
version's database in the volume, it names the folder and does not start beside it: then the data has to be taken over.

PostgreSQL also insists on owning its directory, with mode 0700 or 0750. A folder of the host, an NFS share or
another user's volume fails with "wrong ownership", "invalid permissions", or in the entrypoint's `chown`.

What one sees first is another container's trouble: the database is not there, so its name cannot be resolved, or
the connection is refused. A warning about a collation's version is only a warning.""",
    shows=(
        "FATAL:  database files are incompatible with server",
        "DETAIL:  The data directory was initialized by PostgreSQL version 12, which is not compatible with "
        "this version 15.3",
        "Error: in 18+, these Docker images are configured to store database data in a format which is "
        "compatible with …",
        'initdb: error: directory "/var/lib/postgresql/data" exists but is not empty',
        'FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership',
    ),
    check=(
        "docker logs db 2>&1 | tail -20",
        "docker run --rm -v VOLUME:/data alpine sh -c 'find /data -name PG_VERSION -maxdepth 4 | xargs head'",
        "docker inspect db --format '{{.Config.Image}} {{json .Mounts}}'",
    ),
    mend=(
        "Now: start the version that made the data (`image: postgres:NN`); nothing is lost.",
        "Then take the data over: `pg_dumpall` with the old version, restore into the new one on a new volume, "
        "or `pg_upgrade`.",
        "For version 18 and later: mount the volume at `/var/lib/postgresql`.",
        "For owner and mode: a named volume, or `chown` to the server's user and `chmod 0700`.",
    ),
    prevent=(
        "Name the major version in the image: `postgres:17`, and upgrade it on purpose.",
        "Test the upgrade with a copy of the volume.",
    ),
    confidence="""\
- **certain**: the server says that the files are another version's, or the image refuses the volume's place, and it
  does not become ready afterwards.
- **likely**: owner, mode or content of the directory are refused, or the compose file has the old path and the
  container is gone.
- **possible**: only the compose file is there, with the old path and an image of version 18 or later.""",
    find=find,
    explains=(
        "host-not-found",
        "database-not-ready",
        "database-missing",
        "bad-credentials",
        "broken-entrypoint",
        "data-corruption",
        "migration-failed",
        "migrations-not-applied",
    ),
    links=(
        "https://www.postgresql.org/docs/current/upgrading.html",
        "https://github.com/docker-library/postgres/pull/1259",
        "https://github.com/docker-library/docs/blob/master/postgres/README.md",
    ),
    signs=_SIGNS,
)
