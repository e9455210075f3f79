"""The page on scenarios is what the catalogue says, and each scenario tells its whole story beside its files."""

import importlib.util
import re
from pathlib import Path

import pytest

from incidentlab import catalogue, causes

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FOLDERS = {path.parent.name: path.parent for path in (ROOT / "scenarios").glob("*/scenario.yaml")}
PARTS = ("Story", "What one sees", "What misleads", "The cause", "The remed", "Read on")

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the tests run without the documents")


def test_the_page_is_that_of_the_catalogue() -> None:
    spec = importlib.util.spec_from_file_location("make_pages", DOCS / "make_pages.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    written = (DOCS / "SCENARIOS.md").read_text(encoding="utf-8")
    assert written == maker.scenario_page(), "stale: run python docs/make_pages.py"


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_every_scenario_tells_its_story_with_a_public_reference(name: str) -> None:
    text = " ".join((FOLDERS[name] / "README.md").read_text(encoding="utf-8").split())
    scenario = catalogue.load_folder(FOLDERS[name])
    missing = [part for part in PARTS if f"**{part}" not in text]
    assert not missing, f"{name}/README.md does not tell: {', '.join(missing)}"
    assert re.search(r"\]\(https://[^)]+\)", text), "where it happened for real, or where it is documented"
    if scenario.cause in causes.names():
        assert f"incidentlab explain {scenario.cause}" in text
    for variant in scenario.variants:
        assert variant in text, f"the variant {variant} is not told of"
    for words in re.findall(r"--scenario (\S+)", text):
        assert words == name


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_every_variant_can_be_tried_by_the_commands_of_its_page(name: str) -> None:
    scenario = catalogue.load_folder(FOLDERS[name])
    text = (FOLDERS[name] / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ incidentlab run (\S+)(.*)$", text, re.MULTILINE)
    assert sorted(variant for variant, _ in commands) == sorted(scenario.variants)
    for variant, rest in commands:
        assert name == "missing-migrations" or f"--scenario {name}" in rest, variant
        for engine in ("local", "docker"):  # said where it is the only one that can
            assert (f"--engine {engine}" in rest) == (scenario.engines == (engine,)), f"{variant}: {rest}"


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_every_remedy_says_in_what_it_differs(name: str) -> None:
    scenario = catalogue.load_folder(FOLDERS[name])
    for variant in scenario.variants.values():
        if "broken" in scenario.variants:
            assert bool(variant.remedy) == (variant.expect.outcome == "healthy"), variant.name
        assert variant.summary, f"{variant.name} needs a summary"
