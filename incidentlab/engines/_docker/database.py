"""The run's PostgreSQL: a container on the run's network, started from a primed image where that works."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from incidentlab.engines._docker import images, interruptible, names, primed
from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.logs import Follower
from incidentlab.engines._docker.parts import LOOPBACK, Workshop
from incidentlab.engines._docker.postgres import LIMITS, PORT, Credentials, PasswordUnchangedError, server_command
from incidentlab.engines._docker.ready import TemplateUnusableError, not_ready, wait_ready
from incidentlab.engines._logins import create_roles

ALIAS = "db"
_SCRIPT = "docker-entrypoint.sh"  # of the official images
VOLUME = "/var/lib/incidentlab/volume"  # in memory, of the size that the scenario says, and gone with the container


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL that answers."""

    container: str
    name: str
    port: int
    credentials: Credentials
    version: str
    follower: Follower


def start(shop: Workshop) -> Database:
    """Start PostgreSQL and wait until it answers ``SELECT 1`` through its published port.

    Raises:
        ImageUnavailableError: its image is neither here nor to be had.
        DatabaseNotReadyError: its container has ended, or it did not answer in time.
        CancelledError: the run was called off.
    """
    spec, request = shop.request.spec.database, shop.request
    deadline = monotonic() + request.timeout
    tell = shop.voice.progress("database")
    image = images.provide(shop.connection, spec.image, request.registry, tell, shop.cancel, request.timeout)
    template = primed.obtain(shop, image, tell, deadline)
    shop.cancel.check()
    entrypoint = list(image["Config"].get("Entrypoint") or ())
    served: Database | None = None
    if template is not None:
        with suppress(TemplateUnusableError):
            served = _from_template(shop, template, entrypoint, deadline)
        if served is None:
            primed.forget(template)
            _discard(shop)
    if served is None:
        served = _serve(shop, str(image["Id"]), entrypoint, shop.login, shop.login.environment(), deadline)
    _admit(shop, served)
    return served


def _admit(shop: Workshop, served: Database) -> None:
    import psycopg  # only now: while it is imported nothing else of ours goes on

    try:
        create_roles(shop.logins.at(LOOPBACK, served.port))
    except psycopg.Error as error:
        raise not_ready(shop, served.container, f"Its roles could not be created: {error}") from error


def _from_template(shop: Workshop, template: primed.Template, entrypoint: list[str], deadline: float) -> Database:
    """Start from the primed image, whose password is only good for exchanging it for this run's own."""
    old = template.credentials
    shop.secrets.add(old.password)
    # There is nothing left to initialise. The official script would look into that and change the user, which takes it
    # as long as the server itself to start.
    if entrypoint == [_SCRIPT] and not shop.request.spec.database.interrupted:
        return _serve(shop, template.image, ["postgres"], old, {}, deadline, user="postgres")
    return _serve(shop, template.image, entrypoint, old, {}, deadline)


def _discard(shop: Workshop) -> None:
    """Remove a database that does not know its password."""
    from docker.errors import NotFound

    name = names.container(shop.request.run, ALIAS)
    with asking(shop.connection, "removing a database that does not know its password"), suppress(NotFound):
        shop.connection.api.remove_container(name, force=True, v=True)


def _serve(
    shop: Workshop,
    image: str,
    entrypoint: list[str],
    login: Credentials,
    env: dict[str, str],
    deadline: float,
    user: str = "",
) -> Database:
    """Serve from an image that knows ``login``; it is this run's own from the first answer on.

    With a ``user``, the entrypoint is the server itself.
    """
    from docker.errors import ImageNotFound

    name = names.container(shop.request.run, ALIAS)
    spec = shop.request.spec.database
    command = server_command(spec)
    wrapped = interruptible.entrypoint(entrypoint) if spec.interrupted else None
    if user:
        wrapped, command = entrypoint, command[1:]
    limits = {**LIMITS, "tmpfs": {VOLUME: f"size={spec.volume},mode=1777"}} if spec.volume else LIMITS
    with asking(shop.connection, "starting PostgreSQL"):
        try:
            container = shop.create(
                ALIAS, image, port=PORT, alias=ALIAS, env=env, command=command, entrypoint=wrapped, user=user, **limits
            )
        except ImageNotFound as error:  # removed in this moment, by a clean or by a run that made a newer one
            raise TemplateUnusableError(f"The image {image} is gone.") from error
        shop.await_network()
        shop.starting.set()
        shop.connection.api.start(container)
        follower = Follower(shop.connection, container, "database", shop.redactor, shop.voice)
        port = shop.published(container, PORT)
    fresh = shop.login.password if login != shop.login else ""
    try:
        version = wait_ready(shop, container, port, login, deadline, fresh)
    except PasswordUnchangedError as error:
        raise not_ready(shop, container, f"Its password could not be set: {error}") from error
    return Database(container, name, port, shop.login, version, follower)
