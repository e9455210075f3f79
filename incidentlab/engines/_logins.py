"""The roles of a run's database, and how the app is told where it is: the same on every engine."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from incidentlab.model.scenario import DatabaseSpec, StackSpec
from incidentlab.model.step import Login


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is, as whom, with which password."""

    user: str
    password: str
    host: str
    port: int
    name: str

    @property
    def url(self) -> str:
        """Return it as programs take it."""
        user, name = quote(self.user, safe=""), quote(self.name, safe="")
        return f"postgresql://{user}:{self.password}@{self.host}:{self.port}/{name}"

    def at(self, host: str, port: int) -> "Address":
        """Return the same as seen from elsewhere."""
        return replace(self, host=host, port=port)


@dataclass(frozen=True, slots=True)
class Logins:
    """The three roles of a run; two of them may be one, and all three are where the app is a superuser."""

    admin: Address
    owner: Address
    app: Address

    @classmethod
    def of(cls, spec: DatabaseSpec, password: str, password_of: Callable[[], str] = secrets.token_urlsafe) -> "Logins":
        """Return the roles that a specification wants; host and port are not known yet.

        Args:
            spec: names them.
            password: the superuser's.
            password_of: makes further ones.
        """
        admin = Address(spec.admin, password, "", 0, spec.name)
        app = admin if spec.rights == "superuser" else replace(admin, user=spec.user, password=password_of())
        owner = app if spec.owner == spec.user else replace(admin, user=spec.owner, password=password_of())
        return cls(admin, owner, app)

    @property
    def passwords(self) -> tuple[str, ...]:
        """Return what must never be written down, the app's first."""
        return tuple(dict.fromkeys((self.app.password, self.owner.password, self.admin.password)))

    def at(self, host: str, port: int) -> "Logins":
        """Return the same as seen from elsewhere."""
        return Logins(self.admin.at(host, port), self.owner.at(host, port), self.app.at(host, port))

    def of_step(self, login: Login) -> Address:
        """Return the role that a step acts as."""
        return self.owner if login == "owner" else self.app


def create_roles(logins: Logins) -> None:
    """Create the ordinary roles and give one of them the database; nothing where the app is a superuser.

    A password is sent as its verifier: a server that logs statements does not log it.

    Raises:
        psycopg.Error: the server did not do it.
    """
    if logins.app.user == logins.admin.user:
        return
    import psycopg
    from psycopg import sql

    with psycopg.connect(logins.admin.url, autocommit=True, connect_timeout=5) as connection:
        for each in dict.fromkeys((logins.app, logins.owner)):
            verifier = connection.pgconn.encrypt_password(each.password.encode(), each.user.encode(), b"scram-sha-256")
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(create.format(sql.Identifier(each.user), sql.Literal(verifier.decode())))
        owner = sql.SQL("ALTER DATABASE {} OWNER TO {}")
        connection.execute(owner.format(sql.Identifier(logins.admin.name), sql.Identifier(logins.owner.user)))


def variables(spec: StackSpec, address: Address) -> Mapping[str, str | None]:
    """Return what the app is told: where the database is, then what the variant says over it.

    ``{user}``, ``{password}``, ``{host}``, ``{port}`` and ``{name}`` in a variant's value stand for the parts of the
    true address; ``None`` takes a variable away, also one that the image sets.
    """
    parts: dict[str, Any] = {
        "user": address.user,
        "password": address.password,
        "host": address.host,
        "port": address.port,
        "name": address.name,
    }
    told: dict[str, str | None] = {"DATABASE_URL": address.url}
    for variable, value in spec.env.items():
        filled = value
        for key, part in parts.items():
            filled = filled.replace("{" + key + "}", str(part)) if filled is not None else None
        told[variable] = filled
    return told
