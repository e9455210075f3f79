"""Each migration goes up and comes back, and together they make exactly what the models say."""

import io
import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, inspect

from taskmanager.config import MIGRATIONS_FOLDER
from taskmanager.database import Database
from tests.service.harness import ROOT, execute, migrate, run_alembic

SCRIPTS = list(ScriptDirectory(str(MIGRATIONS_FOLDER)).walk_revisions())[::-1]
Shape = dict[str, object]


def shape(database: Database) -> Shape:
    """The schema as PostgreSQL tells it, without Alembic's own table."""
    with database.connection() as connection:
        inspector = inspect(connection)
        return {
            table: (
                [str(column | {"type": str(column["type"])}) for column in inspector.get_columns(table)],
                inspector.get_indexes(table),
                inspector.get_check_constraints(table),
                inspector.get_pk_constraint(table),
            )
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }


def test_every_step_goes_up_down_and_up_again(empty_database_url: URL, database: Database) -> None:
    for script in SCRIPTS:
        before = shape(database)
        migrate(empty_database_url, script.revision)
        after = shape(database)
        assert after != before, f"{script.path} changes nothing"
        run_alembic(empty_database_url, lambda config: command.downgrade(config, "-1"))
        assert shape(database) == before, f"the downgrade of {script.path} does not lead back"
        migrate(empty_database_url, script.revision)
        assert shape(database) == after
    run_alembic(empty_database_url, lambda config: command.downgrade(config, "base"))
    assert shape(database) == {}


def test_the_models_hold_nothing_that_no_migration_makes(empty_database_url: URL) -> None:
    migrate(empty_database_url)
    run_alembic(empty_database_url, command.check)


def test_tasks_survive_the_way_up_and_down(empty_database_url: URL, database: Database) -> None:
    migrate(empty_database_url, SCRIPTS[0].revision)
    execute(empty_database_url, "INSERT INTO tasks (title, description) VALUES ('old', '')")
    migrate(empty_database_url)
    with database.connection() as connection:
        rows = connection.exec_driver_sql("SELECT title, priority, due_date FROM tasks").all()
    assert [tuple(row) for row in rows] == [("old", "normal", None)]
    run_alembic(empty_database_url, lambda config: command.downgrade(config, SCRIPTS[0].revision))
    with database.connection() as connection:
        assert connection.exec_driver_sql("SELECT title FROM tasks").scalar() == "old"


def test_the_sql_can_be_printed_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    printed = io.StringIO()
    config = Config(str(ROOT / "alembic.ini"), output_buffer=printed)
    config.attributes["connection"] = None  # leaves the logging of the tests alone
    command.upgrade(config, "head", sql=True)
    assert "CREATE TABLE tasks" in printed.getvalue()
    assert SCRIPTS[-1].revision in printed.getvalue()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: Path(script.path).stem)
def test_a_revision_has_a_real_id_and_a_dated_name(script: object) -> None:
    revision, path = getattr(script, "revision", ""), Path(getattr(script, "path", ""))
    assert re.fullmatch(r"[0-9a-f]{12}", revision)
    assert re.fullmatch(r"\d{8}_\d{4}_[a-z_]+\.py", path.name)


def test_the_folder_does_not_hide_the_library() -> None:
    assert not (MIGRATIONS_FOLDER / "__init__.py").exists()
    assert Path(str(command.__file__)).parent != MIGRATIONS_FOLDER
