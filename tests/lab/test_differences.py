"""What two variants differ in is named as ``remedy:`` names it, and nothing that changes no image counts."""

from dataclasses import replace
from pathlib import Path

import pytest

from incidentlab.lab.differences import between
from incidentlab.model.scenario import ContextEntry, Expectation, Variant
from incidentlab.model.step import OccupyPort, Sql

DOCKERFILE = 'FROM python:3.11-slim\nENV A=1\nCMD ["uvicorn", "main:app"]\n'


@pytest.fixture
def one(tmp_path: Path) -> Variant:
    path = tmp_path / "Dockerfile.one"
    path.write_text(DOCKERFILE)
    return Variant("one", path, Expectation("healthy"))


def other(one: Variant, text: str) -> Variant:
    path = one.dockerfile.with_name("Dockerfile.other")
    path.write_text(text)
    return replace(one, name="other", dockerfile=path)


def test_a_variant_does_not_differ_from_itself_whatever_is_expected_of_it(one: Variant) -> None:
    assert between(one, replace(one, expect=Expectation("crash"), summary="Another.")) == ()


def test_comments_and_broken_lines_change_no_image(one: Variant) -> None:
    text = DOCKERFILE.replace("ENV A=1", "# why\nENV  A=1").replace('", "main', '", \\\n  "main')
    assert between(one, other(one, text)) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (DOCKERFILE.replace("uvicorn", "gunicorn"), ("Dockerfile CMD",)),
        (DOCKERFILE.replace("ENV A=1\n", ""), ("Dockerfile ENV",)),
        (DOCKERFILE + "USER app\n", ("Dockerfile USER",)),
        (DOCKERFILE.replace("A=1", "A=2").replace("slim", "full"), ("Dockerfile ENV", "Dockerfile FROM")),
        (DOCKERFILE.replace("ENV A=1\n", "") + "ENV A=1\n", ("Dockerfile CMD", "Dockerfile ENV")),
    ],
    ids=["changed", "removed", "added", "two", "moved"],
)
def test_instructions_are_named_by_their_keyword(one: Variant, text: str, found: tuple[str, ...]) -> None:
    assert between(one, other(one, text)) == found


def test_files_of_the_overlays_are_named_by_their_place_and_the_last_one_wins(one: Variant, tmp_path: Path) -> None:
    for folder, files in {"shared": {"a.py": "1", "b/c.py": "1"}, "fixed": {"b/c.py": "2", "d.py": "1"}}.items():
        for name, text in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    shared, fixed = ContextEntry(".", tmp_path / "shared"), ContextEntry(".", tmp_path / "fixed")
    assert between(replace(one, overlays=(shared,)), replace(one, overlays=(shared, fixed))) == (
        "file b/c.py",
        "file d.py",
    )


def test_surroundings_are_named_too(one: Variant) -> None:
    changed = replace(
        one, env={"A": None, "B": "1"}, before=(Sql("SELECT 1"),), during=(OccupyPort(),), replicas=2, memory=1
    )
    assert between(replace(one, env={"B": "1"}), changed) == (
        "before sql",
        "during occupy_port",
        "env A",
        "limits",
        "replicas",
    )


def test_the_order_of_steps_counts(one: Variant) -> None:
    steps = (Sql("SELECT 1"), OccupyPort())
    assert between(replace(one, before=steps), replace(one, before=steps[::-1])) == ("before occupy_port", "before sql")
