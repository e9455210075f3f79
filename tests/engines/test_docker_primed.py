"""An initialised data directory that is kept as an image goes when nobody can use it any more, and not before."""

import io
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from docker.errors import APIError

from incidentlab.engines._docker import names, passwords, primed, sweep
from incidentlab.engines._docker.client import connected
from incidentlab.model.scenario import DatabaseSpec
from tests.engines.harness import Bench, dockerfile, engine_named
from tests.primed import kept_images

pytestmark = pytest.mark.docker

Make = Callable[..., str]


@pytest.fixture
def docker(tmp_path: Path) -> Bench:
    return Bench(engine_named("docker"), tmp_path)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Give what moves into another home, and returns its cache folder."""

    def move(name: str) -> Path:
        monkeypatch.setenv("INCIDENTLAB_HOME", str(tmp_path / name))
        return (tmp_path / name / "cache").resolve()

    return move


@pytest.fixture
def make(docker: Bench) -> Iterator[Make]:
    """Give what makes an image with labels and nothing in it; it is gone afterwards."""
    made: list[str] = []

    def one(text: str = "FROM scratch", tag: str = "", **labels: str) -> str:
        name = tag or f"incidentlab-test/{secrets.token_hex(4)}:one"
        lines = [text, *(f'LABEL "{key}"="{value}"' for key, value in labels.items())]
        with connected() as connection:
            said = list(connection.api.build(fileobj=io.BytesIO("\n".join(lines).encode()), tag=name, rm=True))
        assert b"Successfully built" in b"".join(said), said
        made.append(name)
        return name

    yield one
    with connected() as connection:
        for name in dict.fromkeys(made):
            with suppress(APIError):
                connection.api.remove_image(name)


def listed(docker: Bench) -> set[str]:
    return {each.name for each in docker.engine.leftovers(frozenset()) if each.kind == "image"}


def left(folder: Path) -> set[str]:
    """Return the kept images of a cache folder."""
    return {name for name, where in kept_images().items() if where == str(folder)}


def test_whoever_makes_one_removes_what_it_supersedes_and_what_nobody_can_use(
    docker: Bench, home: Callable[[str], Path], make: Make, tmp_path: Path
) -> None:
    theirs = tmp_path / "there"
    theirs.mkdir()
    folder = home("mine")
    server = DatabaseSpec()
    mine = names.primed_labels(names.purpose(server.image, server.admin, server.name))
    key = secrets.token_hex(10)
    (folder / "docker").mkdir(parents=True)
    passwords.remember(key, "an image", "a password")
    gone = {
        make(tag=f"{primed.REPOSITORY}:{key}", **mine),  # of the PostgreSQL that had this name before
        make(**{**mine, names.HOME: "another", names.FOLDER: str(tmp_path / "gone")}),
    }
    kept = {
        make(**{**mine, names.HOME: "another", names.FOLDER: str(theirs)}),
        make(**{**mine, names.PURPOSE: names.purpose("postgres:16", server.admin, server.name)}),
    }
    with docker.up(dockerfile("serve"), database=server):
        pass
    there = left(folder) | left(theirs) | left(tmp_path / "gone")
    assert not there & gone
    [made] = there - kept
    assert there == {made, *kept}
    [password] = folder.rglob("postgres-*.json")
    assert made == f"{primed.REPOSITORY}:{password.stem.removeprefix('postgres-')}"


def test_only_what_certainly_nobody_can_use_is_listed_of_other_homes(
    docker: Bench, home: Callable[[str], Path], make: Make, tmp_path: Path
) -> None:
    home("mine")
    gone = {**names.primed_labels("x"), names.HOME: "another-home", names.FOLDER: str(tmp_path / "gone")}
    kept = {
        make(**{**gone, names.FOLDER: str(tmp_path)}),
        make(**{**gone, names.MACHINE: "another-machine"}),
        make(**{**gone, names.FOLDER: f"{tmp_path / 'gone'}" + "x" * 300}),  # cannot be looked at
        make(**{key: value for key, value in gone.items() if key != names.FOLDER}),
    }
    for _ in range(5):  # the runs of other tests remove such a one too, as they should
        useless = make(**gone)
        found = {each.name: each for each in docker.engine.leftovers(frozenset()) if each.kind == "image"}
        if useless in found:
            break
    assert found.keys() & {useless, *kept} == {useless}
    with connected() as connection:
        far = replace(connection, endpoint="tcp://far.example:2376")
        assert sweep.outdated(far, "y", "", deadline=float("inf")) == []
        assert sweep.outdated(connection, "y", "", deadline=0.0) == []  # no time for it: the next one will
    docker.engine.remove(found[useless])
    assert useless not in listed(docker)
