"""Bad input: a wrong word, a wrong file, a damaged record; each gets its code and its mend, and nothing is started."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.weather.conftest import Build
from tests.weather.station import Done, Station

WRONG_WORDS = {
    "scenario": (["run", "broken", "--scenario", "mising-migration"], "missing-migrations"),
    "variant": (["run", "fixd"], "fixed"),
    "engine": (["run", "broken", "--engine", "dokcer"], "docker"),
    "keep": (["run", "broken", "--keep", "sometimes"], "on-failure"),
    "timeout": (["run", "broken", "--timeout", "-1"], "between 0 and 3600"),
    "cause": (["explain", "port-conflct"], "port-conflict"),
    "page": (["scenarios", "show", "nothing-like-it"], "scenarios list"),
    "no run yet": (["diagnose"], "incidentlab run broken"),
    "report without a run": (["report"], "incidentlab run broken"),
    "log of nothing": (["runs", "logs"], "incidentlab run broken"),
    "removal of nothing": (["runs", "rm"], "--all"),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one run in it, to be copied."""
    import os
    import subprocess
    import sys

    from tests.weather.material import write_scenario

    folder = tmp_path_factory.mktemp("recorded")
    scenario = write_scenario(folder / "weather-record")
    env = {**os.environ, "INCIDENTLAB_HOME": str(folder / "home")}
    words = ["run", "broken", "--scenario", str(scenario), "--engine", "local"]
    done = subprocess.run([sys.executable, "-m", "incidentlab", *words], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "home" / "state" / "runs"


@pytest.fixture
def local(build: Build) -> Station:
    return build("local")


@pytest.fixture
def one(local: Station, recorded: Path) -> tuple[Station, Path]:
    """A station with a record of its own to damage."""
    runs = local.home / "state" / "runs"
    shutil.copytree(recorded, runs)
    return local, next(runs.iterdir())


@pytest.mark.parametrize("case", WRONG_WORDS)
def test_wrong_word_is_refused_with_what_would_be_right(local: Station, case: str) -> None:
    words, mend = WRONG_WORDS[case]
    local.run(words).assert_panel(2, mend)
    local.assert_nothing_left()


@pytest.mark.parametrize("words", [["diagnose", "20990101"], ["runs", "show", "zzz"], ["report", "zzz"]], ids=" ".join)
def test_unknown_run(one: tuple[Station, Path], words: Sequence[str]) -> None:
    one[0].run([*words, "--json"]).assert_panel(2, "no run named", "runs list")


def test_unknown_format(one: tuple[Station, Path]) -> None:
    one[0].run(["report", "--format", "pdf"]).assert_panel(2, "html, json, junit, markdown")
    one[0].run(["report", "-o", "report.docx"]).assert_panel(2, "--format")


def test_wrong_option_is_usage(local: Station) -> None:
    done = local.run(["run", "broken", "--jsn"])
    assert (done.code, done.out) == (2, "")
    assert "--json" in done.err


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("id: {id}\ntitle: [unclosed\n", ":3:1", "not valid YAML"),
        ("id: {id}\nid: {id}\n", ":2:1", "twice"),
        ("id: {id}\ntitle: T\nsummary: S\ncause: c\nvariant: 1\n", ":5:1", "'variant' is not known"),
        ("id: other\ntitle: T\nsummary: S\ncause: c\nvariants: {a: {dockerfile: ../D, expect: {outcome: crash}}}\n",
         ":1:1", "folder's name"),
        ("", ":1:1", "keys and values"),
        ("\x00", "", "not valid YAML"),
        ("&a [*a]", ":1:", "refers to itself"),
    ],
    ids=["syntax", "key twice", "unknown key", "wrong id", "empty", "binary", "loop"],
)  # fmt: skip
def test_broken_scenario_is_named_by_line_and_column(local: Station, text: str, place: str, why: str) -> None:
    file = local.folder / local.id / "scenario.yaml"
    file.write_text(text.replace("{id}", local.id), "utf-8")
    done = local.run(local.variant("broken", "--json"))
    done.assert_panel(2, f"scenario.yaml{place}", why, "scenarios validate", local.id)
    local.assert_nothing_left()
    assert local.run(["scenarios", "validate", str(file.parent)]).code == 2


def test_scenario_that_is_not_text(local: Station) -> None:
    (local.folder / local.id / "scenario.yaml").write_bytes(b"id: \xff\xfe")
    done = local.run(local.variant("broken", "--json"))
    done.assert_panel(2, "not UTF-8")


HALF = {
    "run.json cut": ("run.json", b'{"id": "2026'),
    "run.json empty": ("run.json", b""),
    "run.json of another shape": ("run.json", b"[1, 2]"),
    "run.json not text": ("run.json", b"\xff\x00"),
    "evidence cut": ("evidence.json", b'{"logs": ['),
}


@pytest.mark.parametrize("case", HALF)
def test_damaged_record_is_named_with_its_removal(one: tuple[Station, Path], case: str) -> None:
    station, record = one
    name, content = HALF[case]
    (record / name).write_bytes(content)
    for words in (["diagnose"], ["report"], ["diagnose", "--json"]):
        station.run(words).assert_panel(4, name, f"incidentlab runs rm {record.name}")
    listed = station.run(["runs", "list", "--json"])
    assert listed.code == 0, listed.err
    if name == "run.json":
        assert (listed.json["runs"], listed.json["damaged"]) == ([], [record.name])
        station.run(["runs", "show"]).assert_panel(4, name)
    assert station.run(["runs", "rm", record.name]).code == 0
    assert not record.exists()


@pytest.mark.parametrize("case", ["partial", "without run.json"])
def test_record_that_was_never_finished(one: tuple[Station, Path], case: str) -> None:
    station, record = one
    if case == "partial":
        half = record.rename(record.with_name(record.name + ".partial"))
    else:
        half = record
        (half / "run.json").unlink()
    assert station.run(["runs", "list", "--json"]).json["damaged"] == [half.name]
    station.run(["diagnose"]).assert_panel(2, "no recorded run")
    cleaned: Done = station.run(["clean", half.name.removesuffix(".partial"), "--json"])
    assert [each["name"] for each in cleaned.json["leftovers"]] == [str(half)]
    assert not half.exists()


def test_record_without_its_evidence_or_log(one: tuple[Station, Path]) -> None:
    station, record = one
    (record / "app.log").unlink()
    station.run(["runs", "logs"]).assert_panel(4, "no app log")
    (record / "evidence.json").unlink()
    station.run(["diagnose"]).assert_panel(4, "evidence.json")
    station.run(["runs", "show", "--evidence"]).assert_panel(4, "evidence.json")


def test_template_of_the_local_engine_that_is_corrupted(local: Station, tmp_path: Path) -> None:
    (local.home / "cache").unlink()
    assert local.run(local.variant("broken", "--json")).code == 0
    for file in (local.home / "cache" / "postgres").rglob("pg_control"):
        file.write_bytes(b"\0" * file.stat().st_size)
    done = local.run(local.variant("broken", "--json"))
    assert (done.code, done.json["met"]) == (0, True), done.err
    local.assert_nothing_left()
