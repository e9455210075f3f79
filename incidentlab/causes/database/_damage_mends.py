"""What to do about files of the server that are damaged."""

import re

from incidentlab.causes._account import Account
from incidentlab.causes._cluster import Pod, pod_of
from incidentlab.causes._evidence import match
from incidentlab.causes.database._damage import LOG_DAMAGED
from incidentlab.causes.startup._commands import server_name
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence

INDEX = re.compile(r"\bindex \\?\"(?P<name>[^\"\\]{1,120})")
_STARTS = re.compile(r"\bstarting PostgreSQL (?P<major>\d{1,2})\b")
TOAST = re.compile(r"\btoast value \d{1,10} in (?:pg_toast\.)?pg_toast_(?P<table>\d{1,10})\b")
_FILE = re.compile(r"\bbase/\d{1,10}/(?P<node>\d{1,10})")


def mends(evidence: Evidence, account: Account) -> tuple[Mend, ...]:
    """Return what to do, best first: a copy before anything else, and what is safe before what is not."""
    pod = pod_of(evidence, next(iter(account.events), None))
    if pod and pod.owner:
        return _in_cluster(evidence, account, pod)
    starts = not any(match(event, LOG_DAMAGED) for event in account.events)
    copy = _copied(server_name(evidence), starts=starts)
    restore = Mend(
        "text", "Restore the last good backup (and its WAL), into a new volume.", "The only way that is safe."
    )
    if not starts:
        reset = Mend("command", "docker run --rm --user postgres -v VOLUME:/var/lib/postgresql/data "
                     f"postgres:{_major(evidence)} "
                     "pg_resetwal -f /var/lib/postgresql/data",
                     "Only without a backup, on the copy's original: transactions are lost; dump and restore "
                     "afterwards.")  # fmt: skip
        return copy, restore, reset
    look = Mend("command", "pg_amcheck --all --heapallindexed", "Shows how far the damage goes.")
    values = TOAST.search(account.text)
    if values:
        return copy, *_of_long_values(values["table"]), look, restore
    index = INDEX.search(account.text)
    again = Mend("command", f'psql "$DATABASE_URL" -c \'REINDEX INDEX CONCURRENTLY '
                            f'"{index["name"] if index else "INDEX"}"\'',
                 f"{'An' if index else 'Where it is an index: an'} index can be made again from its "
                 "table.")  # fmt: skip
    return (copy, again, look, restore) if index else (copy, *_whose(account), look, again, restore)


def _copied(server: str, *, starts: bool) -> Mend:
    """Return the command that keeps a copy; a server that can start is asked further, and has to run for that."""
    again = f" && docker compose start {server}" if starts else ""
    return Mend("command", f"docker compose stop {server} && docker run --rm -v VOLUME:/data -v \"$PWD\":/copy alpine "
                f"tar -C /data -czf /copy/damaged.tar.gz .{again}",
                "Before anything else: every further step may lose more.")  # fmt: skip


def _of_long_values(table: str) -> tuple[Mend, ...]:
    """Return what to do about a table's long values, which lie in a table of their own with an index of its own."""
    return (
        Mend("command", f"psql \"$DATABASE_URL\" -c 'SELECT {table}::regclass'", "Names the table they belong to."),
        Mend("command", f"psql \"$DATABASE_URL\" -c 'REINDEX TABLE pg_toast.pg_toast_{table}'",
             "Where only their index is damaged, this is enough; a value that is gone comes from a backup alone."),
    )  # fmt: skip


def _in_cluster(evidence: Evidence, account: Account, pod: Pod) -> tuple[Mend, ...]:
    """Return what to do about a server in a pod: its volume is a claim, which one pod at a time may mount."""
    first = (
        Mend("command", f"{pod.tool} scale {pod.owner} --replicas=0{pod.place}",
             "Before anything else, where no operator starts it again: every further step may lose more."),
        Mend("text", "Copy the claim's files with a pod that mounts it, or take a VolumeSnapshot.",
             "What a repair deletes is then still there."),
        Mend("text", "Restore the last good backup (and its WAL), into a new claim.", "The only way that is safe."),
    )  # fmt: skip
    if any(match(event, LOG_DAMAGED) for event in account.events):
        return (*first, Mend("text", f"Only without a backup: pg_resetwal -f on the data directory, as the user "
                             f"postgres, in a pod of postgres:{_major(evidence)} that mounts the claim.",
                             "Transactions are lost; dump and restore afterwards."))  # fmt: skip
    return (*first, Mend("command", "pg_amcheck --all --heapallindexed", "Shows how far the damage goes."))


def _major(evidence: Evidence) -> str:
    """Return the server's major version, as it names it at its start; what stands for it where the log lacks that."""
    found = next((named for event in evidence.logs if (named := _STARTS.search(event.text))), None)
    return found["major"] if found else "NN"


def _whose(account: Account) -> tuple[Mend, ...]:
    """Return the command by which the number of a file becomes the name of a table or an index."""
    found = _FILE.search(account.text)
    if not found:
        return ()
    text = f"psql \"$DATABASE_URL\" -c 'SELECT pg_filenode_relation(0, {found['node']})'"
    return (Mend("command", text, "Names the table or the index that the file belongs to."),)
