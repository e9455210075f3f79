"""How much incidentlab itself weighs: the wheel, built from this checkout as a release would be."""

import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.model import CannotMeasureError

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Weight:
    """The wheel in bytes, its files, and what they are in bytes once installed; requirements are not in it."""

    wheel: int
    files: int
    installed: int


def weigh() -> Weight:
    """Build the wheel in a temporary folder and weigh it.

    Raises:
        CannotMeasureError: it could not be built.
    """
    with tempfile.TemporaryDirectory(prefix="incidentlab-wheel-") as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(ROOT)]
        if importlib.util.find_spec("hatchling"):
            command.insert(4, "--no-build-isolation")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = sorted(Path(folder).glob("incidentlab-*.whl"))
        if done.returncode or not wheels:
            raise CannotMeasureError(f"The wheel could not be built: {done.stderr.strip()[-400:]}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            members = [each for each in wheel.infolist() if not each.is_dir()]
        return Weight(wheels[0].stat().st_size, len(members), sum(each.file_size for each in members))
