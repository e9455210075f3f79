"""What the service exports, asked of the service itself."""

import sys
from functools import cache
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "service")]

from taskmanager.database import PoolUse  # noqa: E402  (found by the line above)
from taskmanager.metrics import Metrics  # noqa: E402
from taskmanager.migrations import MigrationState  # noqa: E402


@cache
def exported() -> dict[str, tuple[str, frozenset[str]]]:
    """Return name to kind and labels; each instrument is used once, since without a value it has no labels to show."""
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
