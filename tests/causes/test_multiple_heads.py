"""Revisions that fork: refused by a tool, seen in the code alone, merged since, and near misses."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence, ProjectFacts, RevisionFile
from incidentlab.testing import app_log, container, evidence, image, probe, project

find = causes.get("multiple-heads").find

ALEMBIC = (
    "Multiple head revisions are present for given argument 'head'; please specify a specific target revision, "
    "'<branchname>@head' to narrow to a specific head, or 'heads' for all heads"
)
DJANGO = (
    "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: "
    "(0004_due, 0004_owner in tasks).\nTo fix them run 'python manage.py makemigrations --merge'"
)


def forked() -> ProjectFacts:
    files = tuple(
        RevisionFile(name, parents, f"alembic/versions/{name}.py", name, ())
        for name, parents in (("base1", ()), ("left1", ("base1",)), ("right1", ("base1",)))
    )
    return ProjectFacts("project:app", files, ("left1", "right1"), "alembic", command="alembic heads --verbose")


@pytest.mark.parametrize(
    "text",
    [
        f"ERROR [alembic.util.messaging] {ALEMBIC}\nFAILED: {ALEMBIC}",
        f"migrate-1  | FAILED: {ALEMBIC}\nmigrate-1 exited with code 255",
        "Traceback (most recent call last):\n"
        '  File "/usr/local/lib/python3.11/site-packages/alembic/script/base.py", line 213, in _catch_revision_errors\n'
        f"alembic.util.exc.CommandError: {ALEMBIC}",
        f"web  | {DJANGO}".replace("\n", "\nweb  | ") + "\nweb exited with code 1",
        "alembic.util.CommandError: Only a single head is supported. The script directory has multiple heads",
        f'{{"level": "error", "msg": "{ALEMBIC}"}}\napp exited with code 1',
    ],
    ids=["alembic", "compose", "traceback", "django", "old alembic", "json"],
)
def test_the_tools_own_word_is_certain(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert found.mend[0].kind == "command"


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: Found more than one migration with version 3",
        "ActiveRecord::DuplicateMigrationVersionError: Multiple migrations have the version number 20240101000000.",
        "** (Ecto.MigrationError) migrations can't be executed, migration version 20240101000000 is duplicated",
    ],
)
def test_versions_that_collide_are_likely(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence in ("likely", "certain")


def test_the_code_names_the_heads_and_where_they_part() -> None:
    found = find(evidence(app_log(f"FAILED: {ALEMBIC}"), forked()))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "left1, right1" in found.summary
    assert found.mend[0].text == 'alembic merge left1 right1 -m "merge branches"'
    assert [link.source for link in found.evidence[2:]] == ["alembic/versions/left1.py", "alembic/versions/right1.py"]


def test_djangos_leaf_nodes_are_named_and_its_own_command_is_given() -> None:
    found = find(evidence(app_log(DJANGO)))
    assert isinstance(found, Finding)
    assert "0004_due" in found.summary
    assert found.mend[0].text == "python manage.py makemigrations --merge"


@pytest.mark.parametrize(
    ("cmd", "confidence"),
    [(("sh", "-c", "alembic upgrade head && exec uvicorn main:app"), "likely"), (("uvicorn", "main:app"), "possible")],
)
def test_the_code_alone_is_a_weaker_word(cmd: tuple[str, ...], confidence: str) -> None:
    found = find(evidence(forked(), image(*cmd)))
    assert isinstance(found, Finding)
    assert found.confidence == confidence
    assert any("--logs" in one for one in found.missing)


def on_purpose() -> Evidence:
    service = ComposeService("migrate", command=("alembic", "upgrade", "heads"))
    return dataclasses.replace(evidence(forked()), compose=(ComposeFacts("compose:app", services=(service,)),))


@pytest.mark.parametrize(
    "facts",
    [
        evidence(forked(), image("sh", "-c", "alembic upgrade heads && exec uvicorn main:app")),
        on_purpose(),
        evidence(forked(), probe(), container(health="healthy")),
        evidence(project("tasks", "notes")),
        evidence(app_log("  Applying tasks.0005_merge_multiple_heads... OK")),
        evidence(app_log("HTTP parser: multiple headers are present for given argument")),
        evidence(app_log("INFO  [alembic.runtime.migration] Running upgrade left1, right1 -> 3c4d, merge two heads")),
        evidence(app_log("alembic.util.exc.CommandError: Can't locate revision identified by 'left1'")),
    ],
    ids=["heads", "heads in compose", "serves", "one head", "a name", "headers", "a merge", "another refusal"],
)
def test_near_misses_are_not_this_cause(facts: Evidence) -> None:
    assert find(facts) is None


def test_a_merge_that_was_applied_afterwards_rules_it_out() -> None:
    text = (
        f"FAILED: {ALEMBIC}\n"
        "INFO  [alembic.runtime.migration] Running upgrade left1, right1 -> merge1, merge\n"
        "INFO  [alembic.runtime.migration] Running upgrade merge1 -> next1, next\n"
        "INFO:     Application startup complete."
    )
    said = find(evidence(app_log(text)))
    assert isinstance(said, RuledOut)
    assert said.fact == "log:app:3"


def test_what_is_missing_afterwards_hangs_beneath_it() -> None:
    log = app_log(
        f'FAILED: {ALEMBIC}\npsycopg.errors.UndefinedTable: relation "tasks" does not exist\nexited with code 1'
    )
    roots = causes.diagnose(evidence(log)).findings
    assert [one.cause for one in roots] == ["multiple-heads"]
    assert [one.cause for one in roots[0].explains] == ["migrations-not-applied"]


@pytest.mark.parametrize("said", ["goose: duplicate version 7 detected:", "found duplicate migration version 7:"])
def test_two_files_of_one_number_are_gooses_two_heads(said: str) -> None:
    log = f"panic: {said}\n\t/m/00007_a.sql\n\t/m/00007_b.sql\napp exited with code 2"
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert "(7)" in found.summary
    assert find(evidence(app_log("ERROR duplicate version of the package detected"))) is None
