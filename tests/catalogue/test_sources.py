"""Scenarios of a user's own and of packages are found beside the bundled ones, and none hides another."""

import os
import sys
from pathlib import Path

import pytest

from incidentlab import catalogue
from incidentlab.errors import UsageError
from incidentlab.lab.authoring import write_new


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(catalogue.VARIABLE, raising=False)
    monkeypatch.setenv("INCIDENTLAB_HOME", str(tmp_path / "home"))
    write_new(tmp_path / "mine", "my-own", "Mine: 'quoted', #1", "deadlock")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("incidentlab.toml", 'scenarios = ["mine"]'),
        ("pyproject.toml", '[tool.incidentlab]\nscenarios = ["mine"]'),
        ("home/config.toml", 'scenarios = ["../mine"]'),
    ],
)
def test_a_file_names_folders_from_where_it_lies(alone: Path, file: str, text: str) -> None:
    assert "my-own" not in catalogue.names()
    (alone / "home").mkdir()
    (alone / file).write_text(text)
    assert catalogue.places()["my-own"].origin == str(alone / "home" / "../mine" if "home" in file else alone / "mine")
    assert catalogue.find("my-own").title == "Mine: 'quoted', #1"
    assert "missing-migrations" in catalogue.names()


def test_the_variable_wins_over_files_and_names_several(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / "incidentlab.toml").write_text('scenarios = ["nowhere"]')
    write_new(alone / "other", "another", "Another", "deadlock")
    monkeypatch.setenv(catalogue.VARIABLE, os.pathsep.join(("mine", str(alone / "other"))))
    assert {"my-own", "another"} <= set(catalogue.names())


def test_nothing_takes_a_bundled_ones_place_and_the_clash_is_named(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_new(alone / "mine", "missing-migrations", "Not that one", "deadlock")
    monkeypatch.setenv(catalogue.VARIABLE, "mine")
    assert catalogue.places()["missing-migrations"].origin == "bundled"
    assert [each.folder for each in catalogue.clashes()] == [alone / "mine" / "missing-migrations"]


@pytest.mark.parametrize(
    ("text", "said"),
    [('scenarios = ["nowhere"]', "nowhere"), ("scenarios = 1", "list of folders"), ("scenarios =", "cannot be read")],
)
def test_what_cannot_be_used_is_named_with_its_file(alone: Path, text: str, said: str) -> None:
    path = alone / "incidentlab.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        catalogue.names()
    assert said in caught.value.what
    assert str(path) in caught.value.what + "".join(caught.value.mend)


def test_an_installed_package_offers_its_folder_and_is_not_imported(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = alone / "site" / "house_incidents"
    write_new(package, "of-the-house", "Ours", "deadlock")
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    info = alone / "site" / "house_incidents-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-incidents\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[incidentlab.scenarios]\nhouse = house_incidents\n")
    monkeypatch.setattr(sys, "path", [str(alone / "site"), *sys.path])
    assert catalogue.places()["of-the-house"].origin == "package house-incidents"
    assert catalogue.find("of-the-house").cause == "deadlock"
