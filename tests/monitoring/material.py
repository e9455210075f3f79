"""What the tests of the monitoring need: programs or the reason why not, and rules of a test's own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from incidentlab.monitoring import parts
from tests.engines.harness import engine_named

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


def require_images() -> None:
    """Skip, with the reason, where Docker or the images are not here; fail where they are required."""
    engine_named("docker")
    images = (parts.PROMETHEUS_IMAGE, parts.ALERTMANAGER_IMAGE)
    looked = {each: subprocess.run(["docker", "image", "inspect", each], capture_output=True) for each in images}
    lacking = [each for each, done in looked.items() if done.returncode]
    if lacking and os.environ.get("INCIDENTLAB_REQUIRE") == "docker":
        pytest.fail(f"required and not here: {', '.join(lacking)}")
    if lacking:
        pytest.skip(f"not here: {', '.join(lacking)}")


def rules_file(folder: Path, text: str) -> Path:
    """Write a file with one group of rules."""
    path = folder / "rules.yml"
    path.write_text(f"groups:\n  - name: test\n    rules:\n{text}", "utf-8")
    return path


def rule(name: str, expression: str, lasting: str = "0s") -> str:
    """Return one rule as it stands in such a file."""
    return f"      - {{alert: {name}, expr: '{expression}', for: {lasting}, annotations: {{summary: it is so}}}}\n"
