"""The app's command line and environment on this machine, from what its image says."""

import os
import posixpath
import shutil
import site
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from incidentlab.engines._local.carry import Image
from incidentlab.engines._local.translate import Translation
from incidentlab.errors import BuildFailedError

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True)
class Launch:
    """What is started: absolute, with nothing of the caller's environment."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    program: str | None  # the program's file; ``None`` where there is none, as with a misspelt CMD
    check: tuple[str, ...]  # the health check's command line; empty where there is none


def exposed_port(image: Image) -> int:
    """Return the port that the image exposes: the first one over TCP, else 8000."""
    for port in image.config.exposed:
        number, _, protocol = port.partition("/")
        first = number.partition("-")[0]
        if protocol == "tcp" and first.isdecimal() and 0 < int(first) < 65536:
            return int(first)
    return DEFAULT_PORT


def translation(image: Image, inside: int, outside: int) -> Translation:
    """Return how words of the image read here.

    Where the start command does not name the port, nothing could tell the app another one: it keeps its own.
    """
    attempt = Translation(image.root, inside, outside)
    named = any(attempt.names_port(word) for word in image.config.argv)
    told = any("PORT" in name.upper() and value == str(inside) for name, value in image.config.env.items())
    return attempt if named or told else Translation(image.root, inside, inside)


def notes(words: Translation, image: Image) -> tuple[str, ...]:
    """Say what differs from a container in how the app is started."""
    told = [
        f"The port {words.inside} of the image is {words.outside} here, and 0.0.0.0 is 127.0.0.1."
        if words.inside != words.outside
        else f"The start command does not name port {words.inside}, so the app keeps it; two runs at once would meet."
    ]
    if image.config.user in ("", "0", "root"):
        told.append("The image runs as root; here the app runs without root's rights.")
    return tuple(told)


def launch(
    image: Image,
    words: Translation,
    home: Path,
    given: Mapping[str, str | None],
    variant_env: Mapping[str, str | None],
    argv: Sequence[str] = (),
) -> Launch:
    """Return what to start.

    Args:
        image: what the Dockerfile has come to.
        words: how its words read here.
        home: a folder of the app's own, for HOME and temporary files.
        given: what the engine adds, such as DATABASE_URL; used as it is.
        variant_env: what the variant adds, over everything else; ``None`` takes a variable away.
        argv: another command than the image's own, for a job in the same image.

    Raises:
        BuildFailedError: the image says nowhere what to start.
    """
    config = image.config
    command = tuple(argv) or config.argv
    if not command:
        raise BuildFailedError(
            "The Dockerfile does not say what to start.", mend=('Add a CMD, for example: CMD ["python", "main.py"]',)
        )
    env = _environment(image, words, home, given, variant_env)
    cwd = words.place(config.workdir)
    started = tuple(words.word(word) for word in command)
    return Launch(started, cwd, env, _program(started[0], cwd, env["PATH"]), _check(image, words))


def _environment(
    image: Image,
    words: Translation,
    home: Path,
    given: Mapping[str, str | None],
    variant_env: Mapping[str, str | None],
) -> dict[str, str]:
    own = {name: words.variable(name, value) for name, value in image.config.env.items()}
    added = {name: None if value is None else words.variable(name, value) for name, value in variant_env.items()}
    told: dict[str, str | None] = {
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        **_user_packages(),
        **own,
        **given,
        **added,
    }
    env = {name: value for name, value in told.items() if value is not None}
    env["PATH"] = os.pathsep.join(filter(None, (*_program_folders(home), env.get("PATH", ""), _SYSTEM_PATH)))
    return env


def _user_packages() -> dict[str, str]:
    """Where the packages were installed with ``pip install --user``, another HOME would hide them."""
    base = site.getuserbase()
    return {"PYTHONUSERBASE": base} if site.ENABLE_USER_SITE and Path(base).is_dir() else {}


def _program_folders(home: Path) -> tuple[str, ...]:
    """The folders with this interpreter's programs, so that ``python``, ``uvicorn`` and ``alembic`` are found."""
    scripts = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    if site.ENABLE_USER_SITE:
        scripts.append(str(Path(site.getuserbase()) / "bin"))
    if shutil.which("python", path=os.pathsep.join(scripts)) is None:
        scripts.append(str(_shims(home / "bin")))  # many systems only have python3
    return tuple(dict.fromkeys(path for path in scripts if path and Path(path).is_dir()))


def _shims(folder: Path) -> Path:
    """A script, not a link: a virtual environment is found by the place of its interpreter."""
    folder.mkdir(exist_ok=True)
    for name in ("python", "python3"):
        shim = folder / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
        shim.chmod(0o755)
    return folder


def _program(name: str, cwd: Path, path: str) -> str | None:
    if "/" in name:
        place = Path(posixpath.join(cwd, name))
        return str(place) if os.access(place, os.X_OK) and place.is_file() else None
    return shutil.which(name, path=path)


def _check(image: Image, words: Translation) -> tuple[str, ...]:
    check = image.config.healthcheck
    kind, *rest = check.test if check else ("NONE",)
    if kind == "CMD":
        return tuple(words.word(word) for word in rest)
    return tuple(words.word(word) for word in (*image.config.shell, *rest)) if kind == "CMD-SHELL" else ()
