"""How a log's migrations are followed: steps, their ends, whose words are whose; and that no line makes it slow."""

import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.causes._toolbox import tool_of
from incidentlab.causes.migrations._course import course
from incidentlab.causes.migrations._graph import makers, pending, unknown
from incidentlab.causes.migrations._reading import troubles
from incidentlab.causes.migrations._steps import is_done, opens, starts_server, step_name
from incidentlab.model.diagnosis import Finding
from incidentlab.model.evidence import ProjectFacts, RevisionFile
from incidentlab.testing import app_log, evidence

FAMILY = (
    "concurrent-migrations", "migration-blocked-by-lock", "migration-failed", "migration-files-missing",
    "migrations-behind", "migrations-not-applied", "multiple-heads", "schema-created-outside-migrations",
    "unknown-revision", "wrong-schema",
)  # fmt: skip


@pytest.mark.parametrize("name", FAMILY)
def test_signs_find_their_examples_by_a_literal_within_what_they_find(name: str) -> None:
    for sign in causes.get(name).signs:
        for example in sign.examples:
            found = sign.pattern.search(example)
            assert found, (sign.name, example)
            assert any(literal in found[0] for literal in sign.literals), (sign.name, found[0])


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("INFO  [alembic.runtime.migration] Running upgrade  -> 1c7e20dd91fa, create tasks", "-> 1c7e20dd91fa"),
        ("INFO  [alembic.runtime.migration] Running upgrade a1, b2 -> c3, merge", "a1, b2 -> c3"),
        ("  Applying blog.0002_post_slug... OK", "blog.0002_post_slug"),
        ("== 20151027212412 AddSlug: migrating ====", "20151027212412 AddSlug"),
        ("== Running 20240102030405 Shop.Repo.Migrations.Add.change/0 forward",
         "20240102030405 Shop.Repo.Migrations.Add.change/0"),
        ("Applying migration `20240101000000_init`", "20240101000000_init"),
        ('Migrating schema "public" to version "2 - add slug"', "2 - add slug"),
        ("Running Changeset: db/changelog/001.xml::1::anna", "db/changelog/001.xml::1::anna"),
        ("Applying: 20240101_init.sql", "20240101_init.sql"),
        ("Migrating: 2024_01_01_000000_create_users", "2024_01_01_000000_create_users"),
        ("Applying patches...", None),
        ("The birds are migrating south", None),
    ],
)  # fmt: skip
def test_a_step_is_known_by_its_tools_line(line: str, name: str | None) -> None:
    assert step_name(app_log(line)[0]) == name


@pytest.mark.parametrize(
    "line",
    [
        "  Applying blog.0002_post_slug... OK",
        "== 20151027212412 AddSlug: migrated (0.0034s) ===",
        "== Migrated 20240102030405 in 0.1s",
        "All migrations have been successfully applied.",
        'Successfully applied 3 migrations to schema "public", now at version v3',
        "Liquibase: Update has been successful. Rows affected: 4",
        "Applied: 20240101000000_init.sql in 4ms",
        "  2014_10_12_000000_create_users_table ........................ 12.1ms DONE",
        "2024/01/01 10:00:00 OK   0001_init.sql (3.1ms)",
        "Migration Init1700000000000 has been executed successfully.",
        "Batch 1 run: 3 migrations",
        "1/u create_users (12.3ms)",
        "Success upgrade migrating to 1_20240101_None.py",
        "  No migrations to apply.",
        "Database migrations complete.",
    ],
)
def test_a_good_end_is_known_by_its_tools_line(line: str) -> None:
    assert is_done(app_log(line)[0])


@pytest.mark.parametrize(
    "line", ["Migrations failed to complete", "Migration not done", "Applying blog.0002_slug...", "Work is done"]
)
def test_what_is_no_good_end(line: str) -> None:
    assert not is_done(app_log(line)[0])


def test_advice_is_not_yet_an_attempt() -> None:
    assert opens(app_log("+ python manage.py migrate --noinput")[0])
    assert not opens(app_log("Run 'python manage.py migrate' to apply them.")[0])
    assert starts_server(app_log("[2026-01-20 10:00:00 +0000] [1] [INFO] Starting gunicorn 20.1.0")[0])


def test_each_service_has_a_course_of_its_own() -> None:
    log = app_log(
        "api-1     | INFO  [alembic.runtime.migration] Running upgrade  -> rev1, init\n"
        'worker-1  | psycopg.errors.UndefinedTable: relation "tasks" does not exist\n'
        "api-1     | INFO:     Application startup complete."
    )
    known = course(log)
    assert [step.name for step in known.begun] == ["-> rev1"]
    assert [event.first_line for event in known.done] == [3]
    assert [one.kind for one in troubles(evidence(log))] == ["missing-table"]


def test_a_table_missing_within_a_step_is_that_steps_failure() -> None:
    log = app_log(
        "INFO  [alembic.runtime.migration] Running upgrade  -> rev1, init\n"
        'psycopg.errors.UndefinedTable: relation "tasks" does not exist'
    )
    assert [(one.kind, one.name) for one in troubles(evidence(log))] == [("failed", "-> rev1")]
    assert course(log).done == ()


