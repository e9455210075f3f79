"""Who is running what now: lets ``clean`` tell a run in progress from what a killed one left behind."""

import errno
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import psutil

from incidentlab import places
from incidentlab.errors import StorageError
from incidentlab.model.events import now

RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{4}")
SCRATCH_PREFIX = "incidentlab-"
_UNFINISHED = ".new"


def new_run_id(variant: str) -> str:
    """Return an id which sorts by time and says what ran: ``20261123-201530-broken-4f1a``."""
    return f"{now():%Y%m%d-%H%M%S}-{variant}-{secrets.token_hex(2)}"


@contextmanager
def registered(run_id: str, kept: Event | None = None) -> Iterator[Path]:
    """Note that this process carries out a run; give the run's private scratch folder.

    The note is written before anything is started and goes when the context is left, so that a note whose process is
    gone means: killed, or kept on purpose.

    Args:
        run_id: the run.
        kept: set where the stack goes on running; then the note and the folder stay, for ``clean`` to find.

    Raises:
        StorageError: the note or the folder could not be written.
    """
    note = _folder() / f"{run_id}.json"
    scratch = Path(tempfile.gettempdir()) / f"{SCRATCH_PREFIX}{run_id}-{secrets.token_hex(8)}"
    try:
        _begin(note, run_id, scratch)
    except OSError as error:
        _end(note, scratch)
        raise cannot_write(Path(error.filename or note), error) from None
    try:
        yield scratch
    finally:
        if kept is None or not kept.is_set():
            _end(note, scratch)


def _begin(note: Path, run_id: str, scratch: Path) -> None:
    """Write the note, whole or not at all, then make the folder: what has no note would never be found again."""
    note.parent.mkdir(parents=True, exist_ok=True)
    me = psutil.Process()
    content = {"run": run_id, "pid": me.pid, "created": me.create_time(), "scratch": str(scratch)}
    new = _unfinished(note)
    new.write_text(json.dumps(content), encoding="utf-8")
    new.replace(note)
    scratch.mkdir(mode=0o700)


def _end(note: Path, scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    for path in (_unfinished(note), note):
        with suppress(OSError):  # the home may have become unwritable; then the note is `clean`'s to remove
            path.unlink(missing_ok=True)


def _unfinished(note: Path) -> Path:
    """Return the file that becomes the note; its name says who writes it, since its content may not be there yet."""
    return note.with_suffix(f".{os.getpid()}{_UNFINISHED}")


def dead_beginnings() -> list[Path]:
    """Return notes that were never finished, because their process was killed while it wrote them."""
    found = []
    for path in sorted(_folder().glob(f"*{_UNFINISHED}")):
        pid = path.suffixes[-2][1:] if len(path.suffixes) > 1 else ""
        if not (pid.isdecimal() and psutil.pid_exists(int(pid))):
            found.append(path)
    return found


def alive() -> frozenset[str]:
    """Return the ids of the runs whose process is there."""
    return frozenset(run_id for run_id, content in _notes().items() if _is_alive(content))


def dead_scratches() -> dict[str, tuple[Path, Path | None]]:
    """Return run id → (note, scratch folder) of runs whose process is gone."""
    result: dict[str, tuple[Path, Path | None]] = {}
    for run_id, content in _notes().items():
        if not _is_alive(content):
            scratch = Path(str(content.get("scratch", "")))
            ours = scratch.name.startswith(SCRATCH_PREFIX) and scratch.is_dir() and not scratch.is_symlink()
            result[run_id] = (_folder() / f"{run_id}.json", scratch if ours else None)
    return result


def cannot_write(
    path: Path, error: OSError, *, elsewhere: str = "INCIDENTLAB_HOME=/some/folder incidentlab …"
) -> StorageError:
    """Turn an error of the file system into a sentence with its mend.

    Args:
        path: what could not be written.
        error: why.
        elsewhere: how another place is chosen.
    """
    mend = [f"Choose another place: {elsewhere}"]
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        mend = ["Make room there.", *mend, "Old records can be removed: incidentlab runs rm --all"]
    full = "The disk is full: " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return StorageError(f"{path} could not be written.", why=f"{full}{error.strerror}.", mend=mend)


def _folder() -> Path:
    return places.state() / "active"


def _notes() -> dict[str, dict[str, object]]:
    notes = {}
    for path in sorted(_folder().glob("*.json")):
        try:
            notes[path.stem] = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            notes[path.stem] = {}  # half-written by a process that died in that moment
    return notes


def _is_alive(content: dict[str, object]) -> bool:
    pid, created = content.get("pid"), content.get("created")
    if not isinstance(pid, int) or not isinstance(created, float):
        return False
    if pid == os.getpid():
        return True
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
