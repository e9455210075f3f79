"""The catalogue: each cause is complete, one word long in all its names, and reads as a page."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from incidentlab import causes
from incidentlab.causes.page import page
from incidentlab.errors import UnknownNameError

FOLDER = Path(causes.__file__).parent


def test_every_file_of_a_family_is_one_cause_and_none_is_forgotten() -> None:
    files = {
        path.stem.replace("_", "-")
        for path in FOLDER.glob("*/*.py")
        if not path.name.startswith("_") and not path.parent.name.startswith("_")
    }
    assert files == set(causes.names())
    assert {"migrations-not-applied", "database-not-ready", "port-conflict"} <= files


@pytest.mark.parametrize("name", causes.names())
def test_a_cause_has_a_complete_page(name: str) -> None:
    cause = causes.get(name)
    for field in dataclasses.fields(cause):
        if field.name != "explains":
            assert getattr(cause, field.name), field.name
    text = page(cause)
    for line in (cause.title, cause.summary, *cause.check, *cause.mend, *cause.prevent):
        assert line in text
    assert all(word in cause.confidence for word in ("certain", "likely"))
    assert all(link.startswith("https://") for link in cause.links)


@pytest.mark.parametrize("name", causes.names())
def test_what_a_cause_explains_is_in_the_catalogue(name: str) -> None:
    assert set(causes.get(name).explains) <= set(causes.names()) - {name}


def test_an_unknown_cause_is_met_with_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError) as caught:
        causes.get("migration-not-applied")
    assert "migrations-not-applied" in caught.value.near


def test_judging_needs_nothing_that_runs() -> None:
    heavy = ("docker", "psycopg", "sqlalchemy", "alembic", "rich", "requests", "subprocess", "pydantic", "yaml")
    code = f"import sys, incidentlab.causes as c; c.catalogue(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
