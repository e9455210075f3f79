"""Steps, replicas, workloads and limits in a scenario file: understood as meant, or refused with the place."""

from pathlib import Path

import pytest

from incidentlab import catalogue
from incidentlab.errors import ScenarioError
from incidentlab.model.scenario import Scenario
from incidentlab.model.step import (
    DelayDatabase,
    DropPrivileges,
    FillVolume,
    HoldLock,
    LimitConnections,
    OccupyPort,
    ReplaceDatabase,
    Request,
    RunJob,
    Sql,
    StopDatabase,
    Upgrade,
)

HEAD = """\
id: disturbed
title: Much is done to it
summary: All steps at once.
cause: deadlock
context: [service]
database: {rights: none, user: shop, volume: 32m, settings: {max_connections: "9"}}
engines: {docker: true, local: It has no volumes.}
replicas: 3
limits: {memory: 64m}
"""
WORKLOAD = """\
workload:
  rate: 12.5
  for: 4s
  workers: 2
  timeout: 500ms
  requests: [{get: /tasks}, {post: /tasks, json: {title: one}}]
"""
BEFORE = """\
before:
  - sql: SELECT 1
  - sql: {file: seed.sql, as: app, database: other, autocommit: true}
  - upgrade: head
  - upgrade: {to: abc123, files: newer, as: app, beside: true}
  - run_job: {command: [alembic, stamp, head]}
  - hold_lock: {table: shop.tasks, mode: access exclusive, for: 2s, as: app, name: my report}
  - occupy_port
  - delay_database: {for: 3s}
  - limit_connections: {left: 2, for: 1s}
  - drop_privileges: {revoke: [insert, update], on: table tasks}
  - fill_volume: {}
"""
DURING = """\
during:
  - stop_database: {after: 1s, for: 2s}
"""
VARIANTS = """\
variants:
  broken:
    dockerfile: Dockerfile
    before: [{sql: SELECT 2}]
    during: [{hold_lock: {table: tasks, after: 1s}}]
    replicas: 2
    limits: {memory: 1g}
    env: {GONE: null, WHERE: "{host}"}
    expect:
      outcome: degraded
      logs: [{source: app, contains: x, replica: 2}]
      http: [{get: /tasks, status: none, timeout: 2s}]
      rows: [{sql: SELECT count(*) FROM tasks, at_least: 3}]
      workload: {at_least: 1}
  fixed:
    dockerfile: Dockerfile
    expect: {outcome: healthy, workload: {failed: none}}
"""
GOOD = HEAD + WORKLOAD + BEFORE + DURING + VARIANTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "disturbed"
    (folder / "newer").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "seed.sql").write_text("SELECT 3")
    (tmp_path / "secret").write_text("SELECT 4")
    (tmp_path / "secrets").mkdir()
    return folder


def loaded(folder: Path, text: str = GOOD) -> Scenario:
    (folder / "scenario.yaml").write_text(text)
    return catalogue.load_folder(folder)


def problems(folder: Path, old: str, new: str) -> list[str]:
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        loaded(folder, GOOD.replace(old, new, 1))
    return [problem[problem.index("scenario.yaml") :] for problem in caught.value.problems]


def test_every_step_is_understood(folder: Path) -> None:
    scenario = loaded(folder)
    assert scenario.before == (
        Sql("SELECT 1"),
        Sql("SELECT 3", "app", "other", autocommit=True),
        Upgrade("head"),
        Upgrade("abc123", folder / "newer", "app", beside=True),
        RunJob(("alembic", "stamp", "head")),
        HoldLock("shop.tasks", "access exclusive", 2.0, "app", "my report"),
        OccupyPort(),
        DelayDatabase(3.0),
        LimitConnections(2, 1.0),
        DropPrivileges(("insert", "update"), "table tasks"),
        FillVolume(),
    )
    assert scenario.during == (StopDatabase(2.0, 1.0),)


