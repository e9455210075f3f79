"""An initialised data directory, kept as an image: a run then starts PostgreSQL in a tenth of the time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from incidentlab import places
from incidentlab.engines._docker import images, names
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.parts import Workshop
from incidentlab.engines._docker.postgres import LIMITS, PORT, Credentials, set_password
from incidentlab.engines._docker.ready import wait_ready
from incidentlab.errors import DatabaseNotReadyError, EngineLostError

REPOSITORY = "incidentlab/postgres-primed"
_DATA = "/var/lib/incidentlab/pgdata"  # outside of the image's VOLUME, whose content a commit leaves out
_FORMAT = "1"  # part of the tag; another way to prime is another number
_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Template:
    """A primed image, by its id, and the password that its cluster was left with."""

    key: str
    image: str
    credentials: Credentials


def obtain(shop: Workshop, image: dict[str, Any], tell: Callable[[str], None], deadline: float) -> Template | None:
    """Return the primed image of a PostgreSQL image, made now if it is not there.

    ``None`` where it cannot be had: an image that does not keep to the usual ways, or no place to keep its password.
    The run then starts from the image itself.
    """
    spec = shop.request.spec.database
    # The password lies in this home, so the image is this home's too.
    about = (_FORMAT, str(image["Id"]), spec.admin, spec.name, names.cache_home())
    key = hashlib.sha256("\0".join(about).encode()).hexdigest()[:20]
    try:
        with _alone(key, shop):
            if (kept := _recall(key)) and images.inspect(shop.connection, kept[0]) is not None:
                return Template(key, kept[0], Credentials(spec.admin, kept[1], spec.name))
            tell("initialising a data directory, once")
            template = _prime(shop, str(image["Id"]), key, deadline)
            _remember(template)
    except (DatabaseNotReadyError, EngineLostError, OSError, _UnfitError) as error:
        shop.cancel.check()
        shop.notes.append(f"{spec.image} could not be kept initialised, so PostgreSQL starts more slowly: {error}")
        return None
    return template


def forget(template: Template) -> None:
    """Do not use a primed image again: its password is not what we thought."""
    with suppress(OSError):
        _file(template.key).unlink(missing_ok=True)


class _UnfitError(Exception):
    """The image does not keep to the ways of the official ones."""


def _prime(shop: Workshop, image: str, key: str, deadline: float) -> Template:
    import psycopg

    spec, api = shop.request.spec.database, shop.connection.api
    # This first password stays readable in the image's history of how it was made. So it is replaced before the
    # server stops, and opens nothing any more.
    first = Credentials(spec.admin, secrets.token_hex(16), spec.name)
    last = Credentials(spec.admin, secrets.token_hex(16), spec.name)
    shop.secrets.update((first.password, last.password))
    env = {**first.environment(), "PGDATA": _DATA}
    with asking(shop.connection, "initialising PostgreSQL"):
        container = shop.create("prime", image, port=PORT, env=env, command=["postgres", "-c", "fsync=off"], **LIMITS)
        try:
            shop.await_network()
            api.start(container)
            port = shop.published(container, PORT)
            wait_ready(shop, container, port, first, min(deadline, monotonic() + shop.request.timeout / 2))
            try:
                set_password(port, first, last.password)
            except psycopg.Error as error:
                raise _UnfitError(str(error)) from error
            return Template(key, _kept(shop, container, key, last), last)
        finally:
            api.remove_container(container, force=True, v=True)


def _kept(shop: Workshop, container: str, key: str, login: Credentials) -> str:
    """Stop the server cleanly, commit its container, and make sure that the image gives nothing away."""
    api = shop.connection.api
    api.stop(container, timeout=_STOP_SECONDS)
    if (code := api.inspect_container(container)["State"]["ExitCode"]) != 0:
        raise _UnfitError(f"it did not stop cleanly (exit code {code})")
    # A name that is set here is not taken over from the container.
    conf = {"Env": ["POSTGRES_PASSWORD="], "Labels": names.cache_labels()}
    image = str(api.commit(container, repository=REPOSITORY, tag=key, conf=conf, pause=False)["Id"])
    inspected = images.image_of(api, image)
    if login.password in json.dumps(inspected) or "POSTGRES_PASSWORD=" not in inspected["Config"]["Env"]:
        api.remove_image(image, force=True)
        raise _UnfitError("its password would have stayed in the image")
    return image


@contextmanager
def _alone(key: str, shop: Workshop) -> Iterator[None]:
    """Let one run at a time prime; the others wait and then find it done."""
    file = _file(key).with_suffix(".lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                shop.cancel.wait(0.02)
        yield


def _recall(key: str) -> tuple[str, str] | None:
    try:
        kept = json.loads(_file(key).read_text("utf-8"))
        return str(kept["image"]), str(kept["password"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(template: Template) -> None:
    """Keep the password for this user alone; the file appears whole or not at all."""
    file = _file(template.key)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump({"image": template.image, "password": template.credentials.password}, out)
        fresh.replace(file)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def _file(key: str) -> Path:
    return places.cache() / "docker" / f"postgres-{key}.json"
