"""A command in the app's image, beside the app: a migration by hand, or a one-shot service."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event as Flag
from time import monotonic
from typing import Any

from incidentlab.engines._base import Finished
from incidentlab.engines._docker import database
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.parts import Workshop
from incidentlab.engines._docker.postgres import PORT
from incidentlab.engines._logins import Address, variables
from incidentlab.logtext import bound_line, clean_line

_ENDED = 137
_LIMITS: dict[str, Any] = {"mem_limit": "512m", "memswap_limit": "512m", "pids_limit": 512}


def run(
    shop: Workshop,
    image: dict[str, Any],
    number: int,
    argv: Sequence[str],
    files: Path | None,
    login: Address,
    timeout: float,
    over: Flag,
) -> Finished:
    """Run a command to its end; see :meth:`incidentlab.engines._base.Stack.run_once`.

    A variant's own DATABASE_URL does not count here: a job is what somebody ran who had the right one.
    """
    told = variables(shop.request.spec, login.at(database.ALIAS, PORT))
    env = {**told, "DATABASE_URL": login.at(database.ALIAS, PORT).url}
    api = shop.connection.api
    with asking(shop.connection, f"running {argv[0]}"), _container(shop, image, number, argv, env) as container:
        if files is not None:
            api.put_archive(container, image["Config"].get("WorkingDir") or "/", _packed(files))
        if (refusal := _started(shop, container)) is not None:
            return refusal
        code = _end(shop, container, timeout, over)
        said = api.logs(container, stdout=True, stderr=True).decode("utf-8", "replace")
    redactor = shop.redactor()
    return Finished(code, tuple(bound_line(redactor.text(clean_line(line))) for line in said.splitlines()))


@contextmanager
def _container(
    shop: Workshop, image: dict[str, Any], number: int, argv: Sequence[str], env: dict[str, str | None]
) -> Iterator[str]:
    from docker.errors import APIError

    role, ident = f"job-{number}", str(image["Id"])
    container = shop.create(role, ident, port=None, env=env, entrypoint=list(argv), **_LIMITS)
    try:
        yield container
    finally:
        with suppress(APIError):  # what stays bears the run's label and goes with the run
            shop.connection.api.remove_container(container, force=True, v=True)


def _started(shop: Workshop, container: str) -> Finished | None:
    """Start it; a command that does not exist is a finished one, as it is to a shell."""
    from docker.errors import APIError

    try:
        shop.connection.api.start(container)
    except APIError as error:
        state = shop.connection.api.inspect_container(container)["State"]
        if not state.get("ExitCode"):
            raise
        return Finished(int(state["ExitCode"]), (shop.redactor().text(str(error.explanation or error)),))
    return None


def _end(shop: Workshop, container: str, timeout: float, over: Flag) -> int:
    """Wait for its end, looking up often enough to notice that the run is over."""
    deadline = monotonic() + timeout
    while True:
        state = shop.connection.api.inspect_container(container)["State"]
        if not state["Running"]:
            return int(state["ExitCode"])
        if over.is_set() or monotonic() > deadline:
            return _ENDED
        shop.cancel.wait(0.05)


def _packed(folder: Path) -> bytes:
    """Pack the files of a folder, root's and readable for everybody; links and bytecode are left out."""
    packed = io.BytesIO()

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if "__pycache__" in entry.name or not (entry.isfile() or entry.isdir()):
            return None
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o755 if entry.isdir() else 0o644
        return entry

    with closing(tarfile.open(fileobj=packed, mode="w")) as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, arcname=path.name, filter=plain)
    return packed.getvalue()
