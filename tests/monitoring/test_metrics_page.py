"""The page on monitoring has every metric that the service exports, with its kind and labels, and no other."""

import re
from pathlib import Path

import pytest

from tests.monitoring.exported import exported

PAGE = Path(__file__).resolve().parents[2] / "docs" / "MONITORING.md"


@pytest.mark.skipif(not PAGE.is_file(), reason="the tests run without the documents")
def test_the_page_has_every_metric_and_no_other() -> None:
    rows = re.findall(r"^\| `(taskmanager_\w+)` \| (\w+) \| ([^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {name: (kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert told == exported()
