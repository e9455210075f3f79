"""Every engine in turn, and the local one alone."""

from pathlib import Path

import pytest

from tests.engines.harness import Bench, engine_named


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """Every engine in turn."""
    return Bench(engine_named(request.param), tmp_path)


@pytest.fixture
def local(tmp_path: Path) -> Bench:
    """The local engine alone."""
    return Bench(engine_named("local"), tmp_path)
