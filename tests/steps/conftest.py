"""A living stack for steps: the local engine's, with an ordinary role."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from incidentlab.engines._base import Stack
from incidentlab.model.scenario import DatabaseSpec
from incidentlab.steps._base import Scene
from tests.engines.harness import Bench, dockerfile, engine_named


class Stage:
    """Gives scenes on stacks of one engine, and keeps what was told."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.told: list[str] = []
        self.bad: list[str] = []

    @contextmanager
    def scene(self, database: DatabaseSpec, mode: str = "healthy") -> Iterator[tuple[Scene, Stack]]:
        with self._bench.up(dockerfile(mode), database=database) as stack:
            scene = Scene(stack, self.told.append, self.bad.append)
            try:
                yield scene, stack
            finally:
                scene.close()
        self._bench.assert_nothing_left()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(Bench(engine_named("local"), tmp_path))


@pytest.fixture
def docker_stage(tmp_path: Path) -> Stage:
    return Stage(Bench(engine_named("docker"), tmp_path))