def test_an_announced_failure_yields_to_its_reason() -> None:
    log = app_log('Migration failed\npsycopg.errors.DuplicateTable: relation "tasks" already exists')
    assert [one.kind for one in troubles(evidence(log))] == ["exists"]
    assert [one.kind for one in troubles(evidence(app_log("Migration failed")))] == ["failed"]


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("ERROR [flask_migrate] Error: something", "flask"),
        ("django.db.utils.ProgrammingError: x", "django"),
        ("ActiveRecord::StatementInvalid (PG::UndefinedTable", "rails"),
        ("Invalid `prisma.user.findMany()` invocation", "prisma"),
        ("** (Postgrex.Error) ERROR 42P01", "ecto"),
        ("QueryFailedError: relation", "typeorm"),
        ("psycopg.errors.UndefinedTable: x", "alembic"),
    ],
)
def test_the_tool_is_known_by_what_it_says(text: str, tool: str) -> None:
    assert tool_of(evidence(app_log(text))).name == tool


def line_of(count: int) -> ProjectFacts:
    files = tuple(
        RevisionFile(f"r{n}", (f"r{n - 1}",) if n else (), f"v/r{n}.py", "", (f"t{n}",), ((f"t{n}", f"c{n}"),))
        for n in range(count)
    )
    return ProjectFacts("project:app", files, (f"r{count - 1}",), "v")


def test_a_long_line_of_revisions_is_measured_quickly() -> None:
    project = line_of(5_000)
    start = time.perf_counter()
    behind = pending(project, ["r4000"])
    assert [one.revision for one in behind] == [f"r{n}" for n in range(4_001, 5_000)]
    assert time.perf_counter() - start < 5
    assert unknown(project, ["r1", "gone"]) == ("gone",)
    assert [one.revision for one in makers(project, "public.t7")] == ["r7"]
    assert [one.revision for one in makers(project, "", "c9")] == ["r9"]


def test_a_circle_of_revisions_comes_to_an_end() -> None:
    files = (RevisionFile("a", ("b",), "a.py"), RevisionFile("b", ("a",), "b.py"), RevisionFile("c", ("b",), "c.py"))
    project = ProjectFacts("project:app", files, ("c",), "v")
    assert [one.revision for one in pending(project, ["a"])] == ["c"]


_PIECES = st.sampled_from(
    (
        'relation "', "column ", ' of relation "', " does not exist", " already exists", "Running upgrade ", "-> ", "'",
        "| Lock | ", "ALTER ", " " * 300, "migrations", "Path doesn't exist: ", "Migration ", " failed", "(", ".",
        "a" * 500, "2024_01_01_000000_x ", "....", "Migrating schema ", "unique constraint ", "_" * 90,
    )
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40))
def test_no_line_makes_any_rule_slow(pieces: list[str]) -> None:
    log = app_log("".join(pieces) * 4)
    start = time.perf_counter()
    for name in FAMILY:
        causes.get(name).find(evidence(log))
    assert time.perf_counter() - start < 2


def _scripts(folder: Path) -> ScriptDirectory:
    (folder / "versions").mkdir()
    for name, parent in (("base1", None), ("left1", "base1"), ("right1", "base1")):
        (folder / "versions" / f"{name}.py").write_text(f"revision = {name!r}\ndown_revision = {parent!r}\n")
    config = Config()
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config)


def test_what_alembic_itself_raises_is_known(tmp_path: Path) -> None:
    scripts = _scripts(tmp_path)
    absent = Config()
    absent.set_main_option("script_location", str(tmp_path / "migrations"))
    expected: dict[str, Callable[[], object]] = {
        "multiple-heads": lambda: scripts.get_revision("head"),
        "unknown-revision": lambda: scripts.get_revision("ffff00001111"),
        "migration-files-missing": lambda: ScriptDirectory.from_config(absent),
    }
    for cause, fails in expected.items():
        with pytest.raises(CommandError) as caught:
            fails()
        text = "".join(traceback.format_exception(caught.value))
        found = [one.cause for one in causes.diagnose(evidence(app_log(text))).findings]
        assert found == [cause], text


def test_a_log_of_nothing_but_different_errors_is_judged_in_linear_time() -> None:
    _seconds(100)  # what is compiled at first use
    assert _seconds(2_400) < 10 * _seconds(600)  # four times as many; all pairs of them would be sixteen times as many


def _seconds(count: int) -> float:
    """Return the processor time that judging so many different errors takes, whatever else the machine does."""
    lines = (f'2026-01-20 10:00:00.000 UTC [{n}] ERROR:  relation "t{n}" does not exist' for n in range(count))
    log = app_log("\n".join(lines))
    start = time.process_time()
    assert causes.get("migrations-not-applied").find(evidence(log))
    causes.get("wrong-schema").find(evidence(log))
    return time.process_time() - start


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('ERROR: relation "tasks" does not exist (SQLSTATE 42P01)', ""),
        ('psycopg.errors.UndefinedTable: relation "tasks" does not exist', "alembic"),
        ('SQLSTATE[42P01]: relation "tasks" does not exist (Connection: pgsql, SQL: select 1)', "laravel"),
        ('Npgsql.PostgresException (0x80004005): 42P01: relation "tasks" does not exist', "ef"),
        ("goose run: ERROR 0002_slug.sql: failed to run SQL migration", "goose"),
        ("Found more than one migration with version 5", "flyway"),
        ("migrate: VersionMissing(20240301120000)", "sqlx"),
    ],
)
def test_no_command_is_given_that_is_not_the_projects(text: str, name: str) -> None:
    assert tool_of(evidence(app_log(text))).name == name


def test_who_uses_an_unknown_tool_is_given_words() -> None:
    found = causes.get("migrations-not-applied").find(
        evidence(app_log('{"level":"ERROR","err":"ERROR: relation \\"tasks\\" does not exist (SQLSTATE 42P01)"}'))
    )
    assert isinstance(found, Finding)
    assert [mend.kind for mend in found.mend] == ["text"]
