"""A folder is a registry; a module without its object, or with another's name, is refused."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from incidentlab import registry


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, str]], ModuleType]]:
    """Return a maker of packages: file name → content."""
    name = f"shelf_{tmp_path.name.replace('-', '_')}"
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(files: dict[str, str]) -> ModuleType:
        folder = tmp_path / name
        for path, content in {"__init__.py": "", **files}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        return import_module(name)

    yield make
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[module]


def test_every_public_module_is_found_by_its_name(package: Callable[[dict[str, str]], ModuleType]) -> None:
    made = package({"red_apple.py": "THING = 'red-apple'", "far/__init__.py": "", "far/pear.py": "THING = 'pear'"})
    assert registry.load(made, "THING", str) == {"red-apple": "red-apple", "pear": "pear"}


def test_helpers_are_passed_over(package: Callable[[dict[str, str]], ModuleType]) -> None:
    made = package({"_helper.py": "raise RuntimeError", "pear.py": "THING = 'pear'"})
    assert list(registry.load(made, "THING", str)) == ["pear"]


@pytest.mark.parametrize("content", ["", "THING = 'apple'"])
def test_a_module_without_its_object_or_with_another_name_is_refused(
    package: Callable[[dict[str, str]], ModuleType], content: str
) -> None:
    made = package({"pear.py": content})
    with pytest.raises(TypeError, match="pear"):
        registry.load(made, "THING", str)


def test_two_of_one_name_are_refused(package: Callable[[dict[str, str]], ModuleType]) -> None:
    made = package({"near/__init__.py": "", "near/pear.py": "THING = 'pear'", "pear.py": "THING = 'pear'"})
    with pytest.raises(TypeError, match="two"):
        registry.load(made, "THING", str)
