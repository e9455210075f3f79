"""The peers: what a person does today to see the same incident, with a shell and compose, or with ``docker`` alone."""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.model import CannotMeasureError, Sample, marks
from benchmarks.process import run

ROOT = Path(__file__).resolve().parents[1]
_HERE = Path(__file__).resolve().parent / "peer"
_SCENARIO = ROOT / "scenarios" / "missing-migrations"
_COMPOSE = (["docker", "compose"], ["docker-compose"])


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to do it: a script beside this file, and the compose command where it needs one."""

    name: str
    script: str
    compose: str = ""


def find(wanted: str = "auto") -> Peer:
    """Return the peer: compose as the plugin or as the older program, else the plain ``docker`` command.

    Raises:
        CannotMeasureError: there is nothing to compare with.
    """
    if wanted in ("auto", "compose"):
        for command in _COMPOSE:
            version = _said([*command, "version", "--short"])
            if version:
                return Peer(f"{' '.join(command)} {version} and a shell", "compose.sh", " ".join(command))
    if wanted in ("auto", "plain") and shutil.which("docker"):
        return Peer("the docker command and a shell", "plain.sh")
    raise CannotMeasureError(f"There is no peer ({wanted}): neither compose nor the docker command was found.")


@contextmanager
def build_context() -> Iterator[Path]:
    """Give a folder with the build context: what the scenario's own context has, and both Dockerfiles."""
    with tempfile.TemporaryDirectory(prefix="incidentlab-benchmark-") as name:
        folder = Path(name)
        for place in ("service", "alembic"):
            shutil.copytree(ROOT / place, folder / place, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".env"))
        for path in (ROOT / "alembic.ini", _SCENARIO / "Dockerfile.broken", _SCENARIO / "Dockerfile.fixed"):
            shutil.copy2(path, folder)
        yield folder


def measure(peer: Peer, variant: str, context: Path, project: str) -> Sample:
    """Run the peer once, from its command to its clean teardown, with its phases.

    Raises:
        CannotMeasureError: it did not show what the variant has to show.
    """
    with tempfile.NamedTemporaryFile("r", prefix="incidentlab-marks-") as file:
        env = {
            "VARIANT": variant,
            "CONTEXT": str(context),
            "PROJECT": project,
            "COMPOSE": peer.compose,
            "MARKS": file.name,
            "POSTGRES_PASSWORD": secrets.token_hex(12),
        }
        outcome = run(["bash", str(_HERE / peer.script)], env)
        return replace(outcome.sample, phases=marks(file.read()))


def forget(project: str) -> None:
    """Remove the images that the peer left for its next round; the layers they share with others stay."""
    images = [project, f"{project}_app", f"{project}-app"]
    for image in images:
        subprocess.run(["docker", "image", "rm", "--no-prune", image], capture_output=True, check=False)


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
