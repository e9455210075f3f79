"""What to do with a data directory that the server cannot use."""

from incidentlab.causes._account import Account
from incidentlab.causes.database._directory import MOVED_VOLUME, OLD_PATH, VERSIONS
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Mend


def mends(account: Account, mount: tuple[ComposeFacts, ComposeService, str] | None) -> tuple[Mend, ...]:
    text = account.text
    found = VERSIONS.search(text)
    if found:
        old, new = found["old"].split(".")[0], found["new"].split(".")[0]
        return (
            Mend("text", f"Now: go back to the image of version {old} (image: postgres:{old}); nothing is lost.",
                 "The server has only read the directory's version."),
            Mend("command", f"docker run --rm -v VOLUME:{OLD_PATH} --name old -d postgres:{old} && "
                 "docker exec old pg_dumpall -U postgres > all.sql", "Takes the data out with the version that "
                                                                     "can read it."),
            Mend("command", "docker compose up -d db && docker compose exec -T db psql -U postgres < all.sql",
                 f"Puts it into version {new}, on a new volume. pg_upgrade does the same in place, with both "
                 f"versions."),
        )  # fmt: skip
    if mount or MOVED_VOLUME.pattern.search(text):
        source = mount[2].split(":")[0] if mount and ":" in mount[2] else "VOLUME"
        return (
            Mend("text", f"Mount the volume one level higher: {source}:/var/lib/postgresql instead of "
                         f"{source}:{OLD_PATH}.",
                 "For a new database; data of an older version has to be taken over with pg_upgrade or pg_dumpall."),
            Mend("text", "Or stay with the image that made the data: image: postgres:17."),
        )  # fmt: skip
    if "exists but is not empty" in text:
        return (
            Mend("text", "Point PGDATA to a folder below the mount: PGDATA=/var/lib/postgresql/data/pgdata.",
                 "A disk's own lost+found, or a hidden file, is enough to make the mount's root not empty."),
            Mend("command", "docker run --rm -v VOLUME:/data alpine ls -la /data", "Shows what lies there."),
        )  # fmt: skip
    return (
        Mend("text", "Use a named volume instead of a folder of the host: volumes: [pgdata:/var/lib/postgresql/data].",
             "Shared folders (NFS, Windows, macOS) do not let the server change owner and mode."),
        Mend("command", "docker compose run --rm --user root --entrypoint sh db -c "
             "'chown -R postgres:postgres /var/lib/postgresql && chmod 0700 /var/lib/postgresql/data'",
             "Where the file system allows it. In Kubernetes: securityContext.fsGroup."),
    )  # fmt: skip
