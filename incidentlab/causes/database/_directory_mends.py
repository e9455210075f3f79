"""What to do with a data directory that the server cannot use."""

import re

from incidentlab.causes._account import Account
from incidentlab.causes._cluster import Pod
from incidentlab.causes.database._directory import (
    MOVED_VOLUME,
    OLD_PATH,
    OTHER_VERSION,
    Versions,
    files_at,
    versions,
)
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Mend

_NEW_PATH = "/var/lib/postgresql"
_BY_VERSION = re.compile(r"/(?P<old>\d{1,2})/[\w.\-]{1,40}")
_LOOK = Mend("command", "docker run --rm -v VOLUME:/data alpine find /data -maxdepth 4 -name PG_VERSION "
             "! -path '*/base/*' -exec head {} +", "Shows which version made the data.")  # fmt: skip


def mends(
    account: Account,
    mount: tuple[ComposeFacts, ComposeService, str] | None,
    server: str = "db",
    pod: Pod | None = None,
) -> tuple[Mend, ...]:
    """Return what to do, best first; ``server`` is the database's service, ``pod`` the one whose log it is."""
    text = account.text
    found, older = versions(account), files_at(account)
    if found:
        return _of_versions(found, server)
    if older:
        return _of_older_files(older[1], server)
    if mount or MOVED_VOLUME.pattern.search(text):
        return _of_mount(mount)
    if "database locale is incompatible" in text:
        return (
            Mend("text", "Go back to the image that made the data: another one (alpine for Debian's, or the reverse) "
                 "has other locales. Nothing is lost.",
                 "The server has only read which locale the data was sorted by."),
            Mend("text", "Or make an image of your own that has the locale, with localedef."),
        )  # fmt: skip
    if OTHER_VERSION.pattern.search(text):
        return _of_unknown_version(server)
    if "exists but is not empty" in text:
        return (
            Mend("text", "Point PGDATA to a folder below the mount: PGDATA=/var/lib/postgresql/data/pgdata.",
                 "A disk's own lost+found, or a hidden file, is enough to make the mount's root not empty."),
            Mend("command", "docker run --rm -v VOLUME:/data alpine ls -la /data", "Shows what lies there."),
        )  # fmt: skip
    if pod:
        return _of_owner_in_cluster(pod)
    return (
        Mend("text", "Use a named volume instead of a folder of the host: volumes: [pgdata:/var/lib/postgresql/data].",
             "Shared folders (NFS, Windows, macOS) do not let the server change owner and mode."),
        Mend("command", f"docker compose run --rm --user root --entrypoint sh {server} -c "
             "'chown -R postgres:postgres /var/lib/postgresql && chmod 0700 /var/lib/postgresql/data'",
             "Where the file system allows it. In Kubernetes: securityContext.fsGroup."),
    )  # fmt: skip


def _of_owner_in_cluster(pod: Pod) -> tuple[Mend, ...]:
    fitting = Mend("text", "In the pod set securityContext.fsGroup to the image's group (999, in Alpine 70), and "
                   f"PGDATA to a folder below the mount: {OLD_PATH}/pgdata.",
                   "The kubelet gives the volume to that group; initdb makes the folder with the mode it "
                   "wants.")  # fmt: skip
    if pod.tool != "oc":
        return (fitting,)
    return (
        Mend("text", "Take an image that runs as any user, as quay.io/sclorg/postgresql-16-c9s.",
             "OpenShift gives each project users of its own, who do not own the volume."),
        Mend("command", f"oc adm policy add-scc-to-user anyuid -z default{pod.place}",
             "Lets this image run as its own user instead; it takes an administrator."),
        fitting,
    )  # fmt: skip


def _of_versions(found: Versions, server: str) -> tuple[Mend, ...]:
    old, new = (version.split(".")[0] for version in found)
    return (
        Mend("text", f"Now: go back to the image of version {old} (image: postgres:{old}); nothing is lost.",
             "The server has only read the directory's version."),
        *_taken_over(old, f"version {new}", server),
    )  # fmt: skip


def _of_unknown_version(server: str) -> tuple[Mend, ...]:
    """Return what to do where the server does not name the versions: its message is cut, or only the build differs."""
    return (
        _LOOK,
        Mend("text", "Now: go back to the image that made the data (image: postgres:NN); nothing is lost.",
             "Where the version is the same it was another build: a beta, or one with other settings."),
        *_taken_over("NN", "the new version", server),
    )  # fmt: skip


def _of_older_files(path: str, server: str) -> tuple[Mend, ...]:
    """Return what to do where the image found an older database in a volume that it was given."""
    inside = path.removeprefix(_NEW_PATH)
    by_version = _BY_VERSION.fullmatch(inside)
    old, mount = (by_version["old"], _NEW_PATH) if by_version else ("NN", OLD_PATH)
    where = f" and PGDATA={path}" if by_version else ""
    place = "mounted as it was then" if inside == "/data" else f"at {mount}"
    return (
        *(() if by_version else (_LOOK,)),
        Mend("text", f"Now: start that version's image (image: postgres:{old}) with the volume {place}{where}; "
             "nothing is lost.",
             "The newer image has only looked whether there is a database."),
        *_taken_over(old, "the new version", server, f"{mount} -e PGDATA={path}" if by_version else mount,
                     f"{_NEW_PATH} of a new volume"),
    )  # fmt: skip


def _of_mount(mount: tuple[ComposeFacts, ComposeService, str] | None) -> tuple[Mend, ...]:
    source = mount[2].split(":")[0] if mount and ":" in mount[2] else "VOLUME"
    return (
        Mend("text", f"Mount the volume one level higher: {source}:{_NEW_PATH} instead of {source}:{OLD_PATH}.",
             "For a new database; data of an older version has to be taken over with pg_upgrade or pg_dumpall."),
        Mend("text", "Or stay with the image that made the data: image: postgres:17."),
    )  # fmt: skip


def _taken_over(
    old: str, new: str, server: str, mount: str = OLD_PATH, place: str = "a new volume"
) -> tuple[Mend, ...]:
    return (
        Mend("command", f"docker run --rm -v VOLUME:{mount} --name old -d postgres:{old} && "
             "until docker exec old pg_isready -q; do sleep 1; done && "
             "docker exec old pg_dumpall -U postgres > all.sql",
             "Takes the data out with the version that can read it."),
        Mend("command", f"docker compose up -d {server} && docker compose exec -T {server} psql -U postgres < all.sql",
             f"Puts it into {new}, on {place}. pg_upgrade does the same in place, with both versions."),
    )  # fmt: skip
