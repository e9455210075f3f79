"""The pages on causes are what the catalogue says, one each, and the page on diagnosing says what the code does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from incidentlab import causes

DOCS = Path(__file__).resolve().parents[2] / "docs"

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the tests run without the documents")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pages", DOCS / "make_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_those_of_the_catalogue(maker: ModuleType) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "causes").iterdir()}
    assert written == maker.pages(), "stale: run python docs/make_pages.py"


def test_the_index_names_every_cause_once_and_who_explains_whom(maker: ModuleType) -> None:
    index = maker.pages()["README.md"]
    for name in causes.names():
        assert len(re.findall(rf"^\| \[{name}\]\({name}\.md\) \| (?!●| )", index, re.MULTILINE)) == 1
    marks = index.partition("## Who explains whom")[2].count("●")
    assert marks == sum(len(set(each.explains)) for each in causes.catalogue().values())


def test_every_family_says_what_it_is_about() -> None:
    for family in causes.families().values():
        assert family.title.endswith(".")
    assert sorted(each.id for family in causes.families().values() for each in family.causes) == list(causes.names())


def test_the_page_on_diagnosing_names_every_option() -> None:
    from typer.main import get_command

    from incidentlab.cli.app import app

    command = get_command(app).commands["diagnose"]  # type: ignore[attr-defined]
    page = (DOCS / "DIAGNOSE.md").read_text(encoding="utf-8")
    options = {name for each in command.params for name in each.opts if name.startswith("--")}
    assert {name for name in options if f"`{name}" not in page} <= {"--help"}