def test_a_replaced_server_has_to_have_the_images_version(folder: Path) -> None:
    (folder / "scenario.yaml").write_text(
        "id: disturbed\ntitle: A tag moves\nsummary: One sentence.\ncause: data-directory-incompatible\n"
        "database: {image: 'postgres:16'}\nengines: {docker: It has no volume., local: true}\n"
        "variants:\n  broken:\n    dockerfile: Dockerfile\n    before: [{replace_database: 'postgres:18'}]\n"
        "    expect: {outcome: crash}\n  fixed:\n    dockerfile: Dockerfile\n    expect: {outcome: healthy}\n"
    )
    scenario = catalogue.load_folder(folder)
    assert scenario.variants["broken"].before == (ReplaceDatabase("postgres:18"),)
    broken, fixed = (scenario.stack(scenario.variants[name]).database for name in ("broken", "fixed"))
    assert (broken.replaced, broken.major, fixed.replaced) == (True, "16", False)


def test_a_variants_steps_come_after_the_scenarios(folder: Path) -> None:
    scenario = loaded(folder)
    before, during = scenario.steps(scenario.variants["broken"])
    assert before == (*scenario.before, Sql("SELECT 2"))
    assert during == (*scenario.during, HoldLock("tasks", after=1.0))
    assert scenario.steps(scenario.variants["fixed"]) == (scenario.before, scenario.during)


def test_a_variant_has_the_scenarios_replicas_and_limits_unless_it_says_otherwise(folder: Path) -> None:
    scenario = loaded(folder)
    broken, fixed = (scenario.stack(scenario.variants[name]) for name in ("broken", "fixed"))
    assert (broken.replicas, broken.memory) == (2, 1024**3)
    assert (fixed.replicas, fixed.memory) == (3, 64 * 1024**2)
    assert broken.env == {"GONE": None, "WHERE": "{host}"}
    assert (broken.database.owner, broken.database.admin, broken.database.volume) == ("shop_owner", "postgres", 2**25)
    assert broken.database.interrupted


def test_expectations_and_workload_are_understood(folder: Path) -> None:
    scenario = loaded(folder)
    expect = scenario.variants["broken"].expect
    assert (expect.logs[0].replica, expect.http[0].status, expect.http[0].timeout) == (2, None, 2.0)
    assert (expect.rows[0].count, expect.rows[0].at_least) == (None, 3)
    assert expect.workload is not None
    assert (expect.workload.least_failed, expect.workload.most_failed) == (1, None)
    load = scenario.workload
    assert load is not None
    assert load.requests == (Request("GET", "/tasks"), Request("POST", "/tasks", {"title": "one"}))
    assert (load.rate, load.seconds, load.workers, load.timeout) == (12.5, 4.0, 2, 0.5)


