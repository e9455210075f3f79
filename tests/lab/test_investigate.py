"""Sources asked together: their facts become one, links know where they lie, and none hides another."""

import dataclasses
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentlab.errors import EngineUnavailableError, UsageError
from incidentlab.lab._inquiry import following, locating, naming
from incidentlab.lab._inquiry.answer import Answer, Failure, merged
from incidentlab.lab._inquiry.ask import Question, not_told
from incidentlab.lab._inquiry.asking import Inquiry
from incidentlab.lab.investigate import Sources, investigate
from incidentlab.model.asked import Asked
from incidentlab.model.diagnosis import Diagnosis, Finding, Link
from incidentlab.model.evidence import ContainerFacts, Evidence, LogEvent
from incidentlab.testing import database

MISSING = 'psycopg.errors.UndefinedTable: relation "tasks" does not exist\n'


def question(name: str, *, seconds: float = 0, error: Exception | None = None) -> Question:
    def asked() -> Answer:
        time.sleep(seconds)
        if error:
            raise error
        return Answer(Asked("log", name, ""))

    return Question("log", name, asked)


def test_sources_are_asked_at_once_and_answer_in_their_order() -> None:
    began = time.monotonic()
    outcomes = Inquiry([question(name, seconds=1.0) for name in "abcd"]).wait(lambda _: None)
    assert time.monotonic() - began < 3.5
    assert [each.asked.name for each in outcomes] == list("abcd")


def test_more_sources_than_threads_are_all_asked() -> None:
    assert len(Inquiry([question(str(number)) for number in range(40)]).wait(lambda _: None)) == 40


def test_what_is_waited_for_is_told() -> None:
    told: list[str] = []
    Inquiry([question("slow", seconds=0.5), question("quick")]).wait(told.append)
    assert told[-1] == "Reading log slow"


def test_a_failure_is_an_outcome_with_its_sentence() -> None:
    known = UsageError("There is no file x.", why="It is gone.")
    first, second = Inquiry([question("a", error=known), question("b", error=KeyError("c"))]).wait(lambda _: None)
    assert isinstance(first, Failure)
    assert isinstance(second, Failure)
    assert first.sentence == "There is no file x. It is gone."
    assert "KeyError" in second.sentence


def test_facts_are_joined_and_one_seen_twice_counts_once() -> None:
    web, db = (ContainerFacts(f"container:{name}", name, "running") for name in ("web", "db"))
    event = LogEvent("log:app:1", "app", 1, 1, "x")
    whole = merged([Evidence((event,), containers=(web,), unread=("a",)), Evidence((event,), containers=(db, web))])
    assert (whole.logs, whole.containers, whole.unread) == ((event,), (web, db), ("a",))


def test_a_link_is_given_its_file_service_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    event = LogEvent("log:app.log:3", "app.log", 3, 3, "x", service="web")
    links = (
        Link("said", event.id, "log of app.log", 3),
        Link("starts", "image:app", "Dockerfile", 9),
        Link("creates", "project:app", "alembic/versions/a.py"),
        Link("waits for nothing", "compose:shop", "compose.yaml, service web", 4),
        Link("state", "container:app", "state of app"),
    )
    files = {"app.log": "logs/app.log", "Dockerfile": "Dockerfile", "compose.yaml": "deploy/compose.yaml",
             "alembic/versions/a.py": "alembic/versions/a.py"}  # fmt: skip
    below = Finding("b", "b", "likely", "b", links[:1])
    diagnosis = Diagnosis("incident", "", (Finding("a", "a", "likely", "a", links, explains=(below,)),))
    (found,) = locating.located(diagnosis, Evidence((event,)), files).findings
    assert [each.file for each in found.evidence] == [
        "logs/app.log", "Dockerfile", "alembic/versions/a.py", "deploy/compose.yaml", "",
    ]  # fmt: skip
    assert found.evidence[0].service == "web"
    assert found.explains[0].evidence[0].file == "logs/app.log"


def test_a_typed_secret_that_comes_back_is_masked_everywhere() -> None:
    link = Link("tops3cret", "f", "s", 1, "x tops3cret")
    diagnosis = Diagnosis(
        "incident", "tops3cret", (Finding("a", "a", "likely", "tops3cret", (link,)),), (), ("tops3cret",)
    )
    assert "tops3cret" not in repr(locating.discreet(diagnosis, ["tops3cret"]))
    assert locating.discreet(diagnosis, []) is diagnosis


@pytest.mark.parametrize(
    ("url", "name", "secrets"),
    [
        ("postgresql://shop:tops%40cret@db/orders", "orders", ("tops%40cret", "tops@cret")),
        ("postgresql+asyncpg://shop:shop@db/shop?ssl=1", "shop", ()),
        ("postgresql://db/", "database", ()),
        ("postgresql://u:p@[::1/x", "database", ()),
        ("not a URL", "database", ()),
    ],
)
def test_of_a_url_only_the_database_is_named(url: str, name: str, secrets: tuple[str, ...]) -> None:
    assert naming.database_name(url) == name
    assert naming.passwords(url) == secrets


