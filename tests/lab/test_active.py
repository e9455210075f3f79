"""A run in progress is told apart from one that was killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from incidentlab.errors import StorageError
from incidentlab.lab import active, clean

pytestmark = pytest.mark.usefixtures("fresh_home")

REGISTER_AND_WAIT = """
import sys
from incidentlab.lab import active
with active.registered(sys.argv[1]) as scratch:
    print(scratch, flush=True)
    sys.stdin.read()
"""


def test_an_id_sorts_by_time_and_names_its_variant() -> None:
    assert active.RUN_ID.fullmatch(active.new_run_id("fixed-init-container"))


def test_while_it_runs_it_is_alive_and_afterwards_nothing_is_left() -> None:
    with active.registered("20260115-093000-broken-0a1b") as scratch:
        assert active.alive() == {"20260115-093000-broken-0a1b"}
        assert scratch.is_dir()
    assert active.alive() == frozenset()
    assert active.dead_scratches() == {}
    assert not scratch.exists()


def test_a_killed_run_is_dead_and_its_scratch_is_known() -> None:
    run_id = active.new_run_id("broken")
    child = subprocess.Popen(
        [sys.executable, "-c", REGISTER_AND_WAIT, run_id], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        scratch = Path(child.stdout.readline().strip())
        assert run_id in active.alive()
        child.kill()
    assert active.alive() == frozenset()
    note, found = active.dead_scratches()[run_id]
    assert (found, note.exists()) == (scratch, True)
    scratch.rmdir()


def test_a_note_that_was_never_finished_is_known_once_its_writer_is_gone(fresh_home: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    folder = fresh_home / "state" / "active"
    folder.mkdir(parents=True)
    of_the_dead = folder / f"20260115-093000-broken-0a1b.{gone.pid}.new"
    of_the_living = folder / f"20260115-093000-broken-0a1c.{os.getpid()}.new"
    for path in (of_the_dead, of_the_living):
        path.touch()
    assert active.dead_beginnings() == [of_the_dead]
    clean.remove([])
    assert (of_the_dead.exists(), of_the_living.exists()) == (False, True)


def test_a_note_that_names_a_foreign_folder_is_not_believed(fresh_home: Path) -> None:
    """Removing is done by what the notes say, so a damaged one must never name the user's home."""
    folder = fresh_home / "state" / "active"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text('{"pid": 1, "created": 0.5, "scratch": "/tmp"}')
    (folder / "b.json").write_text("{half")
    assert {run: scratch for run, (_, scratch) in active.dead_scratches().items()} == {"a": None, "b": None}


def test_a_place_that_cannot_be_written_gets_a_sentence(fresh_home: Path) -> None:
    fresh_home.write_text("a file where a folder is wanted")
    with pytest.raises(StorageError), active.registered("20260115-093000-broken-0a1b"):
        raise AssertionError("must not get here")
