"""A remedy as a diff of the learner's files as they were given."""

import tempfile
from difflib import unified_diff
from pathlib import Path

from incidentlab.lab.challenge import copying
from incidentlab.lab.challenge.offered import BROKEN
from incidentlab.model.scenario import Scenario, Variant


def diff(scenario: Scenario, remedy: Variant) -> str:
    """Return what a remedy changes, as ``diff -u`` writes it; a carriage return is shown as what it is.

    Raises:
        BuildFailedError: a file of the scenario cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="incidentlab-challenge-") as folder:
        given, mended = Path(folder) / "a", Path(folder) / "b"
        for variant, into in ((scenario.variants[BROKEN], given), (remedy, mended)):
            copying.write(scenario, variant, "challenge", into)
        one, other = _texts(given), _texts(mended)
    lines: list[str] = []
    for name in sorted(one.keys() | other.keys()):
        first, second = one.get(name), other.get(name)
        if first != second:
            before, after = (f"{side}/{name}" if text is not None else "/dev/null"
                             for side, text in (("a", first), ("b", second)))  # fmt: skip
            lines += unified_diff(_lines(first), _lines(second), before, after, lineterm="")
    return "\n".join(lines) + "\n"


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def _lines(text: str | None) -> list[str]:
    return [line.rstrip("\n").replace("\r", "^M") for line in (text or "").splitlines(keepends=True)]
