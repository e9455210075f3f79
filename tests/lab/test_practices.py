"""Each practice is met by one piece of evidence, and not met by its near miss."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from incidentlab.lab.practices import practices
from incidentlab.model.evidence import ContainerFacts, DatabaseFacts, Evidence, ImageFacts, ProjectFacts
from incidentlab.model.practice import Practice
from incidentlab.model.run import Run

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
HEAD = "7d21c0a4e9b5"
MIGRATING = ("sh", "-c", "alembic upgrade head && exec uvicorn main:app")
IMAGE = ImageFacts(
    "image:app",
    "lab/app",
    cmd=MIGRATING,
    user="taskmanager",
    env={"PYTHONPATH": "/app/service"},
    healthcheck=("CMD", "python", "-c", "urlopen('http://127.0.0.1:8000/health')"),
    base="python:3.11-slim",
    size=253_000_000,
)
SETTINGS = {"ssl": "on", "archive_mode": "on", "wal_level": "replica"}
DATABASE = DatabaseFacts("database:database", reachable=True, revisions=(HEAD,), settings=SETTINGS)
APP = ContainerFacts("container:app", "app", "running", health="healthy")
PROJECT = ProjectFacts("project:app", heads=(HEAD,))
GOOD = Evidence(images=(IMAGE,), databases=(DATABASE,), containers=(APP,), projects=(PROJECT,))


def run_on(engine: str) -> Run:
    return Run("r", "s", "fixed", engine, "", AT, AT, "healthy", True, None, (), (), {}, ())


def judged(evidence: Evidence, engine: str = "docker") -> dict[str, Practice]:
    return {each.id: each for each in practices(evidence, run_on(engine))}


def with_image(**changes: object) -> Evidence:
    return replace(GOOD, images=(replace(IMAGE, **changes),))  # type: ignore[arg-type]


def with_database(**changes: object) -> Evidence:
    return replace(GOOD, databases=(replace(DATABASE, **changes),))  # type: ignore[arg-type]


def test_all_seven_are_met_where_the_facts_say_so_and_stand_in_the_order_of_teaching() -> None:
    found = practices(GOOD, run_on("docker"))
    assert [each.id for each in found] == [
        "non-root-user",
        "slim-image",
        "health-check",
        "secrets-by-environment",
        "encrypted-connections",
        "backups",
        "migration-gate",
    ]
    assert [each.met for each in found] == [True] * 7
    assert all(each.fact and each.advice for each in found)


@pytest.mark.parametrize(
    ("practice", "evidence", "fact"),
    [
        ("non-root-user", with_image(user=""), "runs as root"),
        ("non-root-user", with_image(user="root:app"), "USER root:app"),
        ("non-root-user", with_image(user="0"), "USER 0"),
        ("slim-image", with_image(base="python:3.11"), "FROM python:3.11; 253 MB"),
        ("slim-image", with_image(size=1_020_000_000), "1020 MB"),
        ("health-check", with_image(healthcheck=()), "no HEALTHCHECK"),
        ("health-check", with_image(healthcheck=("NONE",)), "no HEALTHCHECK"),
        ("health-check", replace(GOOD, containers=(replace(APP, health="unhealthy"),)), "last seen unhealthy"),
        ("secrets-by-environment", with_image(env={"API_TOKEN": "***"}), "holds API_TOKEN"),
        ("secrets-by-environment", with_image(env={"DATABASE_URL": "postgresql://db/x"}), "holds DATABASE_URL"),
        ("secrets-by-environment", with_image(cmd=(*MIGRATING, "postgresql://u:***@db/x")), "secret in its command"),
        ("encrypted-connections", with_database(settings={**SETTINGS, "ssl": "off"}), "ssl = off"),
        ("backups", with_database(settings={**SETTINGS, "archive_mode": "off"}), "archive_mode = off"),
        ("backups", with_database(settings={**SETTINGS, "wal_level": "minimal"}), "wal_level = minimal"),
        ("migration-gate", with_database(revisions=None), "at no revision"),
        ("migration-gate", with_database(revisions=("4f1c8a27d93e",)), "the code expects 7d21c0a4e9b5"),
        (
            "migration-gate",
            with_image(cmd=("sh", "-c", "alembic upgrade head; uvicorn main:app")),
            "even if that fails",
        ),
        ("migration-gate", with_image(cmd=("sh", "-c", "alembic upgrade head || true && app")), "even if that fails"),
    ],
)
def test_the_near_miss_is_not_met_and_says_by_which_fact(practice: str, evidence: Evidence, fact: str) -> None:
    found = judged(evidence)
    assert found[practice].met is False
    assert fact in found[practice].fact
    others = {name: each.met for name, each in found.items() if name != practice}
    assert set(others.values()) == {True}


@pytest.mark.parametrize(
    ("evidence", "unknown"),
    [
        (replace(GOOD, images=()), {"non-root-user", "slim-image", "health-check", "secrets-by-environment",
                                    "migration-gate"}),
        (replace(GOOD, databases=()), {"encrypted-connections", "backups", "migration-gate"}),
        (replace(GOOD, databases=(DatabaseFacts("database:database", reachable=False, error="refused"),)),
         {"encrypted-connections", "backups", "migration-gate"}),
        (replace(GOOD, projects=()), {"migration-gate"}),
        (with_database(settings={}), {"encrypted-connections", "backups"}),
        (with_image(cmd=("uvicorn", "main:app")), {"migration-gate"}),
    ],
)  # fmt: skip
def test_what_was_not_read_is_not_known_rather_than_met(evidence: Evidence, unknown: set[str]) -> None:
    found = judged(evidence)
    assert {name for name, each in found.items() if each.met is None} == unknown


def test_the_local_engine_says_that_there_was_no_image_to_weigh() -> None:
    found = judged(with_image(size=None), "local")["slim-image"]
    assert found.met is True
    assert "builds no image to weigh" in found.fact
