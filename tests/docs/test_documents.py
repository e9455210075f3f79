"""The documents say what the code does: exit codes, commands, pictures, links."""

import re
from pathlib import Path

import pytest

from incidentlab import catalogue, errors
from incidentlab.cli.app import app
from incidentlab.model.dockerfile import parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "scenarios").glob("*/README.md"))]

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the tests run without the documents")


def test_the_table_of_exit_codes_holds_every_code_of_the_tree() -> None:
    table = set(map(int, re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "API.md").read_text(), re.MULTILINE)))
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.IncidentlabError)
    ]
    codes = {kind.exit_code for kind in kinds if kind is not errors.IncidentlabError}
    assert codes | {0, 1, 70} == table


def known_commands() -> set[str]:
    names = {command.name or "" for command in app.registered_commands}
    for group in app.registered_groups:
        names.add(group.name or "")
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"(?:`|\$ |bin/)incidentlab ([a-z][a-z-]*)", page.read_text()))
    assert named <= known_commands()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("name", ["run-broken", "diagnose"])
def test_a_picture_shows_a_run_and_asks_nothing_of_the_network(name: str) -> None:
    picture = (ROOT / "docs" / "images" / f"{name}.svg").read_text()
    assert not re.search(r"(?:href|src)\s*=|url\((?!#)|@import|@font-face", picture)
    assert "incidentlab" in picture
    assert str(Path.home()) not in picture


def test_broken_and_fixed_differ_in_their_cmd_or_outside_of_the_dockerfile() -> None:
    for name in catalogue.names():
        variants = catalogue.find(name).variants
        broken, fixed = (parse(variants[each].dockerfile.read_text()).instructions for each in ("broken", "fixed"))
        differing = [
            (old.keyword, new.keyword) for old, new in zip(broken, fixed, strict=True) if old.arguments != new.arguments
        ]
        assert differing in ([("CMD", "CMD")], []), name
        outside = [
            (each.env, each.before, each.during, [overlay.source.name for overlay in each.overlays])
            for each in (variants["broken"], variants["fixed"])
        ]
        assert differing or outside[0] != outside[1], name
