"""What the tests of the monitoring need: programs or the reason why not, and rules of a test's own."""

import os
import shutil
from pathlib import Path

import pytest

from incidentlab.monitoring import parts

PROGRAMS = (parts.prometheus({}), parts.alertmanager({}))
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/bin", "/usr/bin"))


def require_programs() -> None:
    """Skip, with the reason, where Prometheus or Alertmanager is not installed; fail where it is required."""
    lacking = [each.role for each in PROGRAMS if not any(shutil.which(name, path=_PATH) for name in each.programs)]
    if not lacking:
        return
    if os.environ.get("INCIDENTLAB_REQUIRE"):
        pytest.fail(f"required and not installed here: {', '.join(lacking)}")
    pytest.skip(f"not installed here: {', '.join(lacking)}")


def rules_file(folder: Path, text: str) -> Path:
    """Write a file with one group of rules."""
    path = folder / "rules.yml"
    path.write_text(f"groups:\n  - name: test\n    rules:\n{text}", "utf-8")
    return path


def rule(name: str, expression: str, lasting: str = "0s") -> str:
    """Return one rule as it stands in such a file."""
    return f"      - {{alert: {name}, expr: '{expression}', for: {lasting}, annotations: {{summary: it is so}}}}\n"
