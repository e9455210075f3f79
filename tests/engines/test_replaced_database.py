"""A server that is made again from another image, on the data of the one before: really two major versions."""

from pathlib import Path

import psycopg
import pytest

from incidentlab import catalogue
from incidentlab.engines._local import binaries, household
from incidentlab.errors import EngineUnavailableError, EnvironmentUnfitError
from incidentlab.lab.proving import Task, prove_all
from incidentlab.model.scenario import DatabaseSpec, major_of
from tests.engines.harness import Bench, dockerfile, engine_named
from tests.engines.test_contract import query

OLD, NEW = "16", "18"
both_majors = pytest.mark.skipif(
    binaries.find(OLD) is None or binaries.find(NEW) is None, reason=f"PostgreSQL {OLD} and {NEW} are not both here"
)
REPLACED = DatabaseSpec(image=f"postgres:{OLD}", successors=(f"postgres:{NEW}",))


@both_majors
def test_the_same_major_version_goes_on_with_the_data(local: Bench) -> None:
    with local.up(dockerfile("crash"), database=REPLACED) as stack:
        assert stack.versions["postgresql"].startswith(f"{OLD}.")
        address = stack.database_url
        with psycopg.connect(address) as session:
            session.execute("CREATE TABLE kept AS SELECT 7 AS number")
        assert stack.replace_database(f"postgres:{OLD}")
        assert stack.database_url == address
        assert query(address, "SELECT number FROM kept") == 7
    local.assert_nothing_left()


@both_majors
def test_another_major_version_refuses_the_data_and_leaves_it_alone(local: Bench) -> None:
    with local.up(dockerfile("crash"), database=REPLACED) as stack:
        with psycopg.connect(stack.database_url) as session:
            session.execute("CREATE TABLE kept AS SELECT 7 AS number")
        assert not stack.replace_database(f"postgres:{NEW}")
        assert stack.database().status == "exited"
        assert any(f"initialized by PostgreSQL version {OLD}" in line.text for line in stack.logs("database"))
        with pytest.raises(psycopg.OperationalError):
            query(stack.database_url, "SELECT 1")
        assert stack.replace_database(f"postgres:{OLD}")
        assert query(stack.database_url, "SELECT number FROM kept") == 7
    local.assert_nothing_left()


def test_a_version_that_is_not_here_is_named() -> None:
    with pytest.raises(EngineUnavailableError, match=r"no PostgreSQL 99") as caught:
        household.database_host("99")
    assert caught.value.mend


def test_where_a_version_is_not_here_the_scenario_is_not_counted_and_others_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = binaries.find
    monkeypatch.setattr(binaries, "find", lambda major="": None if major == NEW else real())
    local = engine_named("local")
    scenario, other = catalogue.find("data-directory-incompatible"), catalogue.find("missing-migrations")
    assert Task(other, local, other.id).unfit == ""
    assert local.usable(other.stack(other.variants["broken"])).usable
    usability = local.usable(scenario.stack(scenario.variants["broken"]))
    assert not usability.usable
    assert usability.mend
    [proof] = prove_all([Task(scenario, local, scenario.id)], 1, lambda _: None)
    assert f"has no PostgreSQL {NEW}" in proof.unfit
    assert (proof.unfit, proof.error) == (usability.why, "")


@both_majors
def test_a_version_is_found_beside_the_one_that_a_person_has_named(monkeypatch: pytest.MonkeyPatch) -> None:
    named = binaries.find(NEW)
    assert named is not None
    monkeypatch.setenv("INCIDENTLAB_PG_BIN", str(named.bin))
    other = binaries.find(OLD)
    assert binaries.find() != other
    assert other is not None
    assert household.database_host(OLD).version.startswith(f"{OLD}.")


@pytest.mark.docker
def test_the_docker_engine_says_that_it_cannot(tmp_path: Path) -> None:
    bench = Bench(engine_named("docker"), tmp_path)
    with (
        bench.up(dockerfile("crash"), database=DatabaseSpec(interrupted=True)) as stack,
        pytest.raises(EnvironmentUnfitError, match="cannot put a server of postgres:18"),
    ):
        stack.replace_database("postgres:18")
    bench.assert_nothing_left()


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("postgres:15", "15"),
        ("postgres:16.4-alpine", "16"),
        ("registry.example:5000/postgres:17", "17"),
        ("postgres", ""),
        ("postgres:latest", ""),
    ],
)
def test_the_major_version_is_read_from_the_tag(image: str, major: str) -> None:
    assert major_of(image) == major
