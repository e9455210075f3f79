"""A scenario file: what is good is understood, what is wrong is named with line and column."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import catalogue
from incidentlab.catalogue._document import read
from incidentlab.errors import ScenarioError, UnknownNameError

GOOD = """\
id: lost-table
title: A table is lost
summary: Somebody dropped it.
cause: migrations-not-applied
context: [service]
variants:
  broken:
    dockerfile: Dockerfile.broken
    expect:
      outcome: crash
      within: 500ms
      logs: [{source: app, contains: 'no: such "table"'}]
      http: [{get: /health, status: 503}]
      database: {revision: none, missing_tables: [tasks]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a good scenario."""
    folder = tmp_path / "lost-table"
    folder.mkdir()
    (folder / "scenario.yaml").write_text(GOOD)
    (folder / "Dockerfile.broken").write_text("FROM scratch\n")
    return folder


def problems(folder: Path, old: str, new: str) -> list[str]:
    """Return what is said of the good scenario with one place changed."""
    assert old in GOOD
    (folder / "scenario.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(ScenarioError) as caught:
        catalogue.load_folder(folder)
    return [problem[problem.index("scenario.yaml") :] for problem in caught.value.problems]


def test_a_good_scenario_is_understood(folder: Path) -> None:
    scenario = catalogue.load_folder(folder)
    expect = scenario.variants["broken"].expect
    assert (scenario.id, expect.outcome, expect.within) == ("lost-table", "crash", 0.5)
    assert expect.logs[0].contains == 'no: such "table"'
    assert (expect.http[0].method, expect.http[0].path, expect.http[0].status) == ("GET", "/health", 503)
    assert expect.database is not None
    assert expect.database.missing_tables == ("tasks",)


def test_overlays_of_the_folder_and_of_the_variant_lie_over_the_context(folder: Path) -> None:
    (folder / "overlay").mkdir()
    (folder / "overlay.broken").mkdir()
    scenario = catalogue.load_folder(folder)
    places = [(entry.place, entry.source.name) for entry in scenario.stack(scenario.variants["broken"]).context]
    assert places == [("service", "service"), (".", "overlay"), (".", "overlay.broken")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("outcome: crash", "outcome: crush", "scenario.yaml:10:7: 'outcome'"),
        ("within: 500ms", "within: 30", "scenario.yaml:11:7: 'within': has to be a time with its unit"),
        ("cause: migrations-not-applied\n", "", "scenario.yaml:1:1: the key 'cause' is missing"),
        ("summary: Somebody", "sumary: x\nsummary: Somebody", "scenario.yaml:3:1: the key 'sumary' is not known here"),
        ("title: A table", "title: One\ntitle: A table", "scenario.yaml:3:1: the key 'title' stands here twice"),
        ("context: [service]", "context: [../etc]", "scenario.yaml:5:11: '../etc' leads outside"),
        ("context: [service]", "context: [/etc]", "scenario.yaml:5:11: '/etc' leads outside"),
        ("context: [service]", "context: [nowhere]", "scenario.yaml:5:11: 'nowhere' does not exist"),
        ("Dockerfile.broken", "../Dockerfile", "scenario.yaml:8:5: '../Dockerfile' leads outside"),
        ("Dockerfile.broken", "Dockerfile.gone", "scenario.yaml:8:5: 'Dockerfile.gone' does not exist"),
        ("id: lost-table", "id: other", "scenario.yaml:1:1: the id 'other' has to be the folder's name"),
        ("get: /health, status", "get: /health, post: /x, status", "scenario.yaml:13:14"),
        ("outcome: crash", "outcome: [", "scenario.yaml:"),
        ("outcome: crash", "outcome: &a [*a]", "scenario.yaml:"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(folder: Path, old: str, new: str, said: str) -> None:
    found = problems(folder, old, new)
    assert any(problem.startswith(said) for problem in found), found


def test_all_problems_come_at_once(folder: Path) -> None:
    found = problems(folder, "outcome: crash\n      within: 500ms", "outcome: no\n      within: later")
    assert len(found) == 2


def test_a_dockerfile_that_is_a_link_to_elsewhere_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("FROM scratch")
    (folder / "Dockerfile.broken").unlink()
    (folder / "Dockerfile.broken").symlink_to(tmp_path / "secret")
    with pytest.raises(ScenarioError, match="cannot be used"):
        catalogue.load_folder(folder)


@pytest.mark.parametrize(
    "content", [b"", b"- a\n", b"\xff\xfe", b"x" * 300_000], ids=["empty", "list", "binary", "huge"]
)
def test_a_file_that_is_no_scenario_gets_a_sentence(folder: Path, content: bytes) -> None:
    (folder / "scenario.yaml").write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        catalogue.load_folder(folder)
    assert caught.value.problems


def test_every_bundled_scenario_is_valid() -> None:
    assert catalogue.names()
    for name in catalogue.names():
        assert {"broken", "fixed"} <= set(catalogue.find(name).variants)


def test_an_unknown_scenario_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        catalogue.find("missing-migration")
    assert caught.value.near[0] == "missing-migrations"


@given(st.text(max_size=300))
def test_any_text_gives_a_document_or_a_sentence(text: str) -> None:
    try:
        document = read(text, "any.yaml")
    except ScenarioError as error:
        assert error.problems  # noqa: PT017 — either outcome is right
    else:
        assert document.at(("no", "such", 1)) == "any.yaml:1:1"


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        st.integers(-(10**15), 10**15) | st.booleans() | st.none(),
        max_size=8,
    )
)
def test_json_values_mean_what_json_says(values: dict[str, object]) -> None:
    import json

    assert read(json.dumps(values), "a.json").value == values


@pytest.mark.parametrize("word", ["no", "on", "off", "yes", "22:22", "010", "1_000", "0x1f"])
def test_words_that_yaml_1_1_would_change_stay_words(word: str) -> None:
    assert read(f"key: {word}", "a.yaml").value == {"key": word}
