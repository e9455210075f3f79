"""Missing tables that are this cause, and their near misses that are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, database, database_log, evidence, image, probe, project

find = causes.get("migrations-not-applied").find
UVICORN = ("uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000")
DOCKERFILE = 'FROM python:3.11-slim\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]\n'

_WORDING = {
    "psycopg": "sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) {said}",
    "psycopg2": "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) {said}",
    "asyncpg": "sqlalchemy.exc.ProgrammingError: (sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) "
    "<class 'asyncpg.exceptions.UndefinedTableError'>: {said}",
    "bare": "asyncpg.exceptions.UndefinedTableError: {said}",
    "django": "django.db.utils.ProgrammingError: {said}",
    "pgx": "ERROR: {said} (SQLSTATE 42P01)",
    "pdo": "SQLSTATE[42P01]: Undefined table: 7 ERROR:  {said}",
}


def crash(table: str = "tasks", wording: str = "psycopg") -> str:
    said = _WORDING[wording].format(said=f'relation "{table}" does not exist')
    return f"""INFO:     Waiting for application startup.
{said}
LINE 2: FROM {table}
             ^
[SQL: SELECT {table}.id
FROM {table}]

ERROR:    Application startup failed. Exiting."""


def whole(table: str = "tasks") -> Finding:
    found = find(
        evidence(
            app_log(crash(table)),
            image(*UVICORN),
            container(exit_code=3),
            database(),
            project(table, "notes", dockerfile=DOCKERFILE),
        )
    )
    assert isinstance(found, Finding)
    return found


def test_an_empty_database_tells_nothing_where_the_service_could_not_start() -> None:
    facts = (image(*UVICORN), database(), project("tasks", dockerfile=DOCKERFILE))
    refused = container(status="created", error="Bind for 127.0.0.1:8000 failed: port is already allocated")
    assert find(evidence(refused, *facts)) is None
    told = find(evidence(container(exit_code=3), *facts))
    assert isinstance(told, Finding)
    assert told.confidence == "likely"


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (UVICORN, "and nothing applies them at start."),
        (("sh", "-c", "alembic upgrade head && exec uvicorn main:app"), "although the start command applies them."),
        (("./start.sh",), "has none of the code's 1 revision."),
    ],
    ids=["server alone", "applies", "unknown"],
)
def test_what_the_start_command_does_is_said_only_where_it_is_known(start: tuple[str, ...], said: str) -> None:
    found = find(evidence(image(*start), container(exit_code=1), database(), project("tasks")))
    assert isinstance(found, Finding)
    assert found.summary.endswith(said)


def test_all_sources_make_it_certain_and_the_chain_goes_from_the_image_to_the_statement() -> None:
    found = whole()
    assert (found.confidence, found.missing) == ("certain", ())
    facts = [link.fact for link in found.evidence]
    assert facts == ["image:app", "container:app", "database:app", "log:app:2", "project:app"]
    start, end, state, statement, creator = found.evidence
    assert (start.source, start.line) == ("Dockerfile", 2)
    assert start.quote.startswith('CMD ["uvicorn"')
    assert "exit code 3" in end.claim
    assert "no alembic_version table" in state.claim
    assert "rev2 (2 revisions)" in state.claim
    assert "SELECT tasks.id FROM tasks" in statement.claim
    assert statement.line == 2
    assert creator.source == "alembic/versions/rev1_create_tasks.py"
    assert all(link.command for link in found.evidence)


def test_the_mends_are_a_diff_and_a_one_off_command() -> None:
    diff, command = whole().mend
    assert diff.kind == "diff"
    assert (
        '+CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app --host 0.0.0.0 --port 8000"]\n' in diff.text
    )
    assert command.kind == "command"
    assert command.text.startswith("docker run --rm --env-file <(docker inspect incidentlab-test-app")
    assert command.text.endswith("--entrypoint alembic incidentlab-test-app upgrade head")


def test_a_running_container_is_mended_within() -> None:
    found = find(evidence(app_log(crash()), image(*UVICORN), container(), database(), project("tasks")))
    assert isinstance(found, Finding)
    assert found.mend[-1].text == "docker exec incidentlab-test-app alembic upgrade head"


_NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,40}", fullmatch=True).filter(
    lambda name: name not in ("alembic_version", "schema_migrations", "django_migrations") and "migrat" not in name
)


@given(_NAMES, st.sampled_from(sorted(_WORDING)))
def test_a_log_alone_makes_it_likely_in_any_drivers_words(table: str, wording: str) -> None:
    found = find(evidence(app_log(crash(table, wording))))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert table in found.summary
    assert any("--database-url" in one for one in found.missing)
    assert any("--project" in one for one in found.missing)


@given(_NAMES)
def test_a_service_that_went_on_makes_it_possible(table: str) -> None:
    log = f'2026-01-20 23:30:13.551 UTC [41] ERROR:  relation "{table}" does not exist at character 15'
    found = find(evidence(database_log(log)))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


def test_a_message_in_french_is_known_by_its_state() -> None:
    text = "psycopg2.errors.UndefinedTable: ERREUR:  la relation « taches » n'existe pas"
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "taches" in found.summary


def test_an_unmigrated_database_without_a_log_is_likely() -> None:
    found = find(evidence(database(), project("tasks")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert any("--logs" in one for one in found.missing)
    with_log = find(evidence(app_log("INFO:     Started server process [1]"), database(), project("tasks")))
    assert isinstance(with_log, Finding)
    assert not any("--logs" in one for one in with_log.missing)  # it is there, and does not tell


@pytest.mark.parametrize(
    "facts",
    [
        (app_log(crash()), database(["rev1"], tables=["public.tasks"]), project("tasks")),
        (app_log(crash()), database(tables=["crm.tasks"]), project("tasks")),
        (database(["rev2"], tables=["public.tasks"]), project("tasks", "notes"), container(health="healthy")),
    ],
    ids=["at head", "in another schema", "fixed"],
)
def test_the_database_rules_it_out(facts: tuple[object, ...]) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)
    assert said.fact == "database:app"


_MIGRATING = """INFO  [alembic.runtime.migration] Running upgrade  -> 1c7e20dd91fa, add attributes
sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation "finding" does not exist
[SQL: ALTER TABLE finding ADD COLUMN extra JSONB]"""


@pytest.mark.parametrize(
    "facts",
    [
        (app_log(crash()), database(["rev1"]), project("other", "tasks")),
        (app_log(_MIGRATING),),
        (app_log('psycopg.errors.UndefinedTable: relation "schema_migrations" does not exist'),),
        (app_log('psycopg.errors.UndefinedColumn: column "tasks" does not exist'),),
        (app_log('psycopg.OperationalError: database "tasks" does not exist'),),
        (app_log('NOTICE:  relation "tasks" already exists, skipping'),),
        (database(), project("tasks"), container(health="healthy"), probe()),
        (database(tables=["public.tasks"]), project("tasks")),
        (database(reachable=False), project("tasks")),
        (database(),),
        (),
    ],
    ids=[
        "behind",
        "a failing migration",
        "a tool's own table",
        "a column",
        "a database",
        "exists",
        "serves",
        "made outside",
        "unreachable",
        "no code",
        "nothing",
    ],
)
def test_near_misses_are_not_this_cause(facts: tuple[object, ...]) -> None:
    assert find(evidence(*facts)) is None  # type: ignore[arg-type]  # pytest's parameters have no types


def test_a_database_whose_version_table_cannot_be_read_is_not_called_unmigrated() -> None:
    import dataclasses

    closed = dataclasses.replace(database(["rev1"]), revisions=None, error="permission denied")
    assert find(evidence(app_log(crash()), closed, project("tasks"))) is None


@pytest.mark.parametrize(
    ("cmd", "scripts", "blamed"),
    [
        (UVICORN, (), True),
        (("gunicorn", "app.wsgi"), (), True),
        (("sh", "-c", "uvicorn main:app"), (), True),
        (("sh", "-c", "alembic upgrade head && exec uvicorn main:app"), (), False),
        (("sh", "-c", "alembic -c db/alembic.ini upgrade head; uvicorn main:app"), (), False),
        (("sh", "-c", "python manage.py migrate --noinput && gunicorn app"), (), False),
        (("sh", "-c", "flask db upgrade && gunicorn app"), (), False),
        (("/app/start.sh",), (("start.sh", "#!/bin/sh\nalembic upgrade head\nexec uvicorn main:app\n"),), False),
        (("/app/start.sh", "uvicorn"), (("start.sh", "#!/bin/sh\n# alembic upgrade head\nexec uvicorn x\n"),), True),
        (("/app/start.sh", "uvicorn"), (), False),
        (("./mystery",), (), False),
    ],
)
def test_the_image_is_blamed_only_for_a_start_that_is_known_to_apply_nothing(
    cmd: tuple[str, ...], scripts: tuple[tuple[str, str], ...], blamed: bool
) -> None:
    found = find(evidence(app_log(crash()), image(*cmd), database(), project("tasks", scripts=scripts)))
    assert isinstance(found, Finding)
    assert any(link.fact == "image:app" for link in found.evidence) is blamed


_BEGUN = "\nINFO  [alembic.runtime.migration] Running upgrade  -> rev1, create tasks"
_SERVER = (
    'db_1   | 2026-01-20 10:00:00.000 UTC [70] ERROR:  relation "{table}" does not exist at character 15\n'
    "db_1   | 2026-01-20 10:00:00.000 UTC [70] STATEMENT:  SELECT 1 FROM {table}\n"
)
_ANSWERS = 'app_1  | 172.18.0.1 - - [20/Jan/2026:10:00:09 +0000] "GET / HTTP/1.1" 200 512'
_UPGRADE = (
    "app_1  | INFO  [alembic.runtime.migration] Running upgrade  -> rev1, init\n"
    "app_1  | INFO:     Uvicorn running on x\n"
)


@pytest.mark.parametrize(
    "text",
    [
        crash() + _BEGUN,
        _SERVER.format(table="alembic_version") + _UPGRADE + _ANSWERS,
        _SERVER.format(table="public.databasechangelog") + _ANSWERS,
        _SERVER.format(table="pg_stat_statements") + _ANSWERS,
        _SERVER.format(table="reports") + _ANSWERS,
        _SERVER.format(table="idx_posts").replace("SELECT 1 FROM idx_posts", "SELECT $1::regclass") + _ANSWERS,
        _SERVER.format(table="reports")
        + "app_1  | INFO  [app.cli.db] Initialize the Database\napp_1  | * Listening on http://0.0.0.0:5000",
        'web-1  | PG::UndefinedTable: ERROR:  relation "settings" does not exist\n'
        "web-1  | Installing database schema...\n"
        "web-1  | * Listening on http://0.0.0.0:3000",
    ],
    ids=[
        "migrated since",
        "first start",
        "liquibase",
        "a monitor",
        "somebody at psql",
        "a probe",
        "initialised",
        "installs itself",
    ],
)
def test_a_log_that_shows_how_it_went_on_rules_it_out(text: str) -> None:
    assert isinstance(find(evidence(app_log(text))), RuledOut)


def test_an_answer_to_a_health_check_does_not_rule_it_out() -> None:
    text = crash().replace("ERROR:    Application startup failed. Exiting.", _ANSWERS.replace("GET /", "GET /health"))
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


@pytest.mark.parametrize(
    "text",
    [
        "You have 18 unapplied migration(s). Your project may not work properly until you apply the migrations for "
        "app(s): admin, auth, contenttypes, sessions.\n"
        'django.db.utils.ProgrammingError: relation "auth_user" does not exist',
        "ERROR: You need to initialize the database. Please run `airflow db init`.\nwebserver exited with code 1",
        "ERROR shop odoo.modules.loading: Database shop not initialized, you can force it with `-i base`",
        "TimeoutError: There are still unapplied migrations after 60 seconds. MigrationHead(s) in DB: set() | "
        "Migration Head(s) in Source Code: {'b2'}",
        "SchemaManagementException: Schema-validation: missing table [accounts]",
        "The table `public.User` does not exist in the current database.",
        '{"level":"error","msg":"load: ERROR: relation \\"orders\\" does not exist (SQLSTATE 42P01)"}',
        'PG::UndefinedTable: ERROR:  relation "accounts" does not exist (ROM::SQL::Error)',
    ],
    ids=["django", "airflow", "odoo", "airflow's wait", "hibernate", "prisma", "go", "ruby"],
)
def test_the_words_of_other_stacks_are_known(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("django.db.utils.ProgrammingError: {said}", "python manage.py migrate"),
        ("ActiveRecord::StatementInvalid (PG::UndefinedTable: ERROR:  {said}", "bin/rails db:migrate"),
        ("** (Postgrex.Error) ERROR 42P01 (undefined_table) {said}", "mix ecto.migrate"),
        ("QueryFailedError: {said}", "npx typeorm migration:run"),
    ],
)
def test_the_mend_is_the_tools_own_command(said: str, command: str) -> None:
    found = find(evidence(app_log(said.format(said='relation "tasks" does not exist'))))
    assert isinstance(found, Finding)
    assert found.mend[-1].text == command


def test_what_kept_the_migrations_from_running_makes_it_less_sure() -> None:
    log = app_log("FAILED: No 'script_location' key found in configuration.\n" + crash())
    found = find(evidence(log, database(), project("tasks")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_a_start_that_succeeds_after_one_that_ended_for_it_is_over() -> None:
    text = (
        'psycopg.errors.UndefinedTable: relation "tasks" does not exist\n'
        "ERROR:    Application startup failed. Exiting.\n"
        "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\n"
    )
    again = find(evidence(app_log(text + text)))
    assert isinstance(again, Finding)
    mended = find(evidence(app_log(text + "INFO:     Application startup complete.")))
    assert isinstance(mended, RuledOut)


def test_a_database_that_was_only_stamped_is_told_from_one_that_was_migrated() -> None:
    facts = (app_log(crash()), image(*UVICORN), container(exit_code=3), project("tasks", "notes"))
    stamped = find(evidence(*facts, database(["rev2"])))
    assert isinstance(stamped, Finding)
    assert (stamped.confidence, stamped.mend[0].text) == ("certain", "alembic stamp base && alembic upgrade head")
    assert "stamped" in stamped.summary
    # One of the tables is there: something was migrated, and another thing is wrong.
    for held in ("public.notes", "elsewhere.tasks"):
        assert isinstance(find(evidence(*facts, database(["rev2"], tables=[held]))), RuledOut)
