"""Reading a project of 5,000 revisions, and diagnosing a container that died, beside what its engine alone needs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from benchmarks.model import CannotMeasureError, Limit, Sample, middle
from benchmarks.process import run

REVISIONS = 5_000
MOST_GRAPH = 1.0  # seconds
MOST_CONTAINER = 2.0  # seconds beside the engine's own
IMAGE = "python:3.11-slim"
_FRAMES = 200
_SCRIPT = """\
\"\"\"add column {number}

Revision ID: {revision}
Revises: {parent}
Create Date: 2026-11-23 20:15:30.123456
\"\"\"
from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {parent!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("column_{number}", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("tasks", "column_{number}")
"""
_READ = "import sys; from pathlib import Path; from incidentlab.collectors import project; " + (
    "from time import perf_counter as now; a = now(); facts = project.read(Path(sys.argv[1])); "
    "print(now() - a, len(facts.migrations), len(facts.heads))"
)


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """Seconds: of reading the revisions, of the engine's own answers, and of the whole command beside them."""

    graph: Sequence[float] = ()
    engine: Sequence[Sample] = ()
    ours: Sequence[Sample] = field(default=())

    @property
    def beside_the_engine(self) -> float | None:
        """Return the median of each round's own difference."""
        if not self.ours or not self.engine:
            return None
        return middle([Sample(a.seconds - b.seconds) for a, b in zip(self.ours, self.engine, strict=True)])

    @property
    def limits(self) -> list[Limit]:
        """Return what the issue asks for."""
        graph = middle([Sample(seconds) for seconds in self.graph]) if self.graph else None
        return [
            Limit(f"{REVISIONS:,} revisions read", graph, MOST_GRAPH, "s"),
            Limit("a container diagnosed, beside the engine's own", self.beside_the_engine, MOST_CONTAINER, "s"),
        ]

    def document(self) -> Mapping[str, object]:
        """Return the figures for scripts."""
        return {
            "revisions": REVISIONS,
            "graph": list(self.graph),
            "engine": [each.seconds for each in self.engine],
            "diagnose_container": [each.seconds for each in self.ours],
        }


def measure(words: tuple[str, ...], rounds: int, say: Callable[[str], None]) -> tuple[SourceFigures, list[str]]:
    """Return the figures, and why one of them could not be had."""
    remarks: list[str] = []
    with tempfile.TemporaryDirectory(prefix="incidentlab-benchmark-project-") as folder:
        write_project(Path(folder))
        graph = [_read(folder) for _ in range(rounds)]
    say(f"revisions: {rounds} rounds")
    try:
        engine, ours = _container(words, rounds)
    except CannotMeasureError as error:
        remarks.append(str(error))
        engine, ours = [], []
    say(f"a dead container: {rounds} rounds")
    return SourceFigures(graph, engine, ours), remarks


def write_project(folder: Path, count: int = REVISIONS) -> None:
    """Write a project with one line of revisions, as Alembic's template writes them."""
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = alembic\n", encoding="utf-8")
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    parent = None
    for number in range(count):
        revision = f"{number:012x}"
        text = _SCRIPT.format(number=number, revision=revision, parent=parent)
        (versions / f"{revision}_add_column_{number}.py").write_text(text, encoding="utf-8")
        parent = revision


def _read(folder: str) -> float:
    """Return the seconds that the reading took, in a process of its own and without its start."""
    done = subprocess.run([sys.executable, "-c", _READ, folder], capture_output=True, text=True, check=True)
    seconds, found, heads = done.stdout.split()
    if (int(found), int(heads)) != (REVISIONS, 1):
        raise AssertionError(f"{found} revisions and {heads} heads were read")
    return float(seconds)


def _container(words: tuple[str, ...], rounds: int) -> tuple[list[Sample], list[Sample]]:
    name = f"incidentlab-benchmark-{os.getpid()}-dead"
    lines = ["Traceback (most recent call last):"]
    lines += [f'  File "/app/module_{number}.py", line {number}, in call' for number in range(_FRAMES)]
    lines += ['psycopg.errors.UndefinedTable: relation "tasks" does not exist']
    script = f"import sys; print({chr(10).join(lines)!r}, file=sys.stderr); sys.exit(1)"
    label = "dev.incidentlab.benchmark=true"
    started = subprocess.run(
        ["docker", "run", "--name", name, "--label", label, IMAGE, "python3", "-c", script],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        if started.returncode != 1:
            raise CannotMeasureError(f"No container could be made to die: {started.stderr.strip()[-200:]}")
        engine: list[Sample] = []
        ours: list[Sample] = []
        for _ in range(rounds):
            begin = perf_counter()
            for ask in (["inspect", name], ["logs", "--timestamps", name]):
                subprocess.run(["docker", *ask], capture_output=True, check=True)
            engine.append(Sample(perf_counter() - begin))
            ours.append(run([*words, "diagnose", "--container", name, "--json"]).sample)
        return engine, ours
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)