def test_an_engine_that_cannot_says_why(folder: Path) -> None:
    scenario = loaded(folder)
    assert (scenario.engines, dict(scenario.unfit)) == (("docker",), {"local": "It has no volumes."})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("file: seed.sql", "file: ../secret", "scenario.yaml:18:11: '../secret' leads outside"),
        ("file: seed.sql", "file: /etc/hostname", "scenario.yaml:18:11: '/etc/hostname' leads outside"),
        ("file: seed.sql", "file: gone.sql", "scenario.yaml:18:11: 'gone.sql' does not exist"),
        ("files: newer", "files: ../secrets", "scenario.yaml:20:27: '../secrets' leads outside"),
        ("files: newer", "files: seed.sql", "scenario.yaml:20:27: 'seed.sql' is no folder"),
        ("rights: none", "rights: superuser", "scenario.yaml:17:5: SQL is never run as a superuser"),
        ("rights: none", "rights: superuser", "scenario.yaml:26:5: nothing can be taken from a superuser"),
        ("user: shop", "user: postgres", "scenario.yaml:6:26: 'postgres' is the server's own superuser"),
        ("volume: 32m, ", "", "scenario.yaml:27:5: there is no volume to fill"),
        ("volume: 32m", "volume: 9g", "scenario.yaml:6:38"),
        ("memory: 64m", "memory: 1m", "scenario.yaml:9:10"),
        ("local: It has no volumes.", "local: true", "scenario.yaml:9:1: the local engine cannot limit memory"),
        ("local: It has no volumes.", "local: true", "scenario.yaml:6:38: the local engine has no bounded volumes"),
        ("docker: true", "docker: No reason at all.", "scenario.yaml:7:1: has no engine that can run it"),
        ("docker: true", "dokcer: true", "scenario.yaml:7:11: the key 'dokcer' is not known here"),
        ("during:\n", "during:\n  - occupy_port\n", "scenario.yaml:29:5: belongs under `before:`"),
        ("for: 2s, as: app, name", "after: 2s, as: app, name", "scenario.yaml:22:5: `after` belongs under `during:`"),
        ("mode: access exclusive", "mode: gentle", "scenario.yaml:22:36"),
        ("table: shop.tasks", 'table: "tasks; DROP TABLE x"', "scenario.yaml:22:17"),
        ("on: table tasks", 'on: "table tasks FROM x; --"', "scenario.yaml:26:49"),
        ("[insert, update]", "[insert, everything]", "scenario.yaml:26:40"),
        ("sql: SELECT 1", "sqll: SELECT 1", "scenario.yaml:17:5: the key 'sqll' is not known here"),
        ("sql: SELECT 1", "{sql: SELECT 1, upgrade: head}", "scenario.yaml:17:5"),
        ("sql: SELECT 1", "{sql: {text: a, file: seed.sql}}", "scenario.yaml:17:6: 'sql': has either text or a file"),
        ("to: abc123", 'to: "--sql"', "scenario.yaml:20:15"),
        ("replica: 2", "replica: 3", "scenario.yaml:40:14: there is no replica 3"),
        ("status: none", "status: 7", "scenario.yaml:41:28"),
        (WORKLOAD, "", "scenario.yaml:37:7: there is no `workload:`"),
        ("at_least: 3", "at_least: 3, count: 3", "scenario.yaml:42:14"),
        ("replicas: 3", "replicas: 99", "scenario.yaml:8:1"),
        ("  fixed:\n", "  noisy-retry:\n", "scenario.yaml:46:5: a control (noisy-…) is healthy, and names"),
        ("  broken:\n", "  noisy-retry:\n", "scenario.yaml:38:5: a control (noisy-…) is healthy, and names"),
        (
            "  - occupy_port\n",
            "  - replace_database: postgres:18\n",
            "scenario.yaml:7:1: the docker engine cannot replace",
        ),
        ("  - occupy_port\n", "  - replace_database: mysql:8\n", "scenario.yaml:23:5"),
        ("during:\n", "during:\n  - replace_database: postgres:18\n", "scenario.yaml:29:5: belongs under `before:`"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(folder: Path, old: str, new: str, said: str) -> None:
    found = problems(folder, old, new)
    assert any(problem.startswith(said) for problem in found), found


def test_files_that_are_links_to_elsewhere_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "seed.sql").unlink()
    (folder / "seed.sql").symlink_to(tmp_path / "secret")
    (folder / "newer").rmdir()
    (folder / "newer").symlink_to(tmp_path / "secrets")
    found = problems(folder, "title: Much", "title: Very much")
    assert len([each for each in found if "leads outside" in each]) == 2


@pytest.mark.parametrize("key", ["volumes", "mounts", "command", "privileged", "run", "build", "shell"])
def test_nothing_can_be_said_that_mounts_or_runs_on_the_host(folder: Path, key: str) -> None:
    for place in ("replicas: 3", "    replicas: 2"):
        indent = " " * (len(place) - len(place.lstrip()))
        found = problems(folder, place, f"{place}\n{indent}{key}: /etc")
        assert any(f"the key '{key}' is not known here" in each for each in found)
