"""Settings come from the environment, then from a `.env` file; never from the code."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

SERVICE_FOLDER = Path(__file__).resolve().parents[1]
"""The folder of `main.py`: `service/` in a checkout, `/app/service` in the image."""

MIGRATIONS_FOLDER = SERVICE_FOLDER.parent / "alembic"
"""The migration scripts that were shipped with this code."""

EXAMPLE = "postgresql://user:password@host:5432/name"


class ConfigurationError(Exception):
    """A setting is missing or cannot be used; the message says which and how to mend it, never its value."""


@dataclass(frozen=True)
class Settings:
    """What the service needs to know before it starts.

    Attributes:
        database_url: The database, with psycopg 3 as its driver; the password is masked when it is printed.
        pool_size: How many connections are kept, and as many again are opened under load.
        pool_timeout: Seconds a request waits for a free connection.
        connect_timeout: Seconds the database has to accept a connection.
    """

    database_url: URL
    pool_size: int = 5
    pool_timeout: float = 5.0
    connect_timeout: int = 3

    @classmethod
    def load(cls) -> "Settings":
        """The environment wins over `.env` here, and that one over `service/.env`.

        Returns:
            The settings.

        Raises:
            ConfigurationError: DATABASE_URL is missing, or a value cannot be used.
        """
        found: dict[str, str | None] = {}
        for folder in (SERVICE_FOLDER, Path.cwd()):
            found |= dotenv_values(folder / ".env")
        found |= os.environ
        return cls.read({name: value for name, value in found.items() if value})

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Settings":
        """Settings are made from names and texts alone, wherever these come from.

        Args:
            values: Such as `os.environ`; unknown names are ignored.

        Returns:
            The settings; what is absent has its default.

        Raises:
            ConfigurationError: DATABASE_URL is missing, or a value cannot be used.
        """
        if not values.get("DATABASE_URL"):
            raise ConfigurationError(f"DATABASE_URL is not set: give an address like {EXAMPLE}")
        return cls(
            database_url=parse_database_url(values["DATABASE_URL"]),
            pool_size=_whole(values, "DATABASE_POOL_SIZE", cls.pool_size),
            pool_timeout=_whole(values, "DATABASE_POOL_TIMEOUT", int(cls.pool_timeout)),
            connect_timeout=_whole(values, "DATABASE_CONNECT_TIMEOUT", cls.connect_timeout),
        )


def parse_database_url(text: str) -> URL:
    """Every usual spelling of a PostgreSQL address works: the driver it names is replaced by psycopg 3.

    Hosting providers hand out `postgres://`, which SQLAlchemy refuses, and `postgresql://` means another driver in
    SQLAlchemy 2.0 than in 2.1.

    Args:
        text: The address.

    Returns:
        The address as `postgresql+psycopg://…`.

    Raises:
        ConfigurationError: It is not an address, or one of another database.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        # `from None`: the original error quotes pieces of the address, and with them perhaps of the password.
        raise ConfigurationError(f"DATABASE_URL is not an address: give one like {EXAMPLE}") from None
    if url.drivername.partition("+")[0] not in ("postgres", "postgresql"):
        raise ConfigurationError(f"DATABASE_URL does not name a PostgreSQL database: give one like {EXAMPLE}")
    return url.set(drivername="postgresql+psycopg")


def _whole(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name) or str(default)
    if not re.fullmatch("[1-9][0-9]{0,2}", text):
        raise ConfigurationError(f"{name} is not a whole number from 1 to 999")
    return int(text)
