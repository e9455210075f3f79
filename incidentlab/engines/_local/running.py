"""RUN on the local engine: what can be answered or done simply; everything else is refused by name and line."""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from incidentlab.engines._local import shellwords
from incidentlab.engines._local.workshop import Workshop, unsupported
from incidentlab.errors import BuildFailedError
from incidentlab.model.dockerfile import Instruction

_PYTHON = re.compile(r"(?:.*/)?python(?:3(?:\.\d+)?)?")
_PIP = re.compile(r"(?:.*/)?pip(?:3(?:\.\d+)?)?")
_ACCOUNTS = frozenset({"useradd", "adduser", "groupadd", "addgroup", "usermod"})
_MODE = re.compile(r"[0-7]{3,4}")


def run(shop: Workshop, instruction: Instruction) -> None:
    """Carry out a RUN.

    Raises:
        UnsupportedInstructionError: it would really have to be run.
        BuildFailedError: it asks for packages that this interpreter lacks.
    """
    found = shellwords.commands(instruction, shop.config.variables)
    if found is None:
        raise unsupported(shop, instruction, "it needs a shell inside the image")
    for words in found:
        _command(words)(shop, instruction, words)


_Doing = Callable[[Workshop, Instruction, Sequence[str]], None]


def _command(words: Sequence[str]) -> _Doing:
    name = PurePosixPath(words[0]).name
    if _PYTHON.fullmatch(words[0]) and list(words[1:4]) == ["-m", "pip", "install"]:
        return lambda shop, instruction, words: _pip(shop, instruction, words[4:])
    if _PYTHON.fullmatch(words[0]) and list(words[1:3]) == ["-m", "venv"]:
        return _venv
    if _PIP.fullmatch(words[0]) and list(words[1:2]) == ["install"]:
        return lambda shop, instruction, words: _pip(shop, instruction, words[2:])
    if name in _ACCOUNTS:
        return _account
    return {"mkdir": _mkdir, "chmod": _chmod, "chown": _chown, "true": _nothing, "set": _nothing}.get(name, _refuse)


def _pip(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    from incidentlab.engines._local import requirements  # reading installed packages' metadata takes 50 ms to import

    line = shop.where(instruction)
    try:
        asked = requirements.asked(words, shop.place)
    except requirements.NotUnderstoodError as error:
        raise unsupported(shop, instruction, str(error)) from None
    lacking = requirements.missing(asked.requirements)
    if lacking:
        raise BuildFailedError(
            f"{line} needs packages which this Python does not have.",
            why="\n".join(lacking),
            mend=(requirements.pip_command(lacking), "Or use the Docker engine: --engine docker"),
        )
    for folder in asked.folders:
        shop.place(folder).mkdir(parents=True, exist_ok=True)
    count = len(asked.requirements)
    shop.note(f"{line}: pip install was not run; this environment has what it asks for ({count} requirements).")


def _venv(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    for folder in (word for word in words[3:] if not word.startswith("-")):
        shop.place(folder).mkdir(parents=True, exist_ok=True)
    shop.note(f"{shop.where(instruction)}: no virtual environment was made; {sys.prefix} stands in.")


def _account(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    shop.note(f"{shop.where(instruction)}: {words[0]} was not carried out; no account is made on this machine.")


def _mkdir(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    for path in (word for word in words[1:] if not word.startswith("-")):
        shop.target(instruction, path).mkdir(parents=True, exist_ok=True)


def _chmod(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    mode, *paths = [word for word in words[1:] if word not in ("-R", "--recursive")] or [""]
    for path in paths:
        target = shop.target(instruction, path)
        if not target.exists():
            raise unsupported(shop, instruction, f"{path} is not among the files that were copied")
        for each in (target, *target.rglob("*")) if {"-R", "--recursive"} & set(words) else (target,):
            if not each.is_symlink():
                each.chmod(_mode(shop, instruction, mode, each))


def _mode(shop: Workshop, instruction: Instruction, mode: str, path: Path) -> int:
    if mode in ("+x", "a+x", "u+x"):
        return path.stat().st_mode & 0o777 | (0o100 if mode == "u+x" else 0o111)
    if _MODE.fullmatch(mode):
        # No set-user-id and the like on this machine.
        return int(mode, 8) & 0o777
    raise unsupported(shop, instruction, f"chmod {mode} is not understood here")


def _chown(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    shop.note(f"{shop.where(instruction)}: {' '.join(words)} was not carried out; the files stay the run's own.")


def _nothing(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    """``set -e`` and ``true`` change nothing of the image."""


def _refuse(shop: Workshop, instruction: Instruction, words: Sequence[str]) -> None:
    raise unsupported(shop, instruction, f"{words[0]!r} would have to be run inside the image")
