"""A station for each test, swept afterwards; caches are shared, so that only the first one waits for them."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from incidentlab.lab.choose import engines
from tests.weather.station import Station

BOTH = ["local", pytest.param("docker", marks=pytest.mark.docker)]
Build = Callable[..., Station]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give this worker's cache."""
    folder = tmp_path_factory.getbasetemp() / "weather-home" / "cache"
    folder.mkdir(parents=True, exist_ok=True)  # tests of other folders borrow this fixture
    return folder


@pytest.fixture
def build(cache: Path) -> Iterator[Build]:
    """Give what makes stations; their folders can be entered by a user that is lent to a database."""
    made: list[Station] = []

    def one(engine: str = "local", *, name: str = "", user: int | None = None) -> Station:
        require(engine)
        # The pytest folder is closed to all but its owner; and sockets' names may not be long.
        folder = Path(tempfile.mkdtemp(prefix="weather-", dir="/tmp"))
        folder.chmod(0o755)
        station = Station(folder / name if name else folder, folder / "tmp", engine, user)
        for each in (station.folder, station.temporary, station.home):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        if user is None:
            (station.home / "cache").symlink_to(cache)
        else:
            for each in (station.temporary, station.home):
                os.chown(each, user, user)
        station.scenario()
        made.append(station)
        return station

    yield one
    for station in made:
        station.sweep()
        shutil.rmtree(station.temporary.parent, ignore_errors=True)


@pytest.fixture(params=BOTH)
def station(request: pytest.FixtureRequest, build: Build) -> Station:
    """A station on each engine in turn."""
    return build(request.param)


def require(engine: str) -> None:
    """Skip, with the reason, where an engine cannot be used; fail where it is required."""
    usability = engines()[engine].usable()
    if usability.usable:
        return
    if engine == "local" or os.environ.get("INCIDENTLAB_REQUIRE") == engine:
        pytest.fail(f"the {engine} engine is required and cannot be used: {usability.why}")
    pytest.skip(f"the {engine} engine cannot be used: {usability.why}")
