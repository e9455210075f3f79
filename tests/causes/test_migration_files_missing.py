"""Configurations and folders that are not where the tool runs, tools that find nothing and go on, and near misses."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, container, database, evidence, image, probe, project

find = causes.get("migration-files-missing").find


@pytest.mark.parametrize(
    "text",
    [
        "  FAILED: No 'script_location' key found in configuration.",
        "FAILED: No config file 'alembic.ini' found, or file has no '[alembic]' section",
        "api_1  | ERROR [flask_migrate] Error: Path doesn't exist: '/app/migrations'.  Please use the 'init' "
        "command to "
        "create a new scripts folder.\napi_1 exited with code 1",
        "Traceback (most recent call last):\n"
        '  File "/usr/local/lib/python3.12/site-packages/alembic/util/pyfiles.py", line 93, in load_python_file\n'
        "ImportError: Can't find Python file /app/alembic/env.py",
        "error: Can't find meta/_journal.json file\nnpm error code 1\napp exited with code 1",
    ],
    ids=["no ini", "no section", "flask", "env.py", "drizzle"],
)
def test_words_that_can_mean_nothing_else_are_certain(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"


@pytest.mark.parametrize(
    "text",
    [
        "Error: ENOENT: no such file or directory, scandir '/app/dist/migrations'",
        'failed to open source, "file:///migrations": open /migrations: no such file or directory',
        "error: failed to open source: first .: file does not exist",
        "FileNotFoundError: [Errno 2] No such file or directory: '/code/alembic/versions'",
        "ValueError: Dependency on app with no migrations: accounts",
        "Cannot find migrations location in: [classpath:db/migration] (please add migrations or check your "
        "configuration)",
        'Could not find migrations directory "priv/repo/migrations" for repo Shop.Repo.',
        "error: while resolving migrations: No such file or directory (os error 2)",
    ],
)
def test_a_folder_looked_for_in_vain_is_likely(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_what_dockerignore_keeps_out_proves_it() -> None:
    shut = dataclasses.replace(project("tasks"), left_out=("alembic/versions/rev1_create_tasks.py",))
    log = app_log("FileNotFoundError: [Errno 2] No such file or directory: '/code/alembic/versions'")
    found, alone = find(evidence(log, shut)), find(evidence(shut))
    assert isinstance(found, Finding)
    assert isinstance(alone, Finding)
    assert (found.confidence, alone.confidence) == ("certain", "possible")
    assert any(".dockerignore" in link.claim for link in found.evidence)


_PRISMA = "No migration found in prisma/migrations\n\nNo pending migrations to apply."


def test_a_tool_that_goes_on_with_nothing_is_likely_once_a_table_is_missing() -> None:
    alone = find(evidence(app_log(_PRISMA)))
    lacking = find(evidence(app_log(f"{_PRISMA}\nThe table `public.User` does not exist in the current database.")))
    assert isinstance(alone, Finding)
    assert isinstance(lacking, Finding)
    assert (alone.confidence, lacking.confidence) == ("possible", "likely")


_DJANGO = """Operations to perform:
  Apply all migrations: admin, auth, contenttypes, sessions
Running migrations:
  No migrations to apply.
django.db.utils.ProgrammingError: relation "{table}" does not exist"""


def test_djangos_list_of_apps_shows_the_one_without_migrations() -> None:
    found = find(evidence(app_log(_DJANGO.format(table="blog_post"))))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert "blog" in found.summary
    assert found.mend[0].text == "python manage.py makemigrations blog"


@pytest.mark.parametrize(
    "facts",
    [
        evidence(app_log(_DJANGO.format(table="auth_permission_extra"))),
        evidence(app_log(_DJANGO.format(table="reports"))),
        evidence(app_log("exec ./run_migrations.sh: no such file or directory")),
        evidence(app_log("/usr/bin/env: 'bash\\r': No such file or directory")),
        evidence(app_log("FileNotFoundError: [Errno 2] No such file or directory: '/app/.env'")),
        evidence(app_log("Path doesn't exist: /data/uploads")),
        evidence(app_log('psycopg.errors.UndefinedTable: relation "schema_migrations" does not exist')),
        evidence(app_log("alembic.util.exc.CommandError: Can't locate revision identified by 'a1'")),
        evidence(project("tasks")),
    ],
    ids=[
        "a listed app",
        "no app's name",
        "a script",
        "line ends",
        "settings",
        "a path",
        "a table",
        "a revision",
        "whole",
    ],
)
def test_near_misses_are_not_this_cause(facts: Evidence) -> None:
    assert find(facts) is None


@pytest.mark.parametrize(
    "facts",
    [
        evidence(
            app_log(
                "FAILED: No 'script_location' key found in configuration.\n"
                "INFO  [alembic.runtime.migration] Running upgrade  -> rev1, create tasks\n"
                "INFO:     Application startup complete."
            )
        ),
        evidence(app_log(_PRISMA), probe(), container(health="healthy")),
    ],
    ids=["found later", "needs none"],
)
def test_the_fact_that_rules_it_out_is_named(facts: Evidence) -> None:
    assert isinstance(find(facts), RuledOut)


def test_a_parent_that_no_file_has_is_seen_in_the_code() -> None:
    torn = dataclasses.replace(project("tasks"), missing_parents=(("rev1", "gone1"),))
    found = find(evidence(torn))
    assert isinstance(found, Finding)
    assert "gone1" in found.summary


@pytest.mark.parametrize(
    "text",
    [
        "django.db.migrations.exceptions.NodeNotFoundError: Migration tasks.0043_x dependencies reference nonexistent "
        "parent node ('tasks', '0042_y')",
        "UserWarning: Revision 1975ea83b712 referenced from 1975ea83b712 -> ae1027a6acf (head), x is not present",
    ],
    ids=["django", "alembic"],
)
def test_a_migration_whose_parent_is_gone_is_likely(text: str) -> None:
    found = find(evidence(app_log(text + "\napp exited with code 1")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert "builds on" in found.summary
    assert causes.get("unknown-revision").find(evidence(app_log(text))) is None


def test_files_that_never_reach_the_image_are_the_root_of_a_table_that_is_missing() -> None:
    kept_out = dataclasses.replace(project("tasks"), left_out=("alembic/versions/0001_tasks.py",))
    log = app_log('psycopg.errors.UndefinedTable: relation "tasks" does not exist')
    root = causes.diagnose(evidence(log, kept_out, database(None))).findings[0]
    assert (root.cause, root.confidence) == ("migration-files-missing", "certain")
    assert "migrations-not-applied" in {one.cause for one in root.explains}
    assert any("!alembic/versions/**" in mend.text for mend in root.mend)


def test_an_image_that_applies_what_it_does_not_hold_is_certain_and_near_misses_are_not() -> None:
    """Alembic has nothing to do, and says nothing; only what was shipped tells it."""
    start = ("sh", "-c", "alembic upgrade head && exec uvicorn main:app")
    empty = dataclasses.replace(project(), script_location="alembic", configured_in="alembic.ini")
    log = app_log('psycopg.errors.UndefinedTable: relation "tasks" does not exist')
    found = find(evidence(log, image(*start), container(exit_code=3), database([]), empty))
    assert isinstance(found, Finding)
    assert (found.confidence, len(found.evidence)) == ("certain", 3)
    assert find(evidence(log, image("uvicorn", "main:app"), database([]), empty)) is None
    assert find(evidence(log, image(*start), database(["rev1"]), empty)) is None
    assert find(evidence(log, image(*start), database([]), project("tasks"))) is None
    assert find(evidence(image(*start), database([]), empty)) is None
