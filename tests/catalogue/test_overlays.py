"""What a scenario lays over the service is the service but for what the scenario is about.

A copy that is left behind when the service changes would be another patient, and nobody would notice.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_CHANGED = 8  # lines of the service's file that a copy may leave out or say otherwise
COPIES = {
    path.relative_to(ROOT / "scenarios").as_posix(): ROOT / path.relative_to(overlay)
    for overlay in sorted((ROOT / "scenarios").glob("*/overlay*"))
    for path in sorted(overlay.rglob("*.py"))
    if (ROOT / path.relative_to(overlay)).is_file()
}


def test_there_are_copies() -> None:
    assert "identifier-overflow/overlay.fixed/service/taskmanager/models.py" in COPIES


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_follows_its_original(copy: str) -> None:
    held = set((ROOT / "scenarios" / copy).read_text(encoding="utf-8").splitlines())
    lost = [line for line in COPIES[copy].read_text(encoding="utf-8").splitlines() if line not in held]
    assert len(lost) <= MOST_CHANGED, "bring over what the service has gained:\n" + "\n".join(lost)
