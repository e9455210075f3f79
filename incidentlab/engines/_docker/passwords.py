"""The passwords of primed images: for each of them a file of this user's own, without which the image is of no use."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from incidentlab import places
from incidentlab.engines._docker.jobs import Cancel


@contextmanager
def alone(key: str, cancel: Cancel) -> Iterator[None]:
    """Let one run at a time prime; the others wait and then find it done."""
    file = _file(key).with_suffix(".lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                cancel.wait(0.02)
        yield


def recall(key: str) -> tuple[str, str] | None:
    """Return the image's id and its password, or ``None`` where they are not known."""
    try:
        kept = json.loads(_file(key).read_text("utf-8"))
        return str(kept["image"]), str(kept["password"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(key: str, image: str, password: str) -> None:
    """Keep the password for this user alone; the file appears whole or not at all.

    Raises:
        OSError: there is no place for it.
    """
    file = _file(key)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump({"image": image, "password": password}, out)
        fresh.replace(file)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def forget(key: str) -> None:
    """Do not use an image again: it is gone, or its password is not what we thought."""
    with suppress(OSError):
        _file(key).unlink(missing_ok=True)


def _file(key: str) -> Path:
    return places.cache() / "docker" / f"postgres-{key}.json"
