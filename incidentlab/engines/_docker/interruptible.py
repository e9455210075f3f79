"""A server that can be stopped and started while its container, name and address stay.

A stopped container has no name in its network any more: an app would see a host that does not exist, where really a
server is down or still starting. So the container's first process is a small shell loop, and the server its child.
"""

from __future__ import annotations

from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.parts import Workshop
from incidentlab.engines._docker.ready import wait_ready
from incidentlab.errors import StepFailedError

_FLAG = "/tmp/incidentlab-stopped"  # noqa: S108 - inside the run's own container
_LOOP = f"""\
while :; do
  "$@" & wait $!; code=$?
  [ -e {_FLAG} ] || exit "$code"
  while [ -e {_FLAG} ]; do sleep 0.05; done
done"""
# A fast shutdown: sessions end, what was committed stays (postgresql.org/docs/current/server-shutdown.html).
_STOP = f"""\
pid=$(head -n 1 "${{PGDATA:-/var/lib/postgresql/data}}/postmaster.pid") || exit 0
touch {_FLAG}
kill -INT "$pid"
left=200
while kill -0 "$pid" 2>/dev/null && [ $left -gt 0 ]; do sleep 0.05; left=$((left - 1)); done
[ $left -gt 0 ] || {{ kill -QUIT "$pid"; sleep 1; }}
! kill -0 "$pid" 2>/dev/null"""
_START = f"rm -f {_FLAG}"


def entrypoint(own: list[str]) -> list[str]:
    """Return an entrypoint that starts the image's own one again whenever the server was stopped on purpose."""
    return ["sh", "-c", _LOOP, "sh", *own]


def stop(shop: Workshop, container: str) -> None:
    """Stop the server and wait until it has ended.

    Raises:
        StepFailedError: it does not end.
    """
    _exec(shop, container, _STOP, "stop")


def start(shop: Workshop, container: str, port: int, deadline: float) -> None:
    """Let the loop start the server again and wait for its answer.

    Raises:
        DatabaseNotReadyError: it does not answer.
    """
    _exec(shop, container, _START, "start")
    wait_ready(shop, container, port, shop.login, deadline)


def _exec(shop: Workshop, container: str, script: str, verb: str) -> None:
    api = shop.connection.api
    with asking(shop.connection, f"asking PostgreSQL to {verb}"):
        # As the user that the server runs as: root without capabilities may not signal it.
        made = api.exec_create(container, ["sh", "-c", script], user="postgres")
        said = api.exec_start(made["Id"])
        code = api.exec_inspect(made["Id"])["ExitCode"]
    if code:
        raise StepFailedError(
            f"PostgreSQL did not {verb}.",
            why=shop.redactor().text(said.decode("utf-8", "replace").strip()) or f"exit code {code}",
            mend=("Look at the database's log: incidentlab runs logs --source database",),
        )
