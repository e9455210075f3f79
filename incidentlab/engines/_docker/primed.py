"""An initialised data directory, kept as an image: a run then starts PostgreSQL in a tenth of the time."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from incidentlab.engines._docker import images, names, passwords, sweep
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.parts import Workshop
from incidentlab.engines._docker.postgres import LIMITS, PORT, Credentials, PasswordUnchangedError
from incidentlab.engines._docker.ready import wait_ready
from incidentlab.errors import DatabaseNotReadyError, EngineLostError

REPOSITORY = "incidentlab/postgres-primed"
_DATA = "/var/lib/incidentlab/pgdata"  # outside of the image's VOLUME, whose content a commit leaves out
_FORMAT = "2"  # part of the tag; another way to prime is another number
_STOP_SECONDS = 30
_TIDY_SECONDS = 2.0  # of a run's start that may go into removing what nobody can use any more


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
        with passwords.alone(key, shop.cancel):
            if (kept := passwords.recall(key)) and images.inspect(shop.connection, kept[0]) is not None:
                return Template(key, kept[0], Credentials(spec.admin, kept[1], spec.name))
            tell("initialising a data directory, once")
            template = _prime(shop, str(image["Id"]), key, deadline)
            passwords.remember(key, template.image, template.credentials.password)
        _clear_the_rest(shop, template)
    except (DatabaseNotReadyError, EngineLostError, OSError, _UnfitError) as error:
        shop.cancel.check()
        shop.notes.append(f"{spec.image} could not be kept initialised, so PostgreSQL starts more slowly: {error}")
        return None
    return template


def forget(template: Template) -> None:
    """Do not use a primed image again: its password is not what we thought."""
    passwords.forget(template.key)


def _clear_the_rest(shop: Workshop, template: Template) -> None:
    """Remove what this one takes the place of, and what nobody can use any more; once for each image that is made."""
    for name in sweep.outdated(shop.connection, _purpose(shop), template.image, monotonic() + _TIDY_SECONDS):
        passwords.forget(name.removeprefix(f"{REPOSITORY}:"))


def _purpose(shop: Workshop) -> str:
    spec = shop.request.spec.database
    return names.purpose(spec.image, spec.admin, spec.name)


class _UnfitError(Exception):
    """The image does not keep to the ways of the official ones."""


def _prime(shop: Workshop, image: str, key: str, deadline: float) -> Template:
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
            until = min(deadline, monotonic() + shop.request.timeout / 2)
            try:
                wait_ready(shop, container, port, first, until, last.password)
            except PasswordUnchangedError as error:
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
    conf = {"Env": ["POSTGRES_PASSWORD="], "Labels": names.primed_labels(_purpose(shop))}
    image = str(api.commit(container, repository=REPOSITORY, tag=key, conf=conf, pause=False)["Id"])
    inspected = images.image_of(api, image)
    if login.password in json.dumps(inspected) or "POSTGRES_PASSWORD=" not in inspected["Config"]["Env"]:
        api.remove_image(image, force=True)
        raise _UnfitError("its password would have stayed in the image")
    return image
