"""The list of runs keeps its ids whole, however narrow the terminal."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from incidentlab.console.output import Output
from incidentlab.console.runs_view import listing
from incidentlab.model.run import RunEntry

ENTRY = RunEntry(
    "20260302-230500-broken-7c1e", "missing-migrations", "broken", "docker", "crash", True,
    datetime(2026, 3, 2, 23, 5, tzinfo=UTC), 3.5,
)  # fmt: skip


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def shown_at(columns: int, capsys: pytest.CaptureFixture[str], *entries: RunEntry) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        output = Output()
        output.show(listing(entries or (ENTRY,), output.signs))
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 120])
def test_nothing_is_ever_shortened(columns: int, capsys: pytest.CaptureFixture[str]) -> None:
    head, row = shown_at(columns, capsys).splitlines()
    assert ENTRY.id in row
    assert "crash" in row
    assert "…" not in head + row
    assert len(row) <= max(columns, len(ENTRY.id) + 2 + len("Outcome"))


def test_columns_go_where_there_is_no_room(capsys: pytest.CaptureFixture[str]) -> None:
    heads = [shown_at(columns, capsys).splitlines()[0].split() for columns in (40, 80, 120)]
    assert heads[0] == ["Run", "Outcome"]
    assert {"When", "Seconds", "Variant"} <= set(heads[1])
    assert {"Scenario", "Engine"} <= set(heads[2]) - set(heads[1])


@pytest.mark.usefixtures("in_berlin")
def test_times_are_local_and_their_distance_to_utc_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    head, row = shown_at(80, capsys).splitlines()
    assert "When (UTC+01:00)" in head
    assert "2026-03-03 00:05" in row


def test_kept_runs_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    _, kept, other = shown_at(80, capsys, replace(ENTRY, kept=True), ENTRY).splitlines()
    assert "crash, kept" in kept
    assert "kept" not in other
