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
        (app_log(crash() + "\nINFO  [alembic.runtime.migration] Running upgrade  -> rev1, create tasks"),),
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
        "migrated afterwards",
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
