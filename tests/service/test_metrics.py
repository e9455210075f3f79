"""The page on monitoring has every metric that the service exports, with its kind and labels, and no other."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from taskmanager.database import PoolUse
from taskmanager.metrics import Metrics
from taskmanager.migrations import MigrationState

PAGE = Path(__file__).resolve().parents[2] / "docs" / "MONITORING.md"


def exported() -> dict[str, tuple[str, frozenset[str]]]:
    """Name to kind and labels, with each instrument used once, since one without a value has no labels to show."""
    metrics = Metrics()
    metrics.request_answered("GET", "/tasks", 500, 0.1)
    metrics.database_failed("42", "42P01")
    metrics.pool_use(PoolUse(1, 2, 10))
    metrics.migration_state(MigrationState(("a",), ("a",), 0, ()))
    found = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        if family.name.startswith("taskmanager") and not family.name.endswith("_created"):
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = frozenset(label for sample in family.samples for label in sample.labels if label != "le")
            found[name] = (family.type, labels)
    return found


@pytest.mark.skipif(not PAGE.is_file(), reason="the tests run without the documents")
def test_the_page_has_every_metric_and_no_other() -> None:
    rows = re.findall(r"^\| `(taskmanager_\w+)` \| (\w+) \| ([^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {name: (kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert told == exported()