def test_a_file_is_shown_from_here_or_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert naming.shown_file("./logs/../app.log") == "app.log"
    assert naming.shown_file(here / "a" / "b.log") == "a/b.log"
    assert naming.shown_file("../other.log") == str(tmp_path / "other.log")
    assert naming.shown_file("..hidden/x.log") == "..hidden/x.log"


def test_a_project_brings_its_compose_file_unless_another_is_named(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: web}}\n")
    (tmp_path / "other.yaml").write_text("services: {job: {image: job}}\n")
    facts = investigate(Sources(project=tmp_path)).evidence.compose
    assert [each.name for one in facts for each in one.services] == ["web"]
    (tmp_path / "compose.yaml").write_text("services: [broken\n")
    assert any("compose.yaml" in each for each in investigate(Sources(project=tmp_path)).diagnosis.missing)


def test_log_and_project_are_judged_together(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(MISSING)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "migrations" / "versions" / "a1.py").write_text(
        'revision = "a1"\ndown_revision = None\ndef upgrade():\n    op.create_table("tasks")\n'
    )
    found = investigate(Sources(logs=(str(tmp_path / "app.log"),), project=tmp_path))
    assert [each.name for each in found.asked] == [str(tmp_path / "app.log"), str(tmp_path)]
    files = {link.file for each in found.diagnosis.findings for link in each.evidence}
    assert str(tmp_path / "app.log") in files


def test_when_nothing_at_all_can_be_read_the_first_error_is_raised(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.log"):
        investigate(Sources(logs=(str(tmp_path / "gone.log"),), project=tmp_path / "gone"))


def test_a_tap_counts_lines_and_knows_what_is_compressed() -> None:
    for data, amount in ((b"a\nb\nc", "3 lines"), (b"a\n", "1 line"), (b"\x1f\x8b123", "5 bytes, compressed")):
        reading, writing = os.pipe()
        os.write(writing, data)
        os.close(writing)
        tap = following.Tap(reading)
        while tap.read(2):
            pass
        assert tap.amount == amount
        tap.close()
        os.close(reading)


@pytest.fixture
def postgres() -> Iterator[str]:
    """A container of PostgreSQL with a database in it."""
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        if os.environ.get("INCIDENTLAB_REQUIRE") == "docker":
            pytest.fail("Docker is required and does not answer")
        pytest.skip("no Docker engine answers")
    name = f"incidentlab-test-{uuid.uuid4().hex[:12]}"
    command = ["docker", "run", "--detach", "--name", name, "--label", "dev.incidentlab.test=investigate"]
    environment = ["--env=POSTGRES_PASSWORD=Tops3cretWord", "--env=POSTGRES_USER=shop", "--env=POSTGRES_DB=orders"]
    subprocess.run([*command, *environment, "postgres:15"], capture_output=True, check=True, timeout=60)
    deadline = time.monotonic() + 30
    ready = ["docker", "exec", name, "pg_isready", "--host", "127.0.0.1", "--username", "shop", "--dbname", "orders"]
    while subprocess.run(ready, capture_output=True, check=False).returncode and time.monotonic() < deadline:
        time.sleep(0.1)
    yield name
    subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=True)


@pytest.mark.docker
def test_a_container_and_with_consent_the_database_that_it_names(postgres: str) -> None:
    without = investigate(Sources(containers=(postgres,)))
    assert without.evidence.databases == ()
    assert without.asked[0].detail.startswith("running")
    found = investigate(Sources(containers=(postgres,), ask_database=True))
    (database,) = found.evidence.databases
    assert (database.reachable, database.database, database.user) == (True, "orders", "shop")
    assert "Tops3cretWord" not in repr(found)


@pytest.mark.docker
def test_a_database_that_cannot_be_reached_from_here_proves_nothing(postgres: str) -> None:
    subprocess.run(["docker", "stop", "--time", "1", postgres], capture_output=True, check=True)
    found = investigate(Sources(containers=(postgres,), ask_database=True))
    assert found.evidence.databases == ()
    assert any("cannot be reached from this machine" in each for each in found.diagnosis.missing)


def test_without_an_engine_a_container_is_an_error_with_its_mend(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(EngineUnavailableError):
        investigate(Sources(containers=("web",)))


def test_a_role_that_may_not_read_the_version_table_is_named_with_the_mend() -> None:
    facts = dataclasses.replace(database(["a1"]), revisions=None, version_table="public.alembic_version", user="ro")
    (said,) = not_told(facts)
    assert 'GRANT SELECT ON public.alembic_version TO "ro"' in said
    assert not_told(database(["a1"])) == ()
