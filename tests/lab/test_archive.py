"""Records on disk: complete or not there, readable again, and named by their beginning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incidentlab.errors import StorageError, UnknownNameError, UsageError
from incidentlab.lab import archive
from incidentlab.lab.history import history
from incidentlab.model.events import LogLine
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent
from incidentlab.model.run import Check, Moment, Run, Sample

BEGAN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
RUN = Run(
    id="20260115-093000-broken-0a1b",
    scenario="missing-migrations",
    variant="broken",
    engine="local",
    engine_detail="PostgreSQL 18",
    started_at=BEGAN,
    ended_at=BEGAN + timedelta(seconds=2),
    outcome="crash",
    met=True,
    exit_code=3,
    checks=(Check("outcome", True, "crash", "crash after 0.7 s"),),
    symptoms=('relation "tasks" does not exist',),
    timings={"total": 2.0},
    timeline=(Moment(BEGAN, 0.0, "build", "Build the image"),),
    samples=(Sample(0.5, 0.01, "GET", "/health", None, "connection refused"),),
)
EVIDENCE = Evidence(
    logs=(LogEvent("log:app:1", "app", 1, 1, "crash — ärger", key_lines=((1, "crash"),)),),
    databases=(DatabaseFacts("database:app", True, revisions=()),),
)
LINES = (LogLine("app", 1, "one", at=BEGAN), LogLine("app", 2, "zwölf", "stdout", BEGAN))

pytestmark = pytest.mark.usefixtures("fresh_home")


def test_what_was_saved_is_read_again_the_same() -> None:
    folder = archive.save(RUN, EVIDENCE, {"app": LINES, "database": ()})
    record = archive.load(RUN.id)
    assert (record.run, record.evidence, record.folder) == (RUN, EVIDENCE, folder)
    assert archive.log_path(RUN.id, "app").read_text() == (
        "2026-01-15T09:30:00.000000Z stderr one\n2026-01-15T09:30:00.000000Z stdout zwölf\n"
    )


def test_a_run_is_found_by_last_and_by_its_beginning() -> None:
    archive.save(RUN, EVIDENCE, {})
    archive.save(replace(RUN, id="20260116-093000-fixed-0a1b"), EVIDENCE, {})
    assert archive.resolve("last") == "20260116-093000-fixed-0a1b"
    assert archive.resolve("20260115") == RUN.id
    with pytest.raises(UsageError, match="fits 2 runs"):
        archive.resolve("2026")
    with pytest.raises(UnknownNameError):
        archive.resolve("1999")


def test_without_any_run_the_mend_is_to_make_one() -> None:
    with pytest.raises(UsageError) as caught:
        archive.resolve("last")
    assert "incidentlab run broken" in caught.value.mend[0]


def test_a_half_written_record_is_no_record_and_can_be_found() -> None:
    folder = archive.save(RUN, EVIDENCE, {})
    partial = folder.rename(folder.with_name(folder.name + ".partial"))
    (partial / "evidence.json").unlink()
    assert archive.ids() == ()
    assert archive.half_written() == (partial,)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": 1}', "\x00" * 50])
def test_a_damaged_record_gets_a_sentence_and_does_not_hide_the_others(content: str) -> None:
    archive.save(RUN, EVIDENCE, {})
    damaged = archive.save(replace(RUN, id="20260116-093000-fixed-0a1b"), EVIDENCE, {})
    (damaged / "run.json").write_text(content)
    with pytest.raises(StorageError, match="damaged"):
        archive.load("20260116")
    entries, unreadable = history()
    assert [entry.id for entry in entries] == [RUN.id]
    assert unreadable == [damaged.name]
    archive.remove(archive.resolve_for_removal(damaged.name))
    assert archive.ids() == (RUN.id,)


def test_a_record_that_cannot_be_written_says_so_and_leaves_nothing(fresh_home: Path) -> None:
    fresh_home.mkdir()
    (fresh_home / "state").write_text("a file where a folder is wanted")
    with pytest.raises(StorageError) as caught:
        archive.save(RUN, EVIDENCE, {})
    assert any("INCIDENTLAB_HOME" in step for step in caught.value.mend)


def test_a_name_that_leads_elsewhere_is_not_followed() -> None:
    archive.save(RUN, EVIDENCE, {})
    with pytest.raises(UnknownNameError):
        archive.resolve("../../etc")


@pytest.mark.parametrize(("content", "why"), [('{"id":', "EOF"), ('{"id": "x"}', "scenario: Field required.")])
def test_a_damaged_record_says_what_is_wrong_with_it(content: str, why: str) -> None:
    folder = archive.save(RUN, EVIDENCE, {})
    (folder / "run.json").write_text(content)
    with pytest.raises(StorageError) as caught:
        archive.load(RUN.id)
    assert why in caught.value.why
