"""``incidentlab explain``: all causes by family, at every width."""

import json
import os
import subprocess
import sys

import pytest

from incidentlab import causes


def explain(*words: str, columns: int = 80) -> str:
    env = {**os.environ, "COLUMNS": str(columns)}
    command = [sys.executable, "-m", "incidentlab", "explain", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_every_cause_is_listed_beneath_its_family(columns: int) -> None:
    text = explain(columns=columns)
    squeezed = " ".join(text.split())
    places = []
    for family in causes.families().values():
        if family.causes:
            places += [squeezed.index(family.title), *(squeezed.index(f" {each.id} ") for each in family.causes)]
    assert places == sorted(places)
    assert max(map(len, text.splitlines())) <= columns


def test_the_list_as_json_names_the_families() -> None:
    rows = json.loads(explain("--json"))["causes"]
    assert {each["family"] for each in rows} <= set(causes.families())
    assert [each["id"] for each in rows] == list(causes.names())


def test_a_cause_as_json_is_its_page_without_its_code() -> None:
    document = json.loads(explain("port-conflict", "--json"))
    assert document["id"] == "port-conflict"
    assert not {"find", "signs"} & set(document)
