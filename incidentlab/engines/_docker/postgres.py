"""PostgreSQL as the lab starts and addresses it, whichever image it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from incidentlab.model.scenario import DatabaseSpec

PORT: Final = 5432
# A throw-away server: nothing of it has to survive a power cut. Messages are English, because we read them.
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "lc_messages": "C"}
# What the images' entrypoint needs to own its data directory and to step down from root.
LIMITS: dict[str, Any] = {
    "cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
    "shm_size": 128 * 1024 * 1024,
    "pids_limit": 1024,
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A role, its password and the database it owns."""

    user: str
    password: str
    name: str

    def environment(self) -> dict[str, str]:
        """Return what the images' entrypoint makes a new cluster from."""
        return {"POSTGRES_USER": self.user, "POSTGRES_PASSWORD": self.password, "POSTGRES_DB": self.name}


def server_command(spec: DatabaseSpec) -> list[str]:
    """Return the command with our settings and the scenario's over them."""
    command = ["postgres"]
    for name, value in {**_SETTINGS, **spec.settings}.items():
        command += ["-c", f"{name}={value}"]
    return command


def admitted(port: int, login: Credentials, password: str = "") -> tuple[str, str]:
    """Return the server's version if it answers ``SELECT 1``, else nothing and why.

    Args:
        port: where it is published.
        login: who asks.
        password: where given, the role's new password, set as soon as it has answered.

    Raises:
        PasswordUnchangedError: the server answered, and did not set the new password.
    """
    import psycopg

    try:
        with _connected(port, login) as connection:
            connection.execute("SELECT 1")
            if password:
                _set_password(connection, login.user, password)
            return str(connection.info.parameter_status("server_version") or "unknown"), ""
    except psycopg.Error as error:
        return "", str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


class PasswordUnchangedError(Exception):
    """The server did not set a new password."""


def _set_password(connection: Any, user: str, password: str) -> None:
    """Set it as its verifier: a server that logs statements does not log it."""
    import psycopg
    from psycopg import sql

    verifier = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256")
    change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(verifier.decode()))
    try:
        connection.execute(change)
    except psycopg.Error as error:
        raise PasswordUnchangedError(str(error)) from error


def _connected(port: int, login: Credentials) -> Any:
    import psycopg

    return psycopg.connect(
        host="127.0.0.1", port=port, user=login.user, password=login.password, dbname=login.name,
        connect_timeout=5, autocommit=True, application_name="incidentlab",
    )  # fmt: skip
